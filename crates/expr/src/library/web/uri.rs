//! `System.Uri`: an absolute URI taken apart the way .NET does, and percent-encoding.
//!
//! <https://learn.microsoft.com/dotnet/api/system.uri>. Scheme and host become lower case, dot segments of paths of
//! known schemes are removed, what must not stand in a URI is percent-encoded.

/// An absolute URI in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Uri {
    pub(crate) original: String,
    pub(crate) scheme: String,
    pub(crate) user_info: String,
    pub(crate) host: String,
    /// As written; none when it is not.
    port: Option<u16>,
    /// Encoded, with its first `/`.
    pub(crate) path: String,
    /// Encoded, with its `?`; may be empty.
    pub(crate) query: String,
    /// Encoded, with its `#`; may be empty.
    pub(crate) fragment: String,
    /// Whether there is an authority: `//host`.
    hierarchical: bool,
    /// Whether it derives from a secret.
    pub(crate) tainted: bool,
}

/// Why a text is not a URI: the text of the `UriFormatException`.
pub(crate) type Wrong = &'static str;

const UNDETERMINED: Wrong = "Invalid URI: The format of the URI could not be determined.";
const BAD_HOST: Wrong = "Invalid URI: The hostname could not be parsed.";

impl Uri {
    /// `new Uri(text)`.
    pub(crate) fn parse(text: &str) -> Result<Self, Wrong> {
        let trimmed = text.trim_matches(|c| matches!(c, ' ' | '\t' | '\r' | '\n'));
        if trimmed.is_empty() {
            return Err("Invalid URI: The URI is empty.");
        }
        let (scheme, rest) = trimmed.split_once(':').ok_or(UNDETERMINED)?;
        // A scheme of one letter would be a drive.
        if !is_scheme(scheme) || scheme.len() < 2 {
            return Err(UNDETERMINED);
        }
        let scheme = scheme.to_ascii_lowercase();
        let (rest, fragment) = cut(rest, '#');
        let (rest, query) = cut(rest, '?');
        let mut uri = Self {
            original: text.to_owned(),
            scheme,
            user_info: String::new(),
            host: String::new(),
            port: None,
            path: String::new(),
            query: escape_keeping(query, ALLOWED),
            fragment: escape_keeping(fragment, ALLOWED),
            hierarchical: false,
            tainted: false,
        };
        uri.read_hierarchy(rest)?;
        Ok(uri)
    }

    fn read_hierarchy(&mut self, rest: &str) -> Result<(), Wrong> {
        let known = self.default_port().is_some();
        let rest = if known { rest.replace('\\', "/") } else { rest.to_owned() };
        let Some(rest) = rest.strip_prefix("//") else {
            if known {
                return Err("Invalid URI: The Authority/Host could not be parsed.");
            }
            self.path = escape_keeping(&rest, ALLOWED);
            return Ok(());
        };
        self.hierarchical = true;
        let (authority, path) =
            rest.split_at_checked(rest.find('/').unwrap_or(rest.len())).unwrap_or((rest, ""));
        self.read_authority(authority)?;
        let path = if path.is_empty() && known { "/" } else { path };
        let path = escape_keeping(path, ALLOWED);
        self.path = if known { without_dots(&path) } else { path };
        Ok(())
    }

    fn read_authority(&mut self, authority: &str) -> Result<(), Wrong> {
        let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
        self.user_info = escape_keeping(user, ALLOWED);
        let bracket = host.rfind(']').unwrap_or(0);
        let colon = host.rfind(':').filter(|&at| at > bracket);
        let (host, port) = colon.and_then(|at| host.split_at_checked(at)).unwrap_or((host, ""));
        let digits = port.strip_prefix(':').unwrap_or("");
        if !digits.is_empty() {
            self.port = Some(digits.parse().map_err(|_| "Invalid URI: Invalid port specified.")?);
        }
        let valid = |c: char| c.is_alphanumeric() || "-._~%!$&'()*+,;=:[]".contains(c);
        if !host.chars().all(valid) || host.is_empty() && self.scheme != "file" {
            return Err(BAD_HOST);
        }
        self.host = host.to_lowercase();
        Ok(())
    }

    /// `new Uri(base, relative)`.
    pub(crate) fn join(&self, relative: &str) -> Result<Self, Wrong> {
        if let Ok(absolute) = Self::parse(relative) {
            return Ok(absolute);
        }
        let authority = self.left_of_path();
        let joined = match relative.chars().next() {
            None => format!("{authority}{}{}", self.path, self.query),
            Some('/') if relative.starts_with("//") => format!("{}:{relative}", self.scheme),
            Some('/') => format!("{authority}{relative}"),
            Some('?') => format!("{authority}{}{relative}", self.path),
            Some('#') => format!("{authority}{}{}{relative}", self.path, self.query),
            Some(_) => {
                let folder = self.path.rfind('/').and_then(|at| self.path.get(..=at)).unwrap_or("/");
                format!("{authority}{folder}{relative}")
            }
        };
        Self::parse(&joined)
    }

