"""``circles plan``, imported when one of its commands is asked for: a run need not wait for the ledger's libraries."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import typer

from circles.cli.spoken import SpokenGroup, is_english, spoken_in
from circles.foundation import words


class _Later(SpokenGroup):
    """A group whose commands are those of ``circles.cli.plan``."""

    @cached_property
    def _real(self) -> Any:
        from circles.cli.plan import plan_app  # noqa: PLC0415 - that is the point

        return typer.main.get_command(plan_app)

    @property
    def commands(self) -> Any:
        """The plan's commands by name."""
        return self._real.commands

    @commands.setter
    def commands(self, _none: object) -> None:
        """Keep none of its own."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the plan's commands."""
        return list(self._real.list_commands(ctx))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return one of the plan's commands."""
        return spoken_in(self._real.get_command(ctx, cmd_name), is_english=is_english(ctx))


plan_app = typer.Typer(
    cls=_Later, no_args_is_help=True, help=words.text("cli.help_plan", "zh"), pretty_exceptions_enable=False
)
