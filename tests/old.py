"""What takes a database back to an earlier version, for tests of the steps that lead on from there."""

BEFORE_STORIES = (
    "DROP TABLE marks",
    "DROP TABLE frequencies",
    "DROP INDEX members_story",
    *(f"ALTER TABLE members DROP COLUMN {name}" for name in ("tie", "beside", "evidence", "facts", "marks", "at")),
    "ALTER TABLE members ADD COLUMN digest TEXT NOT NULL DEFAULT ''",
    "CREATE INDEX members_digest ON members (digest) WHERE digest <> ''",
    *(f"ALTER TABLE outbox DROP COLUMN {name}" for name in ("about", "shown", "listed")),
    "DELETE FROM _sqlite_migrations WHERE name = 'stories'",
)
"""Statements that undo the step ``stories``."""
