"""What takes a database back to an earlier version, for tests of the steps that lead on from there."""

BEFORE_PRUNINGS = (
    "DROP TABLE pruned",
    "CREATE INDEX posts_seen ON posts (seen) WHERE text <> ''",
    "DELETE FROM _sqlite_migrations WHERE name = 'prunings'",
)
"""Statements that undo the step ``prunings``."""

BEFORE_OTHER_KEYS = (*BEFORE_PRUNINGS, "DELETE FROM _sqlite_migrations WHERE name = 'other_keys'")
"""Statements that undo the step ``other_keys`` and the one after it."""

BEFORE_SKETCHES = (
    *BEFORE_OTHER_KEYS,
    "DROP TABLE sketches",
    "DROP TABLE frequencies",
    "CREATE TABLE frequencies (bucket INTEGER PRIMARY KEY, posts INTEGER NOT NULL)",
    "CREATE TABLE marks (mark INTEGER NOT NULL, post INTEGER NOT NULL, PRIMARY KEY (mark, post)) WITHOUT ROWID",
    "ALTER TABLE members ADD COLUMN marks BLOB NOT NULL DEFAULT x''",
    "DELETE FROM _sqlite_migrations WHERE name = 'sketches'",
)
"""Statements that undo the step ``sketches`` and those after it."""

BEFORE_STORIES = (
    *BEFORE_SKETCHES,
    "DROP TABLE marks",
    "DROP TABLE frequencies",
    "DROP INDEX members_story",
    *(f"ALTER TABLE members DROP COLUMN {name}" for name in ("tie", "beside", "evidence", "facts", "marks", "at")),
    "ALTER TABLE members ADD COLUMN digest TEXT NOT NULL DEFAULT ''",
    "CREATE INDEX members_digest ON members (digest) WHERE digest <> ''",
    *(f"ALTER TABLE outbox DROP COLUMN {name}" for name in ("about", "shown", "listed")),
    "DELETE FROM _sqlite_migrations WHERE name = 'stories'",
)
"""Statements that undo the step ``stories`` and those after it."""
