//! `System.Net.WebUtility`, `System.Uri`, `System.UriPartial`.

mod entities;
mod forms;
mod punycode;
mod uri;

use crate::eval::{Cx, Eval};
use crate::object::{Key, NativeObject};
use crate::types::Type;
use crate::{Exception, Text, Value};

use super::arguments::{arg, character, int, made as text_result, member as number_of, text, text_or_empty};
use super::natives::{made, named, state};
use super::{Row, TypeSpec, constant, member};

pub(crate) use uri::Uri;

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec {
        members: &[
            member("static string UrlEncode(string value)", |cx, a| coded(cx, a, forms::url_encode)),
            member("static string UrlDecode(string encodedValue)", |cx, a| coded(cx, a, forms::url_decode)),
            member("static string HtmlEncode(string value)", |cx, a| coded(cx, a, forms::html_encode)),
            member("static string HtmlDecode(string value)", |cx, a| coded(cx, a, forms::html_decode)),
            member("static void HtmlEncode(string value, TextWriter output)", |cx, a| {
                coded_into(cx, a, forms::html_encode)
            }),
            member("static void HtmlDecode(string value, TextWriter output)", |cx, a| {
                coded_into(cx, a, forms::html_decode)
            }),
            member("static byte[] UrlEncodeToBytes(byte[] value, int offset, int count)", |cx, a| {
                bytes_coded(cx, a, forms::url_encode_bytes)
            }),
            member("static byte[] UrlDecodeToBytes(byte[] encodedValue, int offset, int count)", |cx, a| {
                bytes_coded(cx, a, forms::url_decode_bytes)
            }),
        ],
        ..TypeSpec::statics("System.Net.WebUtility", "api/system.net.webutility")
    },
    TypeSpec { members: URI, ..TypeSpec::class("System.Uri", "api/system.uri") },
    TypeSpec::enumeration(
        "System.UriPartial",
        &[("Scheme", 0), ("Authority", 1), ("Path", 2), ("Query", 3)],
        "api/system.uripartial",
    ),
];