    fn default_port(&self) -> Option<u16> {
        Some(match self.scheme.as_str() {
            "http" | "ws" => 80,
            "https" | "wss" => 443,
            "ftp" => 21,
            "file" => 0,
            _ => return None,
        })
    }

    /// `Port`: -1 when there is none.
    pub(crate) fn port(&self) -> i32 {
        let known = self.default_port().filter(|&port| port > 0);
        self.port.or(known).map_or(-1, i32::from)
    }

    pub(crate) fn is_default_port(&self) -> bool {
        self.port.is_none() || self.port == self.default_port()
    }

    /// `Authority`: the host, and the port when it is not the usual one.
    pub(crate) fn authority(&self) -> String {
        match self.port.filter(|_| !self.is_default_port()) {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.clone(),
        }
    }

    /// Scheme, user and authority: `GetLeftPart(UriPartial.Authority)` with the user.
    pub(crate) fn left_of_path(&self) -> String {
        if !self.hierarchical {
            return format!("{}:", self.scheme);
        }
        let user = if self.user_info.is_empty() { String::new() } else { format!("{}@", self.user_info) };
        format!("{}://{user}{}", self.scheme, self.authority())
    }

    /// `AbsoluteUri`.
    pub(crate) fn absolute(&self) -> String {
        format!("{}{}{}{}", self.left_of_path(), self.path, self.query, self.fragment)
    }

    /// `ToString()`: unescaped, but for what would change the meaning.
    pub(crate) fn display(&self) -> String {
        format!(
            "{}{}",
            self.left_of_path(),
            unescape_keeping(&format!("{}{}{}", self.path, self.query, self.fragment))
        )
    }

    /// `Segments`: the parts of the path, each with the `/` that ends it.
    pub(crate) fn segments(&self) -> Vec<String> {
        self.path.split_inclusive('/').map(str::to_owned).collect()
    }

    /// `GetLeftPart`: up to the scheme (0), authority (1), path (2) or query (3).
    pub(crate) fn left_part(&self, part: i32) -> String {
        match part {
            0 if self.hierarchical => format!("{}://", self.scheme),
            0 => format!("{}:", self.scheme),
            1 if !self.hierarchical => String::new(),
            1 => self.left_of_path(),
            2 => format!("{}{}", self.left_of_path(), self.path),
            _ => format!("{}{}{}", self.left_of_path(), self.path, self.query),
        }
    }

    /// `==`: fragment and user do not count.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let key = |uri: &Self| (uri.scheme.clone(), uri.authority(), uri.path.clone(), uri.query.clone());
        key(self) == key(other)
    }

    /// `IsLoopback`.
    pub(crate) fn is_loopback(&self) -> bool {
        matches!(self.host.as_str(), "localhost" | "loopback" | "[::1]") || self.host.starts_with("127.")
    }
}

/// `CheckSchemeName`.
pub(crate) fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// The text before a sign, and the rest with it.
fn cut(text: &str, sign: char) -> (&str, &str) {
    text.find(sign).and_then(|at| text.split_at_checked(at)).unwrap_or((text, ""))
}

fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut folder = false;
    for part in path.split('/').skip(1) {
        folder = matches!(part, "." | "..");
        match part {
            "." => {}
            ".." => drop(kept.pop()),
            _ => kept.push(part),
        }
    }
    let end = if folder && !kept.is_empty() { "/" } else { "" };
    format!("/{}{end}", kept.join("/"))
}

/// What a URI may hold besides letters and digits, `%` included.
const ALLOWED: &str = "-._~:/?#[]@!$&'()*+,;=%";
/// RFC 3986 unreserved, which `EscapeDataString` keeps.
const UNRESERVED: &str = "-._~";

/// `Uri.EscapeDataString`.
///
/// COMPAT: .NET Framework 4.5 and later keep the unreserved characters of RFC 3986 only, so `!*'()` are encoded.
pub(crate) fn escape_data(text: &str) -> String {
    escape_keeping(text, UNRESERVED)
}

/// `Uri.EscapeUriString`: keeps what has a meaning in a URI, but not `%`.
pub(crate) fn escape_uri(text: &str) -> String {
    escape_keeping(text, "-._~:/?#[]@!$&'()*+,;=")
}

fn escape_keeping(text: &str, kept: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let c = char::from(byte);
        if c.is_ascii_alphanumeric() || byte.is_ascii() && kept.contains(c) {
            out.push(c);
        } else {
            push_encoded(&mut out, byte);
        }
    }
    out
}

