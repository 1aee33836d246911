"""The selection methods: what each is called, and its options."""
