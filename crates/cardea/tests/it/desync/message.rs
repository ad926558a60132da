//! HTTP/1.1 messages read strictly, as RFC 9112 writes them: what is not exactly so is malformed. Also a reader that takes
//! everything for malformed that another reader could take for something else.

/// Why bytes are no message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// More would have to come.
    Incomplete,
    /// It can never become one.
    Wrong(String),
}

/// A whole message.
#[derive(Clone, Debug, Default)]
pub(crate) struct Message {
    /// Its first line.
    pub(crate) line: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Vec<(String, String)>,
}

impl Message {
    /// The values of a header.
    pub(crate) fn header(&self, name: &str) -> Vec<&str> {
        self.headers
            .iter()
            .filter(|(each, _)| each.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
            .collect()
    }

    /// Whether there is a trailer of this name.
    pub(crate) fn has_trailer(&self, name: &str) -> bool {
        self.trailers.iter().any(|(each, _)| each.eq_ignore_ascii_case(name))
    }

    /// The status of a response.
    pub(crate) fn status(&self) -> u16 {
        self.line.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_default()
    }
}

/// Whose message is read: how strictly, and how it may end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    /// A request as the backend gets it.
    Backend,
    /// A request as a caller sends it.
    Caller,
    /// An answer; `ended` where nothing follows, for a body that ends with its connection.
    Answer { ended: bool },
}

type Read<'a, T> = Result<(T, &'a [u8]), Malformed>;

fn wrong<T>(why: impl Into<String>) -> Result<T, Malformed> {
    Err(Malformed::Wrong(why.into()))
}

/// The first request of these bytes.
pub(crate) fn request(bytes: &[u8]) -> Read<'_, Message> {
    let (mut message, rest) = head(bytes)?;
    if message.header("host").len() != 1 {
        return wrong("not one Host");
    }
    let rest = body(&mut message, rest, Of::Backend)?;
    Ok((message, rest))
}

/// The first request of these bytes as it may come from a caller: as strict, but empty lines may stand before it (RFC 9112
/// section 2.2), codings have no case, and chunks may have extensions.
pub(crate) fn of_caller(mut bytes: &[u8]) -> Read<'_, Message> {
    while let [b'\r', b'\n', rest @ ..] = bytes {
        bytes = rest;
    }
    let (mut message, rest) = head(bytes)?;
    let words: Vec<&str> = message.line.split(' ').collect();
    let [method, _, version] = words.as_slice() else { return wrong("not three words") };
    let is_new = *version == "HTTP/1.1";
    if !(is_new || *version == "HTTP/1.0") || method.is_empty() || !method.bytes().all(is_token) {
        return wrong(format!("the request line {:?}", message.line));
    }
    if message.header("host").len() > 1 || is_new && message.header("host").is_empty() {
        return wrong("not one Host");
    }
    for (name, value) in &mut message.headers {
        if name.eq_ignore_ascii_case("transfer-encoding") {
            if !is_new {
                return wrong("a coding in HTTP/1.0");
            }
            value.make_ascii_lowercase();
        }
    }
    let rest = body(&mut message, rest, Of::Caller)?;
    Ok((message, rest))
}

/// The first response of these bytes. `head_only` where it answers HEAD; `ended` where nothing follows the bytes.
pub(crate) fn response(bytes: &[u8], head_only: bool, ended: bool) -> Read<'_, Message> {
    let (mut message, rest) = head(bytes)?;
    let without = head_only || matches!(message.status(), 100..=199 | 204 | 304);
    if without {
        return Ok((message, rest));
    }
    let rest = body(&mut message, rest, Of::Answer { ended })?;
    Ok((message, rest))
}

fn line(bytes: &[u8]) -> Read<'_, String> {
    let end = bytes.windows(2).position(|two| two == b"\r\n").ok_or(Malformed::Incomplete)?;
    let line = &bytes[..end];
    if line.iter().any(|byte| matches!(byte, 0..=8 | 10..=31 | 127)) {
        return wrong(format!("a control byte in {:?}", super::text(line)));
    }
    Ok((super::text(line), &bytes[end + 2..]))
}

