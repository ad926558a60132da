//! Which deployment a URL names: the segment behind `deployments`, or the query parameter `deployment` of the realtime
//! service (`ai-gateway.md` 13.1).

use model::{Piece, QueryValue, Segment, UrlTemplate};

use super::domain::Deployment;

/// The word in a path behind which a deployment is named.
const WORD: &str = "deployments";

/// What is known of a segment of a path.
enum Known {
    Text(String),
    Parameter,
    Rest,
}

/// The deployment that a base URL and a template below it name.
pub(super) fn deployment(base: &str, template: &UrlTemplate) -> Deployment {
    let path = base.split_once("://").map_or(base, |(_, rest)| rest);
    let path = path.split(['?', '#']).next().unwrap_or("");
    let of_base = path.split('/').skip(1).filter(|part| !part.is_empty());
    let of_base = of_base.map(|part| Known::Text(part.to_owned()));
    let segments = of_base.chain(template.segments().iter().map(known));
    let mut is_next = false;
    for segment in segments {
        match segment {
            Known::Text(text) if is_next => return Deployment::Named(text),
            Known::Parameter | Known::Rest if is_next => return Deployment::Chosen,
            Known::Rest => return Deployment::AnyPath,
            Known::Text(text) => is_next = text.eq_ignore_ascii_case(WORD),
            Known::Parameter => {}
        }
    }
    in_query(template)
}

fn known(segment: &Segment) -> Known {
    match segment {
        Segment::Literal(text) => Known::Text(text.to_string()),
        Segment::Wildcard(_) => Known::Rest,
        Segment::Parameter(_) => Known::Parameter,
        Segment::Compound(pieces) => match pieces.as_slice() {
            [Piece::Literal(text)] => Known::Text(text.to_string()),
            _ => Known::Parameter,
        },
    }
}

fn in_query(template: &UrlTemplate) -> Deployment {
    let part = template.query().iter().find(|part| part.name.eq_ignore_ascii_case("deployment"));
    match part.map(|part| &part.value) {
        Some(QueryValue::Literal(name)) => Deployment::Named(name.to_string()),
        Some(QueryValue::Parameter(_)) => Deployment::Chosen,
        None => Deployment::Unnamed,
    }
}

#[cfg(test)]
mod tests {
    use model::UrlTemplate;

    use super::super::domain::Deployment;
    use super::deployment;

    #[test]
    fn a_deployment_stands_behind_its_word_wherever_that_is() {
        let named = |name: &str| Deployment::Named(name.to_owned());
        for (base, template, expected) in [
            ("https://m/openai", "/deployments/{deployment-id}/chat/completions", Deployment::Chosen),
            ("https://m/openai", "/deployments/gpt-4o/chat/completions", named("gpt-4o")),
            ("https://m/openai/deployments/gpt-4o/", "/chat/completions", named("gpt-4o")),
            ("https://m/openai/Deployments", "/{id}/embeddings", Deployment::Chosen),
            ("https://m/openai/deployments", "/{*path}", Deployment::Chosen),
            ("https://m/openai", "/{*path}", Deployment::AnyPath),
            ("https://m/openai/deployments/gpt-4o", "/*", named("gpt-4o")),
            ("https://deployments/v1?deployments/x", "/chat/completions", Deployment::Unnamed),
            ("https://m", "/{kind}/deployments", Deployment::Unnamed),
            ("wss://m/openai", "/realtime?deployment={deployment-id}", Deployment::Chosen),
            ("wss://m/openai", "/realtime?deployment=gpt-realtime", named("gpt-realtime")),
        ] {
            let template = UrlTemplate::new(template).unwrap();
            assert_eq!(deployment(base, &template), expected, "{base} {template}");
        }
    }
}
