"""The one place that knows the version; the gateway jar must carry the same one."""

__version__ = "0.1.0"