fn head(bytes: &[u8]) -> Read<'_, Message> {
    let (first, rest) = line(bytes)?;
    if first.split(' ').count() < 3 {
        return wrong(format!("the first line {first:?}"));
    }
    let (headers, rest) = fields(rest)?;
    Ok((Message { line: first, headers, ..Message::default() }, rest))
}

fn fields(mut rest: &[u8]) -> Read<'_, Vec<(String, String)>> {
    let mut fields = Vec::new();
    loop {
        let (each, after) = line(rest)?;
        rest = after;
        if each.is_empty() {
            return Ok((fields, rest));
        }
        let Some((name, value)) = each.split_once(':') else { return wrong(format!("no colon in {each:?}")) };
        if name.is_empty() || !name.bytes().all(is_token) {
            return wrong(format!("the name {name:?}"));
        }
        fields.push((name.to_owned(), value.trim_matches([' ', '\t']).to_owned()));
    }
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Reads the body of a message.
fn body<'a>(message: &mut Message, rest: &'a [u8], of: Of) -> Result<&'a [u8], Malformed> {
    let coding: Vec<String> =
        message.header("transfer-encoding").iter().map(|&each| each.to_owned()).collect();
    let length: Vec<String> = message.header("content-length").iter().map(|&each| each.to_owned()).collect();
    match (coding.as_slice(), length.as_slice(), of) {
        ([], [], Of::Backend | Of::Caller) => Ok(rest),
        ([], [], Of::Answer { ended: true }) => {
            message.body = rest.to_vec();
            Ok(&[])
        }
        ([], [], Of::Answer { ended: false }) => Err(Malformed::Incomplete),
        ([coding], [], _) if coding == "chunked" => {
            let (whole, trailers, rest) = chunks(rest, of != Of::Caller)?;
            (message.body, message.trailers) = (whole, trailers);
            Ok(rest)
        }
        ([], [length], _) => {
            let digits = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
            let Some(length) = length.parse::<usize>().ok().filter(|_| digits) else {
                return wrong(format!("the length {length:?}"));
            };
            let (body, rest) = rest.split_at_checked(length).ok_or(Malformed::Incomplete)?;
            message.body = body.to_vec();
            Ok(rest)
        }
        _ => wrong(format!("lengths {length:?} and codings {coding:?}")),
    }
}

type Chunked<'a> = (Vec<u8>, Vec<(String, String)>, &'a [u8]);

fn chunks(mut rest: &[u8], is_strict: bool) -> Result<Chunked<'_>, Malformed> {
    let mut whole = Vec::new();
    loop {
        let (size, after) = line(rest)?;
        let size = if is_strict { size } else { size.split(';').next().unwrap_or_default().to_owned() };
        let hex = !size.is_empty() && size.bytes().all(|byte| byte.is_ascii_hexdigit());
        let Some(length) = usize::from_str_radix(&size, 16).ok().filter(|_| hex) else {
            return wrong(format!("the chunk size {size:?}"));
        };
        if length == 0 {
            let (trailers, rest) = fields(after)?;
            return Ok((whole, trailers, rest));
        }
        let (data, after) = after.split_at_checked(length).ok_or(Malformed::Incomplete)?;
        whole.extend_from_slice(data);
        rest = match after {
            [b'\r', b'\n', rest @ ..] => rest,
            [] | [b'\r'] => return Err(Malformed::Incomplete),
            _ => return wrong("a chunk without its end"),
        };
    }
}

#[test]
fn the_strict_reader_takes_exactly_what_is_one_message() {
    let ok =
        b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nx: y\r\n\r\nGET";
    let (message, rest) = request(ok).expect("a request");
    assert_eq!((message.body.as_slice(), rest), (&b"ab"[..], &b"GET"[..]));
    assert_eq!(message.trailers, [("x".to_owned(), "y".to_owned())]);
    for bad in [
        "GET / HTTP/1.1\r\nhost: a\r\nhost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nx : y\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\n y\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: +1\r\n\r\nx",
        "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n",
    ] {
        assert!(matches!(request(bad.as_bytes()), Err(Malformed::Wrong(_))), "{bad:?}");
    }
}
