//! What comes of the expressions of documents, as whoever wrote them sees it.

#[cfg(test)]
mod tests {
    use evaluation::{NamedValues, Outcome, Report, Setting, evaluate, find};
    use request_file::RequestFile;
    use source::SourceFile;

    const REQUEST: &str = "
    request: { method: POST, url: http://localhost/x, body: { json: { n: 1 } } }
    variables: { limit: 5 }
    namedValues: { number: '7' }
    ";

    fn report(text: &str, others: Option<&str>) -> Report {
        let request = RequestFile::parse(REQUEST).unwrap();
        let names = NamedValues { others: others.map(Into::into), ..NamedValues::default() };
        let setting = Setting { request: &request, names: &names, limits: expr::Limits::default() };
        evaluate(&[SourceFile::new("policy.xml", text)], &setting).unwrap()
    }

    fn values(report: &Report) -> Vec<String> {
        let shown = |outcome: &Outcome| match outcome {
            Outcome::Value { value, .. } => value.clone(),
            Outcome::Exception { class, .. } => class.clone(),
            Outcome::Refused { problems } => {
                problems.iter().map(|fault| fault.code).collect::<Vec<_>>().join(",")
            }
        };
        report.results.iter().map(|each| format!("{} {}", each.place, shown(&each.outcome))).collect()
    }

    #[test]
    fn expressions_follow_each_other_with_the_variables_set_before_them() {
        let document = r#"<policies><inbound>
            <set-variable name="a" value="@((int)context.Variables["limit"] + {{number}})" />
            <set-variable name="b" value="text" />
            <choose><when condition="@((int)context.Variables["a"] == 12 && (string)context.Variables["b"] == "text")">
                <set-body>@((string)context.Request.Body.As<JObject>()["n"])</set-body>
            </when></choose>
            <set-body>@((string)context.Request.Body.As<JObject>()["n"])</set-body>
        </inbound></policies>"#;
        let report = report(document, None);
        let expected = ["set-variable/@value 12", "when/@condition true", "set-body \"1\"", "set-body \"1\""];
        assert_eq!(values(&report), expected, "{:?}", report.problems);
        assert_eq!((report.documents.found, report.documents.loaded), (1, 1));
    }

    /// `expressions.md` 4: a condition is a `bool`; what throws is counted apart from what does not compile.
    #[test]
    fn what_does_not_fit_its_place_is_refused_and_what_throws_has_failed() {
        let document = r#"<policies><inbound>
            <choose><when condition="@(1 + 1)" /></choose>
            <set-variable name="a" value="@(int.Parse("x"))" />
            <unknown-policy value="@(1 + 1)" />
        </inbound></policies>"#;
        let report = report(document, None);
        let figures = report.expressions;
        assert_eq!((figures.found, figures.compiled, figures.evaluated, figures.failed), (3, 2, 1, 1));
        assert_eq!((report.documents.loaded, report.problems.len()), (0, 1), "{:?}", report.problems);
        let at = report.problems.iter().next().and_then(|problem| problem.at.as_ref()).unwrap();
        assert_eq!(at.to_string(), "policy.xml:2:40");
    }

    #[test]
    fn a_named_value_that_there_is_not_is_an_error_unless_a_text_stands_for_it() {
        let document = "<fragment><set-body>@(\"{{other}}\" + {{number}})</set-body></fragment>";
        let refused = report(document, None);
        assert_eq!((refused.expressions.found, refused.expressions.compiled), (1, 0));
        assert_eq!(refused.problems.len(), 1);
        assert_eq!(values(&report(document, Some("1"))), ["set-body \"17\""]);
    }

    #[test]
    fn documents_are_found_by_what_they_hold() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("b/policy.xml", "<policies />");
        write("a.xml", "<!-- one --><fragment />");
        write("other.xml", "<project />");
        write("policy.txt", "<policies />");
        write(".hidden/policy.xml", "<policies />");
        let found = find(folder.path()).unwrap();
        assert_eq!(found.iter().map(|file| file.name()).collect::<Vec<_>>(), ["a.xml", "b/policy.xml"]);
        assert!(find(&folder.path().join("none")).is_err());
    }
}
