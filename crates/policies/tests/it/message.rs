//! Messages as examples write them: every line begins with `>` (a request) or `<` (an answer), like `curl -v` prints
//! them. First comes the first line, then headers, then an empty line and the body.

/// A message of an example.
#[derive(Clone, Debug, Default)]
pub(crate) struct Message {
    /// `GET /orders` or `404 Not Found`.
    pub(crate) first: String,
    /// Name and value. Without a value the header must not be there: it is written `no X-Name`.
    pub(crate) headers: Vec<(String, Option<String>)>,
    /// The body, if the example says anything of it.
    pub(crate) body: Option<String>,
}

impl Message {
    /// Reads the lines of a message without their mark.
    pub(crate) fn read(lines: &[&str]) -> Result<Option<Self>, String> {
        let Some((first, rest)) = lines.split_first() else { return Ok(None) };
        let end = rest.iter().position(|line| line.is_empty());
        let (head, body) = match end {
            Some(end) => (rest.get(..end).unwrap_or_default(), rest.get(end + 1..)),
            None => (rest, None),
        };
        let headers = head.iter().map(|line| header(line)).collect::<Result<_, _>>()?;
        Ok(Some(Self { first: (*first).to_owned(), headers, body: body.map(|lines| lines.join("\n")) }))
    }

    /// The value of the first header of this name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.and_then(|(_, value)| value.as_deref())
    }
}

fn header(line: &str) -> Result<(String, Option<String>), String> {
    if let Some((name, value)) = line.split_once(':') {
        return Ok((name.to_owned(), Some(value.trim().to_owned())));
    }
    let absent =
        line.strip_prefix("no ").ok_or_else(|| format!("`{line}` is neither `Name: value` nor `no Name`"))?;
    Ok((absent.to_owned(), None))
}
