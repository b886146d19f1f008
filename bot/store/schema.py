"""The tables of Vigie's database, and the steps that lead from one version of them to the next."""

from sqlite_utils import Database, Migrations

from scrapers import crc32


def first_tables(db: Database) -> None:
    """Times are seconds since 1970 UTC; lists are JSON; ``due`` is what everything that waits is asked by."""
    for statement in _FIRST_TABLES:
        db.execute(statement)


_FIRST_TABLES = (
    """CREATE TABLE sources (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, identity TEXT NOT NULL,
        active INTEGER NOT NULL DEFAULT 1, bookmark TEXT NOT NULL DEFAULT '',
        due REAL NOT NULL, held REAL NOT NULL DEFAULT 0, looked REAL, succeeded REAL, renewed REAL,
        gap REAL NOT NULL DEFAULT 0, items INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0,
        state TEXT NOT NULL DEFAULT 'unproven', error TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT ''
    )""",
    "CREATE INDEX sources_due ON sources (due) WHERE active",
    """CREATE TABLE posts (
        id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, link TEXT NOT NULL, url TEXT NOT NULL, title TEXT NOT NULL,
        text TEXT NOT NULL, author TEXT NOT NULL, published REAL, lang TEXT NOT NULL, links TEXT NOT NULL,
        media TEXT NOT NULL, source TEXT NOT NULL, seen REAL NOT NULL
    )""",
    "CREATE INDEX posts_link ON posts (link) WHERE link <> ''",
    "CREATE INDEX posts_seen ON posts (seen) WHERE text <> ''",
    """CREATE TABLE sightings (
        source INTEGER NOT NULL, post INTEGER NOT NULL, key INTEGER NOT NULL, digest INTEGER NOT NULL,
        fresh INTEGER NOT NULL, PRIMARY KEY (source, post)
    ) WITHOUT ROWID""",
    """CREATE TABLE hits (
        post INTEGER NOT NULL, topic TEXT NOT NULL, places TEXT NOT NULL, fresh INTEGER NOT NULL, at REAL NOT NULL,
        PRIMARY KEY (post, topic)
    ) WITHOUT ROWID""",
    "CREATE TABLE stories (id INTEGER PRIMARY KEY, first REAL NOT NULL, last REAL NOT NULL)",
    """CREATE TABLE members (
        post INTEGER PRIMARY KEY, story INTEGER NOT NULL REFERENCES stories (id), digest TEXT NOT NULL
    )""",
    "CREATE INDEX members_digest ON members (digest) WHERE digest <> ''",
    "CREATE TABLE topics (name TEXT PRIMARY KEY, active INTEGER NOT NULL) WITHOUT ROWID",
    """CREATE TABLE subscribers (
        id INTEGER PRIMARY KEY AUTOINCREMENT, chat INTEGER NOT NULL, thread INTEGER NOT NULL, lang TEXT NOT NULL,
        timezone TEXT NOT NULL, alive INTEGER NOT NULL DEFAULT 1, managed INTEGER NOT NULL DEFAULT 0,
        since REAL NOT NULL, UNIQUE (chat, thread)
    )""",
    """CREATE TABLE subscriptions (
        subscriber INTEGER NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE ON UPDATE CASCADE,
        topic TEXT NOT NULL, pace TEXT NOT NULL, muted REAL, since REAL NOT NULL, PRIMARY KEY (subscriber, topic)
    ) WITHOUT ROWID""",
    "CREATE INDEX subscriptions_topic ON subscriptions (topic)",
    """CREATE TABLE outbox (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        subscriber INTEGER NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE ON UPDATE CASCADE,
        kind TEXT NOT NULL, story INTEGER NOT NULL, cause TEXT NOT NULL, post INTEGER NOT NULL, topics TEXT NOT NULL,
        urgency INTEGER NOT NULL, digest INTEGER NOT NULL, text TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'owed',
        due REAL NOT NULL, created REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0, repeat INTEGER NOT NULL DEFAULT 0,
        plain INTEGER NOT NULL DEFAULT 0, message INTEGER, reason TEXT NOT NULL DEFAULT '', settled REAL,
        UNIQUE (subscriber, kind, story, cause)
    )""",
    "CREATE INDEX outbox_due ON outbox (due) WHERE state = 'owed'",
    "CREATE INDEX outbox_story ON outbox (story)",
)


