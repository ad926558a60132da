//! Request files, as somebody who evaluates expressions sees them.

#[cfg(test)]
mod tests {
    use expr::{CompileEnv, Expected, Form, Heap, Limits, compile};
    use request_file::{Error, RequestFile};

    const EXAMPLE: &str = include_str!("../../../examples/expressions/request.yaml");

    /// The text that an expression gives with a file.
    fn text(file: &str, code: &str) -> String {
        let file = RequestFile::parse(file).unwrap();
        let mut heap = Heap::new(1 << 20);
        let mut host = file.host(&mut heap).unwrap();
        let compiled = compile(code, Form::Expression, &Expected::String, &CompileEnv::default());
        let program = compiled.program.unwrap_or_else(|| panic!("{code}: {:?}", compiled.problems));
        let value = program.eval(&mut host, &mut heap, &Limits::default()).unwrap();
        value.as_text().map(|text| text.as_str().to_owned()).unwrap_or_default()
    }

    #[test]
    fn the_example_fills_the_whole_context() {
        let cases = [
            ("context.Request.Method", "POST"),
            (
                "context.Request.Url.Host + context.Request.OriginalUrl.Host",
                "contoso.openai.azure.comapi.contoso.com",
            ),
            ("context.Request.Url.Query.GetValueOrDefault(\"API-version\")", "2024-10-21"),
            ("context.Request.Headers.GetValueOrDefault(\"x-forwarded-for\")", "203.0.113.7,10.0.0.2"),
            ("(string)context.Request.Body.As<JObject>(true)[\"messages\"][1][\"role\"]", "user"),
            ("context.Response.StatusCode + context.Response.StatusReason", "200OK"),
            ("((int)context.Variables[\"LIMIT\"] + 1).ToString()", "6"),
            ("((JArray)context.Variables[\"routes\"])[1][\"name\"].ToString()", "us"),
            ("((List<string>)context.Variables[\"names\"])[1]", "b"),
            ("((IResponse)context.Variables[\"lookup\"]).Body.As<JObject>()[\"name\"].ToString()", "Contoso"),
            ("((Jwt)context.Variables[\"token\"]).Claims[\"groups\"][1]", "g2"),
            ("((Authorization)context.Variables[\"auth\"]).AccessToken", "opaque"),
            ("context.Api.ServiceUrl.Path + context.Api.Revision + context.Operation.Id", "/openai3chat"),
            ("context.User.Groups.Last().Name + context.User.Identities.First().Provider", "TestersAAD"),
            ("context.Product.Groups.First().Id + context.Subscription.Name", "developersContoso"),
            ("context.Elapsed.TotalMilliseconds.ToString() + context.LastError.Reason", "250TokenExpired"),
            ("context.Deployment.Region + context.Deployment.GatewayId", "West Europemanaged"),
        ];
        for (code, wanted) in cases {
            assert_eq!(text(EXAMPLE, code), wanted, "{code}");
        }
    }

    #[test]
    fn what_is_left_out_is_null_or_has_its_default() {
        assert_eq!(
            text("", "context.Request.Method + (context.Response == null) + (context.User == null)"),
            "GETTrueTrue"
        );
        assert_eq!(text("{}", "context.Timestamp.ToString(\"o\")"), "2024-03-01T12:30:45.0000000Z");
    }

    #[test]
    fn a_body_that_is_consumed_is_empty_afterwards() {
        let file = r#"{"request": {"body": "abc"}}"#;
        assert_eq!(
            text(file, "context.Request.Body.As<string>(true) + context.Request.Body.As<string>()"),
            "abcabc"
        );
        assert_eq!(
            text(file, "context.Request.Body.As<string>() + context.Request.Body.As<string>()"),
            "abc"
        );
    }

    #[test]
    fn the_same_seed_gives_the_same_randomness() {
        let code = "Guid.NewGuid().ToString()";
        assert_eq!(text("seed: 1", code), text("seed: 1", code));
        assert_ne!(text("seed: 1", code), text("seed: 2", code));
    }

    #[test]
    fn mistakes_are_told() {
        let error = |text: &str| match RequestFile::parse(text) {
            Ok(file) => file.host(&mut Heap::new(1 << 20)).map(|_| ()).unwrap_err(),
            Err(error) => error,
        };
        assert!(matches!(error("requst: {}"), Error::Content(reason) if reason.contains("requst")));
        assert!(matches!(error("request: { url: /a }"), Error::Url { url, .. } if url == "/a"));
        assert!(matches!(error("variables: { a: [1] }"), Error::Variable { name, .. } if name == "a"));
        assert!(matches!(error("request: { body: { base64: '*' } }"), Error::Base64(_)));
    }
}
