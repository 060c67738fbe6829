"""The program's version and the contract that its outputs keep."""

__all__ = ["CONTRACT", "__version__"]

__version__ = "0.1.0"
CONTRACT = 1
"""Stands in every ``run.json``: the edition of the files, names and definitions that others rely on."""
