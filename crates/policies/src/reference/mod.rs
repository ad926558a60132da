//! Pages and a schema, written from the list of policies and the table of failures.