const URI: &[Row] = &[
    constant("static string UriSchemeFile", || Value::text("file")),
    constant("static string UriSchemeFtp", || Value::text("ftp")),
    constant("static string UriSchemeGopher", || Value::text("gopher")),
    constant("static string UriSchemeHttp", || Value::text("http")),
    constant("static string UriSchemeHttps", || Value::text("https")),
    constant("static string UriSchemeMailto", || Value::text("mailto")),
    constant("static string UriSchemeNetPipe", || Value::text("net.pipe")),
    constant("static string UriSchemeNetTcp", || Value::text("net.tcp")),
    constant("static string UriSchemeNews", || Value::text("news")),
    constant("static string UriSchemeNntp", || Value::text("nntp")),
    constant("static string SchemeDelimiter", || Value::text("://")),
    member("new(string uriString)", new_uri),
    member("new(string uriString, bool dontEscape)", new_uri),
    member("new(Uri baseUri, string relativeUri)", new_joined),
    member("new(Uri baseUri, string relativeUri, bool dontEscape)", new_joined),
    member("new(Uri baseUri, Uri relativeUri)", |cx, a| {
        let base = base(cx, a)?;
        let other = state::<Uri>(cx, a, 1).map_err(|_| Exception::argument_null("relativeUri"))?;
        let uri = if other.relative { base.join(&other.original).map_err(wrong)? } else { other.clone() };
        made(cx, uri)
    }),
    member("static bool TryCreate(Uri baseUri, string relativeUri, out Uri result)", |cx, a| {
        let joined = match (state::<Uri>(cx, a, 0), arg(a, 1)) {
            (Ok(base), Value::Text(text)) if !base.relative => base.join(text.as_str()).ok(),
            _ => None,
        };
        created(cx, joined)
    }),
    member("static bool TryCreate(Uri baseUri, Uri relativeUri, out Uri result)", |cx, a| {
        let joined = match (state::<Uri>(cx, a, 0), state::<Uri>(cx, a, 1)) {
            (Ok(base), Ok(other)) if !base.relative && other.relative => base.join(&other.original).ok(),
            (Ok(base), Ok(other)) if !base.relative => Some(other.clone()),
            _ => None,
        };
        created(cx, joined)
    }),
    member("static string EscapeDataString(string stringToEscape)", |cx, a| escaped(cx, a, uri::escape_data)),
    member("static string EscapeUriString(string stringToEscape)", |cx, a| escaped(cx, a, uri::escape_uri)),
    member("static string UnescapeDataString(string stringToUnescape)", |cx, a| {
        let text = text(a, 0, "stringToUnescape")?;
        cx.grow(text.len())?;
        let out = uri::unescape_data(text.as_str());
        text_result(cx, out)
    }),
    member("static bool CheckSchemeName(string schemeName)", |_, a| {
        Ok(Value::Bool(uri::is_scheme(text_or_empty(a, 0))))
    }),
    member("static string HexEscape(char character)", |_, a| {
        let byte = u8::try_from(character(a, 0)).map_err(|_| out_of_range("character"))?;
        let mut out = String::new();
        uri::push_encoded(&mut out, byte);
        Ok(Value::Text(out.into()))
    }),
    member("static char HexUnescape(string pattern, ref int index)", hex_unescape),
    member("static bool IsHexDigit(char character)", |_, a| {
        Ok(Value::Bool(hex_digit(character(a, 0)).is_some()))
    }),
    member("static bool IsHexEncoding(string pattern, int index)", |_, a| {
        let units: Vec<u16> = text_or_empty(a, 0).encode_utf16().collect();
        let at = usize::try_from(int(a, 1)).unwrap_or(usize::MAX);
        Ok(Value::Bool(hex_at(&units, at).is_some()))
    }),
    member("static int FromHex(char digit)", |_, a| {
        let digit = hex_digit(character(a, 0))
            .ok_or_else(|| Exception::new("System.ArgumentException", Text::from_static("digit")))?;
        Ok(Value::Int32(digit.into()))
    }),
    member("bool IsBaseOf(Uri uri)", |cx, a| {
        let other = state::<Uri>(cx, a, 1).map_err(|_| Exception::argument_null("uri"))?;
        Ok(Value::Bool(absolute(cx, a)?.is_base_of(other)))
    }),
    member("Uri MakeRelativeUri(Uri uri)", |cx, a| {
        let other = state::<Uri>(cx, a, 1).map_err(|_| Exception::argument_null("uri"))?;
        let relative = absolute(cx, a)?.relative_to(other);
        made(cx, relative)
    }),
    member("string MakeRelative(Uri toUri)", |cx, a| {
        let other = state::<Uri>(cx, a, 1).map_err(|_| Exception::argument_null("toUri"))?;
        // Unlike `MakeRelativeUri`, of the paths only.
        let own = absolute(cx, a)?.relative_to(other);
        let relative = if own.relative { cut_query(&own.original).to_owned() } else { own.display() };
        text_result(cx, relative)
    }),
    member("bool IsWellFormedOriginalString()", |cx, a| {
        Ok(Value::Bool(state::<Uri>(cx, a, 0)?.is_well_formed()))
    }),
    member("string AbsoluteUri", |cx, a| shown(cx, a, Uri::absolute)),
    member("string AbsolutePath", |cx, a| shown(cx, a, Uri::absolute_path)),
    member("string LocalPath", |cx, a| shown(cx, a, Uri::local_path)),
    member("string Authority", |cx, a| shown(cx, a, Uri::authority)),
    member("string Host", |cx, a| shown(cx, a, |uri| uri.host.clone())),
    member("string DnsSafeHost", |cx, a| shown(cx, a, |uri| uri.host.trim_matches(['[', ']']).to_owned())),
    member("string IdnHost", |cx, a| shown(cx, a, Uri::ascii_host)),
    member("string Scheme", |cx, a| shown(cx, a, |uri| uri.scheme.clone())),
    member("string Query", |cx, a| shown(cx, a, |uri| uri.query.clone())),
    member("string Fragment", |cx, a| shown(cx, a, |uri| uri.fragment.clone())),
    member("string PathAndQuery", |cx, a| shown(cx, a, |uri| format!("{}{}", uri.path, uri.query))),
    member("string OriginalString", |cx, a| {
        let text = state::<Uri>(cx, a, 0)?.original.clone();
        text_result(cx, text)
    }),
    member("string UserInfo", |cx, a| shown(cx, a, |uri| uri.user_info.clone())),
    member("int Port", |cx, a| Ok(Value::Int32(absolute(cx, a)?.port()))),
    member("bool IsAbsoluteUri", |cx, a| Ok(Value::Bool(!state::<Uri>(cx, a, 0)?.relative))),
    member("bool IsDefaultPort", |cx, a| Ok(Value::Bool(absolute(cx, a)?.is_default_port()))),
    member("bool IsFile", |cx, a| Ok(Value::Bool(absolute(cx, a)?.scheme == "file"))),
    member("bool IsLoopback", |cx, a| Ok(Value::Bool(absolute(cx, a)?.is_loopback()))),
    member("bool IsUnc", |cx, a| Ok(Value::Bool(absolute(cx, a)?.is_unc()))),
    member("bool UserEscaped", |_, _| Ok(Value::Bool(false))),
    member("string[] Segments", |cx, a| {
        let segments = absolute(cx, a)?.segments();
        cx.burn(segments.len() as u64)?;
        cx.heap.strings(segments.into_iter().map(Text::from))
    }),
    member("string GetLeftPart(UriPartial part)", |cx, a| {
        let part = number_of(a, 1);
        shown(cx, a, |uri| uri.left_part(part))
    }),
    member("bool Equals(object comparand)", |cx, a| match (state::<Uri>(cx, a, 0), arg(a, 1)) {
        // Text counts as the URI that it is.
        (Ok(own), Value::Text(text)) => {
            Ok(Value::Bool(Uri::parse(text.as_str()).is_ok_and(|other| own.is_same(&other))))
        }
        _ => equal(cx, a, true),
    }),
    member("static bool operator ==(Uri uri1, Uri uri2)", |cx, a| equal(cx, a, true)),
    member("static bool operator !=(Uri uri1, Uri uri2)", |cx, a| equal(cx, a, false)),
];

