"""Fifteen-minute walking circles for island counties: reach, gaps, verdicts, siting and the plan's ledger."""

__version__ = "0.1.0"
