"""`python -m gio4j`: the command line."""

from gio4j._cli.main import entry

entry()
