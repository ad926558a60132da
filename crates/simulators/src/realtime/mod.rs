//! The realtime API: a conversation over a WebSocket, in the shapes of OpenAI and of Azure.
//!
//! ```text
//! GET /v1/realtime?model=gpt-realtime                                           OpenAI
//! GET /openai/v1/realtime?model=gpt-realtime                                    Azure OpenAI v1
//! GET /openai/realtime?api-version=2025-04-01-preview&deployment=gpt-realtime   Azure OpenAI, dated
//!
//! ◀ session.created   ▶ conversation.item.create   ▶ response.create   ◀ … response.done, with usage
//! ```
//!
//! What is said follows the rules of [`crate::mind`]. Audio that is asked for is a tone, as long as the words; audio that
//! comes in is measured, not heard. Speech is not looked for in it: a caller commits its buffer itself. Not there, and
//! refused: `conversation.item.truncate`, `output_audio_buffer.*`, transcription.

mod conversation;
mod handshake;
mod response;
mod session;
mod shape;

pub(crate) use handshake::{answer, credentials, is_asked, target};
pub(crate) use session::{Opening, Sessions};
