"""Which method selects best: six tasks with known answers, every method, spread over seeds."""
