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
    /// Whether it is a reference to be joined with a base, which has nothing but its text.
    pub(crate) relative: bool,
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
        if text.is_empty() {
            return Err("Invalid URI: The URI is empty.");
        }
        if is_drive(trimmed) {
            return Self::parse(&format!("file:///{}", trimmed.replace('\\', "/")));
        }
        let (scheme, rest) = trimmed.split_once(':').ok_or(UNDETERMINED)?;
        if scheme.is_empty() {
            return Err(UNDETERMINED);
        }
        if !is_scheme(scheme) || scheme.len() < 2 {
            return Err("Invalid URI: The URI scheme is not valid.");
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
            query: normalized(query),
            fragment: normalized(fragment),
            hierarchical: false,
            relative: false,
            tainted: false,
        };
        uri.read_hierarchy(rest)?;
        Ok(uri)
    }

    fn read_hierarchy(&mut self, rest: &str) -> Result<(), Wrong> {
        let known = self.has_authority();
        let rest = if known { rest.replace('\\', "/") } else { rest.to_owned() };
        if self.scheme == "mailto" {
            return self.read_mailbox(&rest);
        }
        let Some(rest) = rest.strip_prefix("//") else {
            if known {
                return Err("Invalid URI: The Authority/Host could not be parsed.");
            }
            self.path = normalized(&rest);
            return Ok(());
        };
        self.hierarchical = true;
        let (authority, path) =
            rest.split_at_checked(rest.find('/').unwrap_or(rest.len())).unwrap_or((rest, ""));
        self.read_authority(authority)?;
        self.path = without_dots(&normalized(if path.is_empty() { "/" } else { path }));
        Ok(())
    }

    /// `mailto:user@host`.
    fn read_mailbox(&mut self, rest: &str) -> Result<(), Wrong> {
        if let Some((user, host)) = rest.split_once('@') {
            self.user_info = normalized(user);
            self.host = host_name(host)?;
        } else {
            self.path = normalized(rest);
        }
        Ok(())
    }

    fn read_authority(&mut self, authority: &str) -> Result<(), Wrong> {
        let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
        self.user_info = normalized(user);
        let bracket = host.rfind(']').unwrap_or(0);
        let colon = host.rfind(':').filter(|&at| at > bracket);
        let (host, port) = colon.and_then(|at| host.split_at_checked(at)).unwrap_or((host, ""));
        let digits = port.strip_prefix(':').unwrap_or("");
        if !digits.is_empty() {
            self.port = Some(digits.parse().map_err(|_| "Invalid URI: Invalid port specified.")?);
        }
        if host.is_empty() && (self.scheme == "file" || !self.has_authority()) {
            return Ok(());
        }
        self.host = host_name(host)?;
        Ok(())
    }

    /// Whether URIs of the scheme have a host always.
    fn has_authority(&self) -> bool {
        let schemes = [
            "http", "https", "ws", "wss", "ftp", "file", "gopher", "nntp", "telnet", "ldap", "net.tcp",
            "net.pipe",
        ];
        schemes.contains(&self.scheme.as_str())
    }

    /// `new Uri(base, relative)`.
    pub(crate) fn join(&self, relative: &str) -> Result<Self, Wrong> {
        // The scheme of the base alone adds nothing.
        let same = relative
            .split_once(':')
            .filter(|(scheme, rest)| *scheme == self.scheme && !rest.starts_with('/'));
        let relative = same.map_or(relative, |(_, rest)| rest);
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
                let folder = self.path.rfind('/').and_then(|at| self.path.get(..=at));
                let folder = folder.unwrap_or(if self.hierarchical { "/" } else { "" });
                format!("{authority}{folder}{relative}")
            }
        };
        Self::parse(&joined)
    }

    /// A reference that is joined later: its text.
    pub(crate) fn reference(text: &str) -> Self {
        Self {
            original: text.to_owned(),
            scheme: String::new(),
            user_info: String::new(),
            host: String::new(),
            port: None,
            path: String::new(),
            query: String::new(),
            fragment: String::new(),
            hierarchical: false,
            relative: true,
            tainted: false,
        }
    }

    /// `MakeRelativeUri`: how to get from here to there; the other one itself when it is elsewhere.
    pub(crate) fn relative_to(&self, other: &Self) -> Self {
        if self.scheme != other.scheme || self.authority() != other.authority() {
            return other.clone();
        }
        let mut own = self.path.split('/').peekable();
        let mut target = other.path.split('/').peekable();
        let (mut own_left, mut target_left) =
            (self.path.matches('/').count(), other.path.matches('/').count());
        // Folders that both have.
        while own_left > 0 && target_left > 0 && own.peek() == target.peek() {
            own.next();
            target.next();
            own_left -= 1;
            target_left -= 1;
        }
        let rest: Vec<&str> = target.collect();
        let mut text = "../".repeat(own_left);
        if self.path != other.path {
            text.push_str(&rest.join("/"));
        }
        Self::reference(&format!("{text}{}{}", other.query, other.fragment))
    }

    /// `IsBaseOf`: whether the other one lies in the same folder or below.
    pub(crate) fn is_base_of(&self, other: &Self) -> bool {
        let folder = self.path.rfind('/').and_then(|at| self.path.get(..=at)).unwrap_or("");
        self.scheme == other.scheme && self.authority() == other.authority() && other.path.starts_with(folder)
    }

    /// `AbsolutePath`: a path with a drive begins with it.
    pub(crate) fn absolute_path(&self) -> String {
        match self.path.strip_prefix('/') {
            Some(drive) if self.scheme == "file" && is_drive(drive) => drive.to_owned(),
            _ => self.path.clone(),
        }
    }

    /// `IsUnc`: a file of another machine.
    pub(crate) fn is_unc(&self) -> bool {
        self.scheme == "file" && !self.host.is_empty()
    }

    /// `LocalPath`: unescaped, of files as Windows writes them.
    pub(crate) fn local_path(&self) -> String {
        let path = unescape_data(&self.path);
        if self.is_unc() {
            return format!("\\\\{}{}", self.host, path.replace('/', "\\"));
        }
        match path.strip_prefix('/') {
            Some(drive) if self.scheme == "file" && is_drive(drive) => drive.replace('/', "\\"),
            _ => path,
        }
    }

    /// `IdnHost`: letters beyond ASCII in Punycode.
    pub(crate) fn ascii_host(&self) -> String {
        let label =
            |label: &str| if label.is_ascii() { label.to_owned() } else { super::punycode::encoded(label) };
        let host = self.host.trim_matches(['[', ']']);
        host.split('.').map(label).collect::<Vec<_>>().join(".")
    }

    /// `IsWellFormedOriginalString`: nothing had to be escaped.
    pub(crate) fn is_well_formed(&self) -> bool {
        let text = self.original.as_str();
        let encoded = |at: usize| text.get(at..).is_some_and(|rest| encoded_byte(rest).is_some());
        text.char_indices().all(|(at, c)| match c {
            '%' => encoded(at),
            c => c.is_ascii_alphanumeric() || ALLOWED.contains(c),
        })
    }

    fn default_port(&self) -> Option<u16> {
        Some(match self.scheme.as_str() {
            "http" | "ws" => 80,
            "https" | "wss" => 443,
            "ftp" => 21,
            "telnet" => 23,
            "mailto" => 25,
            "gopher" => 70,
            "nntp" => 119,
            "ldap" => 389,
            "net.tcp" => 808,
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
        if self.scheme == "mailto" && !self.host.is_empty() {
            return format!("mailto:{}@{}", self.user_info, self.host);
        }
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

    /// What equal URIs have in common: neither user nor fragment.
    pub(crate) fn without_fragment(&self) -> String {
        format!("{}://{}{}{}", self.scheme, self.authority(), self.path, self.query)
    }

    /// `ToString()`: unescaped, but for what would change the meaning.
    pub(crate) fn display(&self) -> String {
        if self.relative {
            return self.original.clone();
        }
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
        if self.relative || other.relative {
            return self.relative == other.relative && self.original == other.original;
        }
        let key = |uri: &Self| (uri.scheme.clone(), uri.authority(), uri.path.clone(), uri.query.clone());
        key(self) == key(other)
    }

    /// `IsLoopback`.
    pub(crate) fn is_loopback(&self) -> bool {
        matches!(self.host.as_str(), "localhost" | "loopback" | "[::1]")
            || self.host.starts_with("127.")
            || self.scheme == "file" && self.host.is_empty()
    }
}

/// `CheckSchemeName`.
pub(crate) fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// `c:/` or `c:\`.
fn is_drive(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic())
        && chars.next() == Some(':')
        && chars.next().is_some_and(|c| matches!(c, '/' | '\\'))
}

/// A host as it is kept: lower case, addresses in their usual form.
fn host_name(host: &str) -> Result<String, Wrong> {
    if let Some(inner) = host.strip_prefix('[') {
        let address = inner.strip_suffix(']').and_then(|inner| inner.split('%').next());
        let address: std::net::Ipv6Addr = address.unwrap_or("").parse().map_err(|_| BAD_HOST)?;
        return Ok(format!("[{address}]"));
    }
    if let Some(address) = ipv4(host) {
        return Ok(address);
    }
    let valid = |c: char| c.is_alphanumeric() || "-_~".contains(c);
    let labels = host.strip_suffix('.').unwrap_or(host);
    let good =
        !labels.is_empty() && labels.split('.').all(|label| !label.is_empty() && label.chars().all(valid));
    if good { Ok(host.to_lowercase()) } else { Err(BAD_HOST) }
}

/// An address of up to four numbers, decimal, octal or hexadecimal; the last one fills what is left.
fn ipv4(host: &str) -> Option<String> {
    let number = |part: &str| match part.strip_prefix("0x").or_else(|| part.strip_prefix("0X")) {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None if part.len() > 1 && part.starts_with('0') => u32::from_str_radix(part, 8).ok(),
        None if part.bytes().all(|b| b.is_ascii_digit()) => part.parse().ok(),
        None => None,
    };
    let parts: Vec<u32> = host.split('.').map(number).collect::<Option<_>>()?;
    let (last, first) = parts.split_last().filter(|(_, first)| first.len() < 4)?;
    let room = 32 - 8 * u32::try_from(first.len()).ok()?;
    if first.iter().any(|part| *part > 255) || (room < 32 && last >> room != 0) {
        return None;
    }
    let high = first.iter().zip([24, 16, 8]).fold(0, |sum, (part, shift)| sum | part << shift);
    Some(std::net::Ipv4Addr::from_bits(high | last).to_string())
}

/// A part of a URI as `AbsoluteUri` shows it: escaped where it must be, unescaped where it need not be.
fn normalized(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if c != '%' {
            let (own, after) = rest.split_at_checked(c.len_utf8()).unwrap_or((rest, ""));
            out.push_str(&escape_keeping(own, ALLOWED));
            rest = after;
            continue;
        }
        let length = match encoded_char(rest) {
            Some((plain, length)) if plain.is_ascii_alphanumeric() || UNRESERVED.contains(plain) => {
                out.push(plain);
                length
            }
            Some((plain, length)) if !plain.is_ascii() => {
                out.push_str(&escape_keeping(plain.encode_utf8(&mut [0; 4]), ""));
                length
            }
            _ if encoded_byte(rest).is_some() => {
                out.push_str(rest.get(..3).unwrap_or(""));
                3
            }
            _ => {
                out.push_str("%25");
                1
            }
        };
        rest = rest.get(length..).unwrap_or("");
    }
    out
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
            (25, 80)
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
