"""What takes a database back to an earlier version, for tests of the steps that lead on from there."""

BEFORE_LIGHTER_POSTS = (
    "DROP VIEW showings",
    """CREATE TABLE heavier (
        id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, link TEXT NOT NULL, url TEXT NOT NULL, title TEXT NOT NULL,
        text TEXT NOT NULL, author TEXT NOT NULL, published REAL, lang TEXT NOT NULL, links TEXT NOT NULL,
        media TEXT NOT NULL, source TEXT NOT NULL, seen REAL NOT NULL
    )""",
    """INSERT INTO heavier SELECT id, key, link, url, title, text, author, published, lang, links, media, source, seen
        FROM posts""",
    """INSERT INTO sightings SELECT s.id, p.id, 0, p.digest, p.fresh
        FROM posts AS p JOIN sources AS s ON s.name = p.source""",
    "DROP TABLE posts",
    "ALTER TABLE heavier RENAME TO posts",
    "CREATE INDEX posts_link ON posts (link) WHERE link <> ''",
    "DELETE FROM _sqlite_migrations WHERE name = 'lighter_posts'",
)
"""Statements that undo the step ``lighter_posts``."""

BEFORE_PRUNINGS = (
    *BEFORE_LIGHTER_POSTS,
    "DROP TABLE pruned",
    "CREATE INDEX posts_seen ON posts (seen) WHERE text <> ''",
    "DELETE FROM _sqlite_migrations WHERE name = 'prunings'",
)
"""Statements that undo the step ``prunings`` and the one after it."""

BEFORE_OTHER_KEYS = (*BEFORE_PRUNINGS, "DELETE FROM _sqlite_migrations WHERE name = 'other_keys'")
"""Statements that undo the step ``other_keys`` and those after it."""

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
