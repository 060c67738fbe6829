"""The table of entries, append-only by triggers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_SQLITE = [
    "CREATE TRIGGER entries_no_update BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'append-only'); END",
    "CREATE TRIGGER entries_no_delete BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'append-only'); END",
]
_POSTGRESQL = [
    (
        "CREATE FUNCTION entries_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'append-only'; END $$"
    ),
    "CREATE TRIGGER entries_no_update BEFORE UPDATE ON entries FOR EACH ROW EXECUTE FUNCTION entries_append_only()",
    "CREATE TRIGGER entries_no_delete BEFORE DELETE ON entries FOR EACH ROW EXECUTE FUNCTION entries_append_only()",
    (
        "CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON entries "
        "FOR EACH STATEMENT EXECUTE FUNCTION entries_append_only()"
    ),
]


def upgrade() -> None:
    """Create the table, its two promises (one first figure per cell, one successor per row) and its guards."""
    text = [
        "topic", "plan", "subject", "period", "period_start", "period_end", "unit", "status", "basis", "evidence",
        "evidence_sha256", "organisation", "reporter", "reported_on", "recorded_at", "reason", "detail", "prior",
    ]  # fmt: skip
    op.create_table(
        "entries",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in text),
        sa.Column("value", sa.Text),
        sa.Column("supersedes", sa.Integer, sa.ForeignKey("entries.seq"), unique=True),
        sa.Column("hash", sa.Text, nullable=False, unique=True),
    )
    first = sa.text("supersedes IS NULL")
    op.create_index(
        "entries_first", "entries", ["topic", "subject", "period", "basis"],
        unique=True, sqlite_where=first, postgresql_where=first,
    )  # fmt: skip
    op.create_index("entries_period", "entries", ["topic", "period_end"])
    for statement in _SQLITE if op.get_context().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)
