//! Model services on loopback, for the demo and for tests.
