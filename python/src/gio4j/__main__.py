"""`python -m gio4j`: the command line."""

from gio4j._cli import entry

entry()
