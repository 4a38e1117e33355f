"""The `voxtral` command: files, terminal and sound around `engine`."""

__version__ = "0.1.0"
