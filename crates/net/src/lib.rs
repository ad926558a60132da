//! The one outbound HTTP client: connector, TLS, pool, limits.
