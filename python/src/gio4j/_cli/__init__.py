"""The command line."""

from gio4j._cli.main import entry

__all__ = ["entry"]