/// `%XX`.
pub(crate) fn push_encoded(out: &mut String, byte: u8) {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    let digit = |value: u8| DIGITS.get(usize::from(value)).copied().unwrap_or('0');
    out.push('%');
    out.push(digit(byte >> 4));
    out.push(digit(byte & 15));
}

/// `Uri.UnescapeDataString`: sequences that are not UTF-8 stay.
pub(crate) fn unescape_data(text: &str) -> String {
    unescape(text, |_| true)
}

/// What `ToString()` unescapes: not `%`, reserved characters and controls.
fn unescape_keeping(text: &str) -> String {
    unescape(text, |c| !c.is_control() && !"%;/?:@&=+$,#[]!'()*".contains(c))
}

fn unescape(text: &str, wanted: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, encoded)) = rest.find('%').and_then(|at| rest.split_at_checked(at)) {
        out.push_str(before);
        let taken = match encoded_char(encoded) {
            Some((c, length)) if wanted(c) => {
                out.push(c);
                length
            }
            Some((_, length)) => {
                out.push_str(encoded.get(..length).unwrap_or(""));
                length
            }
            None => {
                out.push('%');
                1
            }
        };
        rest = encoded.get(taken..).unwrap_or("");
    }
    out + rest
}

/// The character that `%XX%XX…` encodes, and how many bytes of text that takes.
fn encoded_char(text: &str) -> Option<(char, usize)> {
    let mut bytes = Vec::with_capacity(4);
    for index in 0..4 {
        bytes.push(encoded_byte(text.get(index * 3..)?)?);
        if let Ok(found) = std::str::from_utf8(&bytes) {
            return found.chars().next().map(|c| (c, bytes.len() * 3));
        }
    }
    None
}

/// `%XX` at the beginning of a text.
pub(crate) fn encoded_byte(text: &str) -> Option<u8> {
    let digits = text.strip_prefix('%')?.get(..2)?;
    let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    hexadecimal.then(|| u8::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::{Uri, escape_data, escape_uri, unescape_data};

    #[test]
    fn a_uri_comes_apart() {
        // The example of System.Uri's remarks, and its table of properties.
        let uri =
            Uri::parse("https://user:password@www.Contoso.com:80/Home/Index.htm?q1=v1&q2=v2#FragmentName")
                .unwrap();
        assert_eq!((uri.scheme.as_str(), uri.host.as_str(), uri.port()), ("https", "www.contoso.com", 80));
        assert_eq!((uri.path.as_str(), uri.query.as_str()), ("/Home/Index.htm", "?q1=v1&q2=v2"));
        assert_eq!((uri.fragment.as_str(), uri.user_info.as_str()), ("#FragmentName", "user:password"));
        assert_eq!((uri.authority().as_str(), uri.is_default_port()), ("www.contoso.com:80", false));
        assert_eq!(uri.segments(), ["/", "Home/", "Index.htm"]);
        let short = Uri::parse("HTTP://a/b/../c d?e f").unwrap();
        assert_eq!(
            (short.absolute().as_str(), short.display().as_str()),
            ("http://a/c%20d?e%20f", "http://a/c d?e f")
        );
        assert_eq!(Uri::parse("http://a").unwrap().absolute(), "http://a/");
        assert_eq!(
            (Uri::parse("mailto:a@b").unwrap().port(), Uri::parse("http://a").unwrap().port()),
            (-1, 80)
        );
    }

    #[test]
    fn relative_references_join() {
        let base = Uri::parse("http://a/b/c?d").unwrap();
        let joined = |relative| base.join(relative).unwrap().absolute();
        assert_eq!(joined("x"), "http://a/b/x");
        assert_eq!(joined("/x"), "http://a/x");
        assert_eq!(joined("../x"), "http://a/x");
        assert_eq!(joined("?x"), "http://a/b/c?x");
        assert_eq!(joined("https://z/"), "https://z/");
        assert_eq!(joined("//z/y"), "http://z/y");
    }

    #[test]
    fn what_is_no_uri_is_refused() {
        for text in ["", "a/b", "http:", "http://", "http://a:99999/", "http://a b/"] {
            assert!(Uri::parse(text).unwrap_err().starts_with("Invalid URI"), "{text}");
        }
    }

    #[test]
    fn data_is_escaped_and_unescaped() {
        assert_eq!(escape_data("a b/c?d=é!~"), "a%20b%2Fc%3Fd%3D%C3%A9%21~");
        assert_eq!(escape_uri("http://a/b c%é"), "http://a/b%20c%25%C3%A9");
        assert_eq!(unescape_data("a%20b%2F%C3%A9%zz%C3"), "a b/é%zz%C3");
    }
}
