//! A small request in flight for tests.

use std::collections::HashMap;

use expr::{
    BodyKind, DateTime, Exception, Heap, Host, HostMember, HostObject, HostRef, Text, Value, VarName,
};

/// A request, a response, variables.
#[derive(Default)]
pub(crate) struct TestHost {
    pub(crate) variables: Vec<(VarName, Value)>,
    pub(crate) request_headers: Vec<(String, Vec<String>)>,
    pub(crate) response_headers: Vec<(String, Vec<String>)>,
    pub(crate) query: Vec<(String, Vec<String>)>,
    pub(crate) parameters: Vec<(String, Vec<String>)>,
    pub(crate) request_body: Option<String>,
    pub(crate) response_body: Option<String>,
    pub(crate) status: Option<i32>,
    pub(crate) anonymous: bool,
    pub(crate) failed: bool,
    pub(crate) consumed: Vec<HostObject>,
    pub(crate) traced: Vec<String>,
    pub(crate) json: HashMap<u8, Value>,
}

fn text(value: &'static str) -> Result<Value, Exception> {
    Ok(Value::Text(Text::from_static(value)))
}

impl TestHost {
    fn map(&self, map: HostRef) -> &[(String, Vec<String>)] {
        match map.object {
            HostObject::RequestHeaders => &self.request_headers,
            HostObject::ResponseHeaders => &self.response_headers,
            HostObject::RequestQuery | HostObject::RequestOriginalQuery => &self.query,
            HostObject::MatchedParameters => &self.parameters,
            _ => &[],
        }
    }

    fn entry(&self, map: HostRef, key: &str) -> Option<&Vec<String>> {
        let header = matches!(map.object, HostObject::RequestHeaders | HostObject::ResponseHeaders);
        let same = |own: &str| if header { own.eq_ignore_ascii_case(key) } else { own == key };
        self.map(map).iter().find(|(own, _)| same(own)).map(|(_, values)| values)
    }

    fn of_context(&self, member: HostMember) -> Result<Value, Exception> {
        use HostMember as M;
        let object = |object: HostObject| Ok(Value::Host(HostRef::of(object)));
        match member {
            M::ContextApi => object(HostObject::Api),
            M::ContextOperation => object(HostObject::Operation),
            M::ContextRequest => object(HostObject::Request),
            M::ContextResponse if self.status.is_some() => object(HostObject::Response),
            M::ContextSubscription if !self.anonymous => object(HostObject::Subscription),
            M::ContextProduct if !self.anonymous => object(HostObject::Product),
            M::ContextUser if !self.anonymous => object(HostObject::User),
            M::ContextVariables => object(HostObject::Variables),
            M::ContextDeployment => object(HostObject::Deployment),
            M::ContextLastError if self.failed => object(HostObject::LastError),
            M::ContextRequestId => Ok(Value::Guid([
                0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee,
                0xff,
            ])),
            M::ContextTracing => Ok(Value::Bool(false)),
            M::ContextTimestamp => Ok(Value::DateTime(NOW)),
            _ => Ok(Value::Null),
        }
    }
}

/// 2024-03-01T12:30:45Z.
pub(crate) const NOW: DateTime = DateTime { ticks: 638_448_930_450_000_000, kind: expr::DateTimeKind::Utc };

