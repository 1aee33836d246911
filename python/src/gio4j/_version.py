"""The version; `tests/test_version.py` lists the other files in which it stands."""

__version__ = "0.1.0"
