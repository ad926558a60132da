//! Names that differ between the two versions of the realtime API.
//!
//! COMPAT: `OpenAI-Beta: realtime=v1` and Azure's dated API mean the older version (OpenAI's guide "Beta to GA migration";
//! Azure's realtime reference); event and field names are those of the types of OpenAI's Python client, `realtime` and
//! `beta.realtime`.

use http::HeaderMap;

use crate::wire::Wire;

/// Which version of the API is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Beta,
    Current,
}

impl Shape {
    pub(super) fn of(wire: Wire, headers: &HeaderMap) -> Self {
        let beta = headers.get("openai-beta").and_then(|value| value.to_str().ok());
        let is_beta = wire == Wire::AzureDated || beta.is_some_and(|value| value.contains("realtime=v1"));
        if is_beta { Self::Beta } else { Self::Current }
    }

    /// The name of an event of the current version, in this one.
    pub(super) fn event(self, current: &'static str) -> &'static str {
        match (self, current) {
            (Self::Current, _) => current,
            (Self::Beta, "response.output_text.delta") => "response.text.delta",
            (Self::Beta, "response.output_text.done") => "response.text.done",
            (Self::Beta, "response.output_audio.delta") => "response.audio.delta",
            (Self::Beta, "response.output_audio.done") => "response.audio.done",
            (Self::Beta, "response.output_audio_transcript.delta") => "response.audio_transcript.delta",
            (Self::Beta, "response.output_audio_transcript.done") => "response.audio_transcript.done",
            (Self::Beta, other) => other,
        }
    }

    /// The events that tell of a new item.
    pub(super) fn item_events(self) -> &'static [&'static str] {
        match self {
            Self::Beta => &["conversation.item.created"],
            Self::Current => &["conversation.item.added", "conversation.item.done"],
        }
    }

    /// Where a session or a response says what it gives.
    pub(super) fn modalities(self) -> &'static str {
        match self {
            Self::Beta => "modalities",
            Self::Current => "output_modalities",
        }
    }

    /// Where they say how long an answer may be.
    pub(super) fn limit(self) -> &'static str {
        match self {
            Self::Beta => "max_response_output_tokens",
            Self::Current => "max_output_tokens",
        }
    }

    /// The type of a part of the answer.
    pub(super) fn part(self, is_audio: bool) -> &'static str {
        match (self, is_audio) {
            (Self::Beta, false) => "text",
            (Self::Beta, true) => "audio",
            (Self::Current, false) => "output_text",
            (Self::Current, true) => "output_audio",
        }
    }
}
