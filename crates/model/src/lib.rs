//! The nouns of API Management as validated types.
