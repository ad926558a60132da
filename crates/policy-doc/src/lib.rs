//! Tolerant, lossless reader of policy documents.
