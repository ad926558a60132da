//! `System.Net.WebUtility`, `System.Uri`, `System.UriPartial`.

mod entities;
mod forms;
mod uri;

use crate::eval::{Cx, Eval};
use crate::object::NativeObject;
use crate::types::Type;
use crate::{Exception, Text, Value};

use super::arguments::{arg, made as text_result, member as number_of, text, text_or_empty};
use super::natives::{made, named, state};
use super::{Row, TypeSpec, member};

pub(crate) use uri::Uri;

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec {
        members: &[
            member("static string UrlEncode(string value)", |cx, a| coded(cx, a, forms::url_encode)),
            member("static string UrlDecode(string encodedValue)", |cx, a| coded(cx, a, forms::url_decode)),
            member("static string HtmlEncode(string value)", |cx, a| coded(cx, a, forms::html_encode)),
            member("static string HtmlDecode(string value)", |cx, a| coded(cx, a, forms::html_decode)),
        ],
        unbuilt: &["UrlEncodeToBytes", "UrlDecodeToBytes"],
        ..TypeSpec::statics("System.Net.WebUtility", "api/system.net.webutility")
    },
    TypeSpec {
        members: URI,
        unbuilt: &[
            "TryCreate",
            "IsWellFormedUriString",
            "IsWellFormedOriginalString",
            "MakeRelativeUri",
            "IsBaseOf",
            "GetComponents",
            "Compare",
            "HostNameType",
            "IdnHost",
            "IsUnc",
            "UserEscaped",
            "CheckHostName",
        ],
        ..TypeSpec::class("System.Uri", "api/system.uri")
    },
    TypeSpec::enumeration(
        "System.UriPartial",
        &[("Scheme", 0), ("Authority", 1), ("Path", 2), ("Query", 3)],
        "api/system.uripartial",
    ),
];

const URI: &[Row] = &[
    member("new(string uriString)", |cx, a| {
        let uri = Uri::parse(text(a, 0, "uriString")?.as_str()).map_err(wrong)?;
        made(cx, uri)
    }),
    member("new(Uri baseUri, string relativeUri)", |cx, a| {
        let uri = base(cx, a)?.join(text_or_empty(a, 1)).map_err(wrong)?;
        made(cx, uri)
    }),
    member("new(Uri baseUri, Uri relativeUri)", |cx, a| {
        base(cx, a)?;
        let uri = state::<Uri>(cx, a, 1)?.clone();
        made(cx, uri)
    }),
    member("static string EscapeDataString(string stringToEscape)", |cx, a| escaped(cx, a, uri::escape_data)),
    member("static string EscapeUriString(string stringToEscape)", |cx, a| escaped(cx, a, uri::escape_uri)),
    member("static string UnescapeDataString(string stringToUnescape)", |cx, a| {
        let out = uri::unescape_data(text(a, 0, "stringToUnescape")?.as_str());
        text_result(cx, out)
    }),
    member("static bool CheckSchemeName(string schemeName)", |_, a| Ok(Value::Bool(uri::is_scheme(text_or_empty(a, 0))))),
    member("string AbsoluteUri", |cx, a| shown(cx, a, Uri::absolute)),
    member("string AbsolutePath", |cx, a| shown(cx, a, |uri| uri.path.clone())),
    member("string LocalPath", |cx, a| shown(cx, a, |uri| uri::unescape_data(&uri.path))),
    member("string Authority", |cx, a| shown(cx, a, Uri::authority)),
    member("string Host", |cx, a| shown(cx, a, |uri| uri.host.clone())),
    member("string DnsSafeHost", |cx, a| shown(cx, a, |uri| uri.host.trim_matches(['[', ']']).to_owned())),
    member("string Scheme", |cx, a| shown(cx, a, |uri| uri.scheme.clone())),
    member("string Query", |cx, a| shown(cx, a, |uri| uri.query.clone())),
    member("string Fragment", |cx, a| shown(cx, a, |uri| uri.fragment.clone())),
    member("string PathAndQuery", |cx, a| shown(cx, a, |uri| format!("{}{}", uri.path, uri.query))),
    member("string OriginalString", |cx, a| shown(cx, a, |uri| uri.original.clone())),
    member("string UserInfo", |cx, a| shown(cx, a, |uri| uri.user_info.clone())),
    member("int Port", |cx, a| Ok(Value::Int32(state::<Uri>(cx, a, 0)?.port()))),
    member("bool IsAbsoluteUri", |_, _| Ok(Value::Bool(true))),
    member("bool IsDefaultPort", |cx, a| Ok(Value::Bool(state::<Uri>(cx, a, 0)?.is_default_port()))),
    member("bool IsFile", |cx, a| Ok(Value::Bool(state::<Uri>(cx, a, 0)?.scheme == "file"))),
    member("bool IsLoopback", |cx, a| Ok(Value::Bool(state::<Uri>(cx, a, 0)?.is_loopback()))),
    member("string[] Segments", |cx, a| {
        let segments = state::<Uri>(cx, a, 0)?.segments();
        cx.burn(segments.len() as u64)?;
        cx.heap.strings(segments.into_iter().map(Text::from))
    }),
    member("string GetLeftPart(UriPartial part)", |cx, a| {
        let part = number_of(a, 1);
        shown(cx, a, |uri| uri.left_part(part))
    }),
    member("bool Equals(object comparand)", |cx, a| equal(cx, a, true)),
    member("static bool operator ==(Uri uri1, Uri uri2)", |cx, a| equal(cx, a, true)),
    member("static bool operator !=(Uri uri1, Uri uri2)", |cx, a| equal(cx, a, false)),
];

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

    fn text(&self) -> Option<Text> {
        Some(Text::from(self.display()).tainted_if(self.tainted))
    }
}

fn wrong(message: &'static str) -> Exception {
    Exception::new("System.UriFormatException", Text::from_static(message))
}

fn base<'h>(cx: &'h Cx<'_>, args: &[Value]) -> Result<&'h Uri, Exception> {
    state(cx, args, 0).map_err(|_| Exception::argument_null("baseUri"))
}

/// A text of the URI.
fn shown(cx: &mut Cx<'_>, args: &[Value], show: impl FnOnce(&Uri) -> String) -> Eval {
    let text = show(state(cx, args, 0)?);
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