fn new_uri(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let uri = Uri::parse(text(args, 0, "uriString")?.as_str()).map_err(wrong)?;
    made(cx, uri)
}

fn new_joined(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let uri = base(cx, args)?.join(text_or_empty(args, 1)).map_err(wrong)?;
    made(cx, uri)
}

fn created(cx: &mut Cx<'_>, uri: Option<Uri>) -> Eval {
    let found = uri.is_some();
    let result = match uri {
        Some(uri) => made(cx, uri)?,
        None => Value::Null,
    };
    cx.outs.push(result);
    Ok(Value::Bool(found))
}

fn cut_query(text: &str) -> &str {
    text.split(['?', '#']).next().unwrap_or(text)
}

fn out_of_range(parameter: &str) -> Exception {
    Exception::out_of_range("Specified argument was out of the range of valid values.", parameter)
}

fn hex_digit(unit: u16) -> Option<u8> {
    char::from_u32(unit.into())?.to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// The byte that `%XX` at a place stands for.
fn hex_at(units: &[u16], at: usize) -> Option<u8> {
    match units.get(at..)? {
        [percent, high, low, ..] if *percent == u16::from(b'%') => {
            Some(hex_digit(*high)? << 4 | hex_digit(*low)?)
        }
        _ => None,
    }
}

/// The character at the index, which moves behind it.
fn hex_unescape(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let units: Vec<u16> = text(args, 0, "pattern")?.units().collect();
    let at = usize::try_from(int(args, 1)).ok().filter(|at| *at < units.len());
    let at = at.ok_or_else(|| out_of_range("index"))?;
    let (unit, width) = match hex_at(&units, at) {
        Some(byte) => (u16::from(byte), 3),
        None => (units.get(at).copied().unwrap_or(0), 1),
    };
    cx.outs.push(super::arguments::count(at + width));
    Ok(Value::Char(unit))
}

impl NativeObject for Uri {
    fn class(&self) -> Type {
        named("Uri")
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.original.len() * 2
    }

    fn is_tainted(&self) -> bool {
        self.tainted
    }

    fn taint(&mut self) {
        self.tainted = true;
    }

    fn key(&self, _: &crate::Heap) -> Option<Key> {
        let text = if self.relative { self.original.clone() } else { self.without_fragment() };
        Some(Key::Text(text.into()))
    }

    fn text(&self) -> Option<Text> {
        Some(Text::from(self.display()).tainted_if(self.tainted))
    }
}

fn wrong(message: &'static str) -> Exception {
    Exception::new("System.UriFormatException", Text::from_static(message))
}

/// The URI, which must be absolute.
fn absolute<'h>(cx: &'h Cx<'_>, args: &[Value]) -> Result<&'h Uri, Exception> {
    let uri = state::<Uri>(cx, args, 0)?;
    if uri.relative {
        return Err(Exception::invalid_operation("This operation is not supported for a relative URI."));
    }
    Ok(uri)
}

fn base<'h>(cx: &'h Cx<'_>, args: &[Value]) -> Result<&'h Uri, Exception> {
    let base = state::<Uri>(cx, args, 0).map_err(|_| Exception::argument_null("baseUri"))?;
    if base.relative { Err(out_of_range("baseUri")) } else { Ok(base) }
}

/// A text of the URI.
fn shown(cx: &mut Cx<'_>, args: &[Value], show: impl FnOnce(&Uri) -> String) -> Eval {
    let text = show(absolute(cx, args)?);
    text_result(cx, text)
}

/// Null stays null.
fn coded(cx: &mut Cx<'_>, args: &[Value], code: fn(&str) -> String) -> Eval {
    match arg(args, 0) {
        Value::Text(text) => {
            cx.grow(text.len())?;
            text_result(cx, code(text.as_str()))
        }
        _ => Ok(Value::Null),
    }
}

/// The same, written into a `TextWriter`.
fn coded_into(cx: &mut Cx<'_>, args: &[Value], code: fn(&str) -> String) -> Eval {
    let Value::Text(_) = arg(args, 0) else { return Ok(Value::Null) };
    if arg(args, 1).is_null() {
        return Err(Exception::argument_null("output"));
    }
    let made = coded(cx, args, code)?;
    let text = made.as_text().cloned().unwrap_or(Text::EMPTY);
    super::io::write_text(cx, arg(args, 1), &text)
}

/// A part of bytes; null for no bytes when nothing is asked for.
fn bytes_coded(cx: &mut Cx<'_>, args: &[Value], code: fn(&[u8]) -> Vec<u8>) -> Eval {
    let (offset, count) = (int(args, 1), int(args, 2));
    let Some(bytes) = cx.heap.as_bytes(arg(args, 0)) else {
        return if count == 0 { Ok(Value::Null) } else { Err(Exception::argument_null("bytes")) };
    };
    let outside = |name: &str| {
        Exception::out_of_range("Specified argument was out of the range of valid values.", name)
    };
    let from =
        usize::try_from(offset).ok().filter(|from| *from <= bytes.len()).ok_or_else(|| outside("offset"))?;
    let length = usize::try_from(count).ok().filter(|length| *length <= bytes.len() - from);
    let length = length.ok_or_else(|| outside("count"))?;
    let made = code(bytes.get(from..from + length).unwrap_or_default());
    cx.grow(made.len())?;
    cx.heap.bytes(made)
}

fn escaped(cx: &mut Cx<'_>, args: &[Value], escape: fn(&str) -> String) -> Eval {
    let text = text(args, 0, "stringToEscape")?;
    if text.length() > 65_519 {
        return Err(wrong("Invalid URI: The Uri string is too long."));
    }
    cx.grow(text.len())?;
    text_result(cx, escape(text.as_str()))
}

fn equal(cx: &Cx<'_>, args: &[Value], wanted: bool) -> Eval {
    let (a, b) = (cx.heap.native::<Uri>(arg(args, 0)), cx.heap.native::<Uri>(arg(args, 1)));
    let same = match (a, b) {
        (Some(a), Some(b)) => a.is_same(b),
        _ => arg(args, 0).is_null() && arg(args, 1).is_null(),
    };
    Ok(Value::Bool(same == wanted))
}
