//! Everything that persists: one SQLite database, sealed secrets, migrations.
