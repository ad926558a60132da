-- Version 2: the vault: secrets with sealed versions, who may do what with them, and what was done.
-- Instants are seconds since 1970, as Key Vault's interface has them; those of the audit are milliseconds.

PRAGMA user_version = 2;

CREATE TABLE vault_secrets (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    vault   TEXT NOT NULL COLLATE NOCASE,
    name    TEXT NOT NULL COLLATE NOCASE,
    deleted INTEGER,
    purge   INTEGER,
    UNIQUE (vault, name),
    CHECK ((deleted IS NULL) = (purge IS NULL))
) STRICT;

CREATE INDEX vault_secrets_to_purge ON vault_secrets (purge) WHERE purge IS NOT NULL;

-- The newest version of a secret is the one with the highest number.
CREATE TABLE vault_versions (
    number       INTEGER PRIMARY KEY AUTOINCREMENT,
    secret       INTEGER NOT NULL REFERENCES vault_secrets (number) ON DELETE CASCADE,
    version      TEXT NOT NULL CHECK (length(version) = 32),
    sealed       BLOB NOT NULL,
    content_type TEXT,
    enabled      INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    not_before   INTEGER,
    expires      INTEGER,
    created      INTEGER NOT NULL,
    updated      INTEGER NOT NULL,
    -- A JSON object of texts.
    tags         TEXT NOT NULL,
    UNIQUE (secret, version)
) STRICT;

-- An empty secret stands for all secrets of the vault, those that are made later too.
CREATE TABLE vault_grants (
    vault      TEXT NOT NULL COLLATE NOCASE,
    identity   TEXT NOT NULL COLLATE NOCASE,
    secret     TEXT NOT NULL COLLATE NOCASE,
    permission TEXT NOT NULL
               CHECK (permission IN ('get', 'list', 'set', 'delete', 'recover', 'purge')),
    granted    INTEGER NOT NULL,
    PRIMARY KEY (vault, identity, secret, permission)
) STRICT;

CREATE TABLE vault_audit (
    number    INTEGER PRIMARY KEY AUTOINCREMENT,
    at        INTEGER NOT NULL,
    vault     TEXT NOT NULL COLLATE NOCASE,
    object_id TEXT,
    app_id    TEXT,
    -- Who worked on the state directory itself, without a token.
    operator  TEXT,
    operation TEXT NOT NULL,
    secret    TEXT COLLATE NOCASE,
    version   TEXT,
    status    INTEGER NOT NULL,
    outcome   TEXT NOT NULL
) STRICT;

CREATE INDEX vault_audit_at ON vault_audit (at);
