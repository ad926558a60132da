//! What an HTTP/2 server is told to do, frame by frame: a list of words, so that a case is a file.
//!
//! ```toml
//! script = ["settings", "request", "head 200", "event", "wait", "reset-stream INTERNAL_ERROR"]
//! ```
//!
//! What stands before `request` happens once a connection; the rest for each request of it.

use std::time::Duration;

use serde::Deserialize;

/// One step of a script (frames and codes: RFC 9113 sections 6 and 7).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
#[non_exhaustive]
pub enum Step {
    /// `settings`: SETTINGS is sent, and that of the other side acknowledged. Without it nothing is acknowledged.
    Settings,
    /// `request`: waits for the head of a request.
    Request,
    /// `request-end`: waits for the end of the request's body.
    RequestEnd,
    /// `head 200`, `head 200 length=10`: the answer's head, without the end of its stream.
    Head {
        /// The status.
        status: u16,
        /// What `content-length` says.
        length: Option<u64>,
    },
    /// `field a=b`: one field of a head that is none: names and values go out as they stand.
    Field(String, String),
    /// `event`: one event of a stream.
    Event,
    /// `last-event`: the event that ends a stream of a model.
    LastEvent,
    /// `end`: the end of the stream, on an empty DATA frame.
    End,
    /// `trailers a=b`: one trailer, and with it the end of the stream.
    Trailers(String, String),
    /// `wait`: until somebody lets it go on.
    Wait,
    /// `slowly 10`: from here on single bytes, so many milliseconds apart.
    Slowly(Duration),
    /// `reset-stream CANCEL`: RST_STREAM.
    ResetStream(u32),
    /// `go-away below NO_ERROR`: GOAWAY, whose last stream is the one `below` ours, `ours`, or one `above`.
    GoAway(Last, u32),
    /// `part`: half of a DATA frame.
    Part,
    /// `part-of-the-head`: half of a frame of a head.
    PartOfTheHead,
    /// `garbage`: bytes that are no frames.
    Garbage,
    /// `stray`: a frame of DATA on a stream that nobody opened.
    Stray,
    /// `endless-head`: a head whose CONTINUATION frames never end.
    EndlessHead,
    /// `endless-body`: events until the other side leaves.
    EndlessBody,
    /// `hang`: nothing more until the other side leaves.
    Hang,
    /// `close`: the connection is closed.
    Close,
    /// `reset`: the connection is reset.
    Reset,
    /// `first reset-stream CANCEL`: a step for the first request only, over all connections; the rest of the script is for
    /// those after it.
    First(Box<Step>),
}

/// Which stream a GOAWAY names as the last one that was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Last {
    /// One before ours.
    Below,
    /// Ours.
    Ours,
    /// A later one.
    Above,
}

impl TryFrom<String> for Step {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if let Some(step) = text.strip_prefix("first ") {
            return match Self::try_from(step.to_owned())? {
                Self::First(_) => Err(format!("`{text}` is no step")),
                step => Ok(Self::First(Box::new(step))),
            };
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        let step = match *words.as_slice() {
            ["settings"] => Self::Settings,
            ["request"] => Self::Request,
            ["request-end"] => Self::RequestEnd,
            ["head", status] => Self::Head { status: number(status)?, length: None },
            ["head", status, length] => {
                let length = length.strip_prefix("length=").ok_or(format!("`{length}`: no length"))?;
                Self::Head { status: number(status)?, length: Some(number(length)?) }
            }
            ["event"] => Self::Event,
            ["last-event"] => Self::LastEvent,
            ["end"] => Self::End,
            ["field", field] => pair(field).map(|(name, value)| Self::Field(name, value))?,
            ["trailers", field] => pair(field).map(|(name, value)| Self::Trailers(name, value))?,
            ["wait"] => Self::Wait,
            ["slowly", pause] => Self::Slowly(Duration::from_millis(number(pause)?)),
            ["reset-stream", code] => Self::ResetStream(error_code(code)?),
            ["go-away", last, code] => Self::GoAway(last_stream(last)?, error_code(code)?),
            ["part"] => Self::Part,
            ["part-of-the-head"] => Self::PartOfTheHead,
            ["garbage"] => Self::Garbage,
            ["stray"] => Self::Stray,
            ["endless-head"] => Self::EndlessHead,
            ["endless-body"] => Self::EndlessBody,
            ["hang"] => Self::Hang,
            ["close"] => Self::Close,
            ["reset"] => Self::Reset,
            _ => return Err(format!("`{text}` is no step")),
        };
        Ok(step)
    }
}

fn number<N: std::str::FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| format!("`{text}` is no number"))
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or(format!("`{text}` is no `name=value`"))?;
    Ok((name.to_owned(), value.to_owned()))
}

fn last_stream(text: &str) -> Result<Last, String> {
    match text {
        "below" => Ok(Last::Below),
        "ours" => Ok(Last::Ours),
        "above" => Ok(Last::Above),
        _ => Err(format!("`{text}` is no stream")),
    }
}

/// RFC 9113 section 7.
fn error_code(text: &str) -> Result<u32, String> {
    let names = [
        "NO_ERROR",
        "PROTOCOL_ERROR",
        "INTERNAL_ERROR",
        "FLOW_CONTROL_ERROR",
        "SETTINGS_TIMEOUT",
        "STREAM_CLOSED",
        "FRAME_SIZE_ERROR",
        "REFUSED_STREAM",
        "CANCEL",
        "COMPRESSION_ERROR",
        "CONNECT_ERROR",
        "ENHANCE_YOUR_CALM",
        "INADEQUATE_SECURITY",
        "HTTP_1_1_REQUIRED",
    ];
    let code = names.iter().position(|name| *name == text).ok_or(format!("`{text}` is no error code"))?;
    u32::try_from(code).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_read_and_others_refused() {
        let read = |text: &str| Step::try_from(text.to_owned());
        assert_eq!(read("head 200 length=3"), Ok(Step::Head { status: 200, length: Some(3) }));
        assert_eq!(read("reset-stream CANCEL"), Ok(Step::ResetStream(8)));
        assert_eq!(read("go-away below HTTP_1_1_REQUIRED"), Ok(Step::GoAway(Last::Below, 13)));
        assert_eq!(read("first close"), Ok(Step::First(Box::new(Step::Close))));
        for wrong in [
            "",
            "head",
            "head x",
            "head 200 3",
            "reset-stream 8",
            "go-away now NO_ERROR",
            "trailers a",
            "first first close",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
