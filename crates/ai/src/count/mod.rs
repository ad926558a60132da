//! How many tokens a text or a request has, as the model's own tokenizer would count.
//!
//! ```
//! use ai::count::{Count, Encoding, chat};
//!
//! let encoding = Encoding::of_model("gpt-4o").unwrap_or_default();
//! assert_eq!(encoding.count("お誕生日おめでとう"), 8);
//!
//! let body = serde_json::json!({ "messages": [{ "role": "user", "content": "Hello" }] });
//! assert_eq!(chat("gpt-4o", &body, 1000), Count::Exactly(8));
//! assert_eq!(chat("gpt-4o", &body, 5), Count::MoreThan(5));
//! ```
//!
//! Counts of texts and token ids are exact. Counts of requests follow OpenAI's published guidance on what its chat
//! format adds; they are exact for plain messages and estimates for tools, images and files. Other vendors' models
//! have other tokenizers: for them a count is an estimate by [`Encoding::default`].
//!
//! A vocabulary is read when it is first used, which takes some 50 ms and tens of MiB: call [`Encoding::load`] at
//! start-up. A hostile text cannot buy more work than the limit that the caller gives.

mod chat;
mod encoding;
mod input;
mod responses;
mod tally;
mod tools;

pub use chat::chat;
pub use encoding::{Encoding, Piece};
pub use input::{embedding_input, prompt};
pub use responses::responses_input;
pub use tally::{Count, Tally};

/// What an image counts for.
///
/// COMPAT: API Management counts at most 1,200 tokens for each image when it estimates ("llm-token-limit": image
/// inputs are "over-counted at 1,200 tokens per image").
const IMAGE: usize = 1200;
