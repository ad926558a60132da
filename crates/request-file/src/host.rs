//! The file as the request that an expression runs in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use expr::{
    BodyKind, DateTime, DateTimeKind, Exception, Heap, Host, HostMember, HostObject, HostRef, Text, Value,
    VarName,
};

use crate::Error;
use crate::file::{Body, File, Response};
use crate::maps::{Address, Dictionary};

/// 2024-03-01T12:30:45Z, when a file does not say.
const NOW: DateTime = DateTime { ticks: 638_448_930_450_000_000, kind: DateTimeKind::Utc };

/// A body in memory, and its JSON once it is read.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    bytes: Vec<u8>,
    json: Option<Value>,
}

/// A response: `context.Response` or one in a variable.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: i32,
    pub(crate) reason: String,
    pub(crate) headers: Dictionary,
    pub(crate) body: Option<Content>,
}

/// The request of a file: [`crate::RequestFile::host`] makes it.
#[derive(Clone, Debug)]
pub struct FileHost {
    pub(crate) file: File,
    pub(crate) url: Address,
    pub(crate) original: Address,
    pub(crate) service: Option<Address>,
    pub(crate) headers: Dictionary,
    pub(crate) parameters: Dictionary,
    pub(crate) body: Option<Content>,
    /// `context.Response` first, then those in variables.
    pub(crate) responses: Vec<Option<Answer>>,
    pub(crate) variables: Vec<(VarName, Value)>,
    traced: Vec<String>,
    random: u64,
}

impl FileHost {
    pub(crate) fn new(file: File, heap: &mut Heap) -> Result<Self, Error> {
        let request = &file.request;
        let url = request.url.as_deref().unwrap_or("http://localhost/");
        let original = request.original_url.as_deref().unwrap_or(url);
        let service = file.api.as_ref().and_then(|api| api.service_url.as_deref());
        let mut host = Self {
            url: Address::parse(url)?,
            original: Address::parse(original)?,
            service: service.map(Address::parse).transpose()?,
            headers: Dictionary::of(&request.headers),
            parameters: Dictionary::single(&request.matched_parameters),
            body: request.body.as_ref().map(Content::of).transpose()?,
            responses: vec![file.response.as_ref().map(Answer::of).transpose()?],
            variables: Vec::new(),
            traced: Vec::new(),
            random: file.seed,
            file,
        };
        for (name, variable) in host.file.variables.clone() {
            let made = host.make(&variable, heap);
            let value = made.map_err(|reason| Error::Variable { name: name.clone(), reason })?;
            host.variables.push((VarName::new(name), value));
        }
        Ok(host)
    }

    /// What expressions wrote with `context.Trace`.
    #[must_use]
    pub fn traced(&self) -> &[String] {
        &self.traced
    }

    /// Sets a variable, as `set-variable` does.
    pub fn set_variable(&mut self, name: &str, value: Value) {
        let name = VarName::new(name);
        match self.variables.iter_mut().find(|(own, _)| *own == name) {
            Some((_, own)) => *own = value,
            None => self.variables.push((name, value)),
        }
    }

    pub(crate) fn add_response(&mut self, response: &Response) -> Result<Value, Error> {
        self.responses.push(Some(Answer::of(response)?));
        let handle = u32::try_from(self.responses.len() - 1).unwrap_or(u32::MAX);
        Ok(Value::Host(HostRef::with(HostObject::Response, handle)))
    }

    pub(crate) fn answer(&self, handle: u32) -> Option<&Answer> {
        self.responses.get(usize::try_from(handle).ok()?)?.as_ref()
    }

    fn map(&self, map: HostRef) -> Option<&Dictionary> {
        match map.object {
            HostObject::RequestHeaders => Some(&self.headers),
            HostObject::MatchedParameters => Some(&self.parameters),
            HostObject::RequestQuery => Some(&self.url.query),
            HostObject::RequestOriginalQuery => Some(&self.original.query),
            HostObject::ServiceUrlQuery => self.service.as_ref().map(|address| &address.query),
            HostObject::ResponseHeaders => self.answer(map.handle).map(|answer| &answer.headers),
            _ => None,
        }
    }

    fn content(&mut self, body: HostRef) -> Option<&mut Content> {
        if body.object == HostObject::RequestBody {
            return self.body.as_mut();
        }
        let answer = self.responses.get_mut(usize::try_from(body.handle).ok()?)?.as_mut()?;
        answer.body.as_mut()
    }
}

impl Content {
    fn of(body: &Body) -> Result<Self, Error> {
        let bytes = match body {
            Body::Plain(text) | Body::Text { text } => text.clone().into_bytes(),
            Body::Json { json } => json.to_string().into_bytes(),
            Body::Base64 { base64 } => STANDARD.decode(base64)?,
        };
        Ok(Self { bytes, json: None })
    }
}

impl Answer {
    fn of(response: &Response) -> Result<Self, Error> {
        Ok(Self {
            status: response.status.unwrap_or(200),
            reason: response.reason.clone().unwrap_or_default(),
            headers: Dictionary::of(&response.headers),
            body: response.body.as_ref().map(Content::of).transpose()?,
        })
    }
}

impl Host for FileHost {
    fn property(&mut self, object: HostRef, member: HostMember, heap: &mut Heap) -> Result<Value, Exception> {
        self.read(object, member, heap)
    }

    fn variable(&mut self, name: &VarName, _: &mut Heap) -> Result<Option<Value>, Exception> {
        let same = |own: &VarName| own.as_str().eq_ignore_ascii_case(name.as_str());
        Ok(self.variables.iter().find(|(own, _)| same(own)).map(|(_, value)| value.clone()))
    }

    fn variable_names(&mut self) -> Vec<Text> {
        self.variables.iter().map(|(name, _)| Text::copied(name.as_str())).collect()
    }

    fn joined(&mut self, map: HostRef, key: &str) -> Option<Text> {
        self.map(map)?.get(key).map(|values| Text::from(values.join(",")))
    }

    fn values(&mut self, map: HostRef, key: &str) -> Option<Vec<Text>> {
        self.map(map)?.get(key).map(|values| values.iter().map(|value| Text::copied(value)).collect())
    }

    fn keys(&mut self, map: HostRef) -> Vec<Text> {
        self.map(map).into_iter().flat_map(Dictionary::keys).map(Text::copied).collect()
    }

    fn body(
        &mut self,
        body: HostRef,
        kind: BodyKind,
        preserve: bool,
        heap: &mut Heap,
    ) -> Result<Value, Exception> {
        let Some(content) = self.content(body) else { return Err(Exception::null_reference()) };
        let bytes = if preserve { content.bytes.clone() } else { std::mem::take(&mut content.bytes) };
        if kind == BodyKind::Bytes {
            return heap.bytes(bytes);
        }
        let text = Text::from(String::from_utf8_lossy(&bytes).into_owned());
        if kind != BodyKind::Json {
            return Ok(Value::Text(text));
        }
        if let Some(node) = &content.json {
            return Ok(node.clone());
        }
        let node = heap.parse_json(&text)?;
        content.json = Some(node.clone());
        Ok(node)
    }

    fn trace(&mut self, message: Text) {
        self.traced.push(message.as_str().to_owned());
    }

    fn now(&mut self) -> DateTime {
        self.file.now.map_or(NOW, crate::file::Moment::date)
    }

    /// The generator of Vigna's `splitmix64`: good enough to look random, the same for the same seed.
    fn random(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = self.random;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let mixed = (mixed ^ (mixed >> 31)).to_le_bytes();
            chunk.iter_mut().zip(mixed).for_each(|(byte, own)| *byte = own);
        }
    }
}