impl Host for TestHost {
    fn property(&mut self, object: HostRef, member: HostMember, _: &mut Heap) -> Result<Value, Exception> {
        use HostMember as M;
        let host = |object: HostObject| Ok(Value::Host(HostRef::of(object)));
        match (object.object, member) {
            (HostObject::Context, member) => self.of_context(member),
            (_, M::ApiId) => text("echo-api"),
            (_, M::ApiName) => text("Echo API"),
            (_, M::ApiPath) => text("echo"),
            (_, M::ApiRevision) => text("1"),
            (_, M::OperationId) => text("create"),
            (_, M::OperationName) => text("Create resource"),
            (_, M::OperationMethod) => text("POST"),
            (_, M::OperationUrlTemplate) => text("/resource/{id}"),
            (_, M::ProductId) => text("starter"),
            (_, M::ProductName) => text("Starter"),
            (_, M::SubscriptionId) => text("sub-1"),
            (_, M::SubscriptionName) => text("Contoso"),
            (_, M::SubscriptionKey) => Ok(Value::Text(Text::from_static("planted-key").tainted())),
            (_, M::UserId) => text("user-1"),
            (_, M::UserEmail) => text("a@contoso.com"),
            (_, M::DeploymentRegion) => text("West Europe"),
            (_, M::DeploymentServiceName) => text("contoso"),
            (_, M::DeploymentGateway) => host(HostObject::Gateway),
            (_, M::GatewayId) => text("managed"),
            (_, M::LastErrorSource) => text("validate-jwt"),
            (_, M::LastErrorReason) => text("TokenNotPresent"),
            (_, M::LastErrorMessage) => text("JWT not present."),
            (_, M::RequestMethod) => text("POST"),
            (_, M::RequestIpAddress) => text("10.0.0.1"),
            (_, M::RequestHeaders) => host(HostObject::RequestHeaders),
            (_, M::RequestMatchedParameters) => host(HostObject::MatchedParameters),
            (_, M::RequestUrl) => host(HostObject::RequestUrl),
            (_, M::RequestOriginalUrl) => host(HostObject::RequestOriginalUrl),
            (_, M::RequestBody) if self.request_body.is_some() => host(HostObject::RequestBody),
            (_, M::ResponseBody) if self.response_body.is_some() => host(HostObject::ResponseBody),
            (_, M::ResponseHeaders) => host(HostObject::ResponseHeaders),
            (_, M::ResponseStatusCode) => Ok(Value::Int32(self.status.unwrap_or(0))),
            (_, M::ResponseStatusReason) => text("OK"),
            (_, M::UrlHost) => text("api.contoso.com"),
            (_, M::UrlScheme) => text("https"),
            (_, M::UrlPort) => Ok(Value::Int32(443)),
            (_, M::UrlPath) => text("/echo/resource/7"),
            (_, M::UrlQueryString) => text("?a=1&b=2"),
            (_, M::UrlText) => text("https://api.contoso.com/echo/resource/7?a=1&b=2"),
            (_, M::UrlQuery) => host(HostObject::RequestQuery),
            _ => Ok(Value::Null),
        }
    }

    fn variable(&mut self, name: &VarName, _: &mut Heap) -> Result<Option<Value>, Exception> {
        Ok(self.variables.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone()))
    }

    fn variable_names(&mut self) -> Vec<Text> {
        self.variables.iter().map(|(name, _)| Text::copied(name.as_str())).collect()
    }

    fn joined(&mut self, map: HostRef, key: &str) -> Option<Text> {
        self.entry(map, key).map(|values| Text::from(values.join(",")))
    }

    fn values(&mut self, map: HostRef, key: &str) -> Option<Vec<Text>> {
        self.entry(map, key).map(|values| values.iter().map(|value| Text::copied(value)).collect())
    }

    fn keys(&mut self, map: HostRef) -> Vec<Text> {
        self.map(map).iter().map(|(key, _)| Text::copied(key)).collect()
    }

    fn body(
        &mut self,
        body: HostRef,
        kind: BodyKind,
        preserve: bool,
        heap: &mut Heap,
    ) -> Result<Value, Exception> {
        let source = match body.object {
            HostObject::RequestBody => &self.request_body,
            _ => &self.response_body,
        };
        let source = Text::copied(source.as_deref().unwrap_or_default());
        if !preserve {
            self.consumed.push(body.object);
        }
        match kind {
            BodyKind::Text | BodyKind::Xml => Ok(Value::Text(source)),
            BodyKind::Bytes => heap.bytes(source.as_bytes()),
            BodyKind::Json => {
                let key = body.object as u8;
                if let Some(node) = self.json.get(&key) {
                    return Ok(node.clone());
                }
                let node = heap.parse_json(&source)?;
                self.json.insert(key, node.clone());
                Ok(node)
            }
        }
    }

    fn trace(&mut self, message: Text) {
        self.traced.push(message.as_str().to_owned());
    }

    fn now(&mut self) -> DateTime {
        NOW
    }

    fn random(&mut self, bytes: &mut [u8]) {
        bytes.iter_mut().zip(1..).for_each(|(byte, value)| *byte = value);
    }
}