def articles(db: Database) -> None:
    """The pages behind posts: ``due`` is NULL once a page was read or given up; ``sources`` want it matched.

    Of a host in ``holds`` nothing is asked until then.
    """
    for statement in _ARTICLES:
        db.execute(statement)


_ARTICLES = (
    """CREATE TABLE articles (
        post INTEGER PRIMARY KEY, sources TEXT NOT NULL, host TEXT NOT NULL, owed REAL NOT NULL, due REAL,
        tries INTEGER NOT NULL DEFAULT 0, tried REAL, read INTEGER NOT NULL DEFAULT 0, given_up REAL,
        error TEXT NOT NULL DEFAULT ''
    )""",
    "CREATE INDEX articles_due ON articles (host, due) WHERE due IS NOT NULL",
    "CREATE TABLE holds (host TEXT PRIMARY KEY, until REAL NOT NULL) WITHOUT ROWID",
)


def stories(db: Database) -> None:
    """What makes two posts one story, and messages that grow.

    A mark is a hash of something that a post of a story has: a stretch of its text, a link, a name, a number. A bucket
    counts the posts with a key that falls into it, bucket -1 all. Of a member, ``at`` is when it joined, ``tie`` how,
    ``beside`` the post that it was joined with. In the outbox ``about`` is the row that an edit changes or a reply
    answers; ``shown`` is the newest post in the words of an edit on its way, ``listed`` what went out in a list.
    """
    for statement in _STORIES:
        db.execute(statement)


_STORIES = (
    """CREATE TABLE marks (
        mark INTEGER NOT NULL, post INTEGER NOT NULL, PRIMARY KEY (mark, post)
    ) WITHOUT ROWID""",
    "CREATE TABLE frequencies (bucket INTEGER PRIMARY KEY, posts INTEGER NOT NULL)",
    "DROP INDEX members_digest",
    "ALTER TABLE members DROP COLUMN digest",
    "ALTER TABLE members ADD COLUMN tie TEXT NOT NULL DEFAULT 'first'",
    "ALTER TABLE members ADD COLUMN beside INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE members ADD COLUMN evidence TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE members ADD COLUMN facts TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE members ADD COLUMN marks BLOB NOT NULL DEFAULT x''",
    "ALTER TABLE members ADD COLUMN at REAL NOT NULL DEFAULT 0",
    "UPDATE members SET at = coalesce((SELECT first FROM stories WHERE id = story), 0)",
    "CREATE INDEX members_story ON members (story)",
    "ALTER TABLE outbox ADD COLUMN about INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE outbox ADD COLUMN shown INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE outbox ADD COLUMN listed INTEGER NOT NULL DEFAULT 0",
)


def sketches(db: Database) -> None:
    """What is kept of a post to compare it with later ones, numbered in the order in which they came.

    The marks by which it is found are there as numbers, for an index in memory; so are the counts of all that ever
    came, up to the post of number ``total``.
    """
    for statement in _SKETCHES:
        db.execute(statement)


_SKETCHES = (
    "DROP TABLE marks",
    "DROP TABLE frequencies",
    "ALTER TABLE members DROP COLUMN marks",
    """CREATE TABLE sketches (
        id INTEGER PRIMARY KEY, post INTEGER NOT NULL, at REAL NOT NULL, marks BLOB NOT NULL, sketch BLOB NOT NULL
    )""",
    "CREATE TABLE frequencies (total INTEGER NOT NULL, posts BLOB NOT NULL)",
)


