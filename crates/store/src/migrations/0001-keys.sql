-- Version 1: subscriptions with sealed keys, and the users who own them.
-- A released file is never edited: a change is a new file with the next number.

PRAGMA application_id = 0x43617264;
PRAGMA user_version = 1;

-- Counts committed changes, so that another process sees that something is new.
CREATE TABLE revision (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    number   INTEGER NOT NULL
) STRICT;
INSERT INTO revision VALUES (1, 0);

-- Keys that seal values and hash subscription keys; wrapped by the sealing key whose name is in `sealed_by`.
CREATE TABLE data_keys (
    id        INTEGER PRIMARY KEY,
    purpose   TEXT NOT NULL CHECK (purpose IN ('seal', 'lookup')),
    sealed_by TEXT NOT NULL,
    wrapped   BLOB NOT NULL,
    created   TEXT NOT NULL
) STRICT;

CREATE TABLE users (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT NOT NULL UNIQUE COLLATE NOCASE,
    email      TEXT NOT NULL UNIQUE COLLATE NOCASE,
    first_name TEXT NOT NULL,
    last_name  TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('active', 'blocked', 'pending', 'deleted')),
    note       TEXT,
    registered TEXT NOT NULL
) STRICT;

CREATE TABLE subscriptions (
    number        INTEGER PRIMARY KEY AUTOINCREMENT,
    id            TEXT NOT NULL UNIQUE COLLATE NOCASE,
    display_name  TEXT NOT NULL,
    scope_kind    TEXT NOT NULL CHECK (scope_kind IN ('product', 'api', 'all-apis', 'all-access')),
    scope_name    TEXT,
    owner         INTEGER REFERENCES users (number),
    state         TEXT NOT NULL
                  CHECK (state IN ('active', 'suspended', 'submitted', 'rejected', 'cancelled', 'expired')),
    state_comment TEXT,
    created       TEXT NOT NULL,
    start         TEXT,
    expiration    TEXT,
    ended         TEXT,
    allow_tracing INTEGER NOT NULL CHECK (allow_tracing IN (0, 1)),
    CHECK ((scope_name IS NULL) = (scope_kind IN ('all-apis', 'all-access')))
) STRICT;

-- One key opens one subscription: a keyed hash stands once in the whole table.
CREATE TABLE subscription_keys (
    subscription INTEGER NOT NULL REFERENCES subscriptions (number) ON DELETE CASCADE,
    which        TEXT NOT NULL CHECK (which IN ('primary', 'secondary')),
    digest       BLOB NOT NULL UNIQUE,
    sealed       BLOB NOT NULL,
    PRIMARY KEY (subscription, which)
) STRICT, WITHOUT ROWID;
