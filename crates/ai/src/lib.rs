//! Facts about model APIs: token counting.