def other_keys(db: Database) -> None:
    """Words have other keys now: the posts of stories are indexed once more, and counted."""
    db.execute("DELETE FROM sketches")
    db.execute("DELETE FROM frequencies")


def prunings(db: Database) -> None:
    """The texts of posts up to row ``pruned.post`` were kept or blanked for good: no index of all times is needed."""
    db.execute("DROP INDEX posts_seen")
    db.execute("CREATE TABLE pruned (post INTEGER NOT NULL)")
    db.execute("INSERT INTO pruned VALUES (0)")


def lighter_posts(db: Database) -> None:
    """A post is found by a checksum of its key: keys come in no order, so all of their index is written again and
    again, and this one is a third of it. How its first source shows a post stands in its row, how others do in
    ``sightings``.

    Table ``posts`` is written anew, which takes some ten seconds for a million posts, and twice their room meanwhile.
    """
    db.conn.create_function("crc", 1, crc, deterministic=True)
    for statement in _LIGHTER_POSTS:
        db.execute(statement)


def crc(key: str) -> int:
    """31 bits of a key, which SQLite keeps in four bytes. Several keys may have the same."""
    return crc32(key.encode("utf-8", "surrogatepass")) >> 1


_LIGHTER_POSTS = (
    "PRAGMA secure_delete = OFF",  # else all that is dropped would be written over, which takes as long again
    """CREATE TABLE lighter (
        id INTEGER PRIMARY KEY, key TEXT NOT NULL, link TEXT NOT NULL, url TEXT NOT NULL, title TEXT NOT NULL,
        text TEXT NOT NULL, author TEXT NOT NULL, published REAL, lang TEXT NOT NULL, links TEXT NOT NULL,
        media TEXT NOT NULL, source TEXT NOT NULL, seen REAL NOT NULL, crc INTEGER NOT NULL, digest INTEGER NOT NULL,
        fresh INTEGER NOT NULL
    )""",
    """INSERT INTO lighter SELECT p.*, crc(p.key), coalesce(g.digest, 0), coalesce(g.fresh, 0) FROM posts AS p
        LEFT JOIN sources AS s ON s.name = p.source LEFT JOIN sightings AS g ON g.source = s.id AND g.post = p.id
        ORDER BY p.id""",
    """DELETE FROM sightings WHERE EXISTS (
        SELECT 1 FROM posts AS p JOIN sources AS s ON s.name = p.source
        WHERE p.id = sightings.post AND s.id = sightings.source
    )""",
    "DROP TABLE posts",
    "ALTER TABLE lighter RENAME TO posts",
    "CREATE INDEX posts_crc ON posts (crc)",
    "CREATE INDEX posts_link ON posts (link) WHERE link <> ''",
    """CREATE VIEW showings AS
        SELECT s.id AS source, p.id AS post, p.fresh FROM posts AS p JOIN sources AS s ON s.name = p.source
        UNION ALL SELECT source, post, fresh FROM sightings""",
)


STEPS = (first_tables, articles, stories, sketches, other_keys, prunings, lighter_posts)
"""Applied in this order, each in a transaction of its own; a step that has been released is never changed."""

KNOWN = frozenset(step.__name__ for step in STEPS)


def migrate(db: Database) -> None:
    """Bring the database to the newest version."""
    steps = Migrations("vigie")
    for step in STEPS:
        steps()(step)
    steps.apply(db)


def is_strange(db: Database) -> bool:
    """Whether the file holds tables, but none of ours: another program's database."""
    theirs = set(db.table_names()) - {Migrations.migrations_table}
    return bool(theirs) and not Migrations("vigie").applied(db)


def unknown_step(db: Database) -> str:
    """The name of a step that this version does not know, so that a newer Vigie wrote the file; or ""."""
    return next((step.name for step in Migrations("vigie").applied(db) if step.name not in KNOWN), "")


def is_outdated(db: Database) -> bool:
    """Whether steps are missing, so that an older Vigie wrote the file."""
    return not {step.name for step in Migrations("vigie").applied(db)} >= KNOWN
