"""The command line: the only room that prints, exits, or turns an error into a message."""

from circles.cli.app import main

__all__ = ["main"]
