//! What the simulator says. No model: rules that a test can predict.
//!
//! 1. After a tool's result it says `The tool answered: {result}`.
//! 2. When a function must be called (`tool_choice` names one, or is `required`), it is; otherwise, when functions are
//!    offered and the last user message has a word of a function's name, that function is called. See
//!    [`functions::choose`]. Its arguments are made from its schema and the message, see [`fill`].
//! 3. When JSON is asked for, it is a value of the schema, or `{"answer": "…"}`.
//! 4. When a number of words is asked for, they are as many, always the same.
//! 5. Else it says `You said: {last user message}`.

mod fill;
mod functions;
mod said;

use serde_json::{Value, json};

pub(crate) use functions::{Choice, Function};
pub(crate) use said::{Finish, Limits, Said, say};

/// Words of a long answer, over and over.
const WORDS: [&str; 16] = [
    "river", "window", "garden", "paper", "winter", "silver", "market", "letter", "bridge", "engine",
    "forest", "candle", "planet", "harbor", "mirror", "button",
];

/// The form of the answer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Format<'a> {
    Text,
    Json,
    Schema(&'a Value),
}

/// A conversation as far as the rules look at it, whichever API it came through.
#[derive(Debug)]
pub(crate) struct Question<'a> {
    /// The last user message.
    pub(crate) asked: String,
    /// The result of a tool, when the conversation ends with one.
    pub(crate) tool_result: Option<String>,
    pub(crate) functions: Vec<Function<'a>>,
    pub(crate) choice: Choice<'a>,
    pub(crate) format: Format<'a>,
    pub(crate) words: Option<usize>,
}

/// What is said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Text(String),
    /// A function with its arguments as JSON text.
    Call {
        name: String,
        arguments: String,
    },
}

/// Answers a question.
pub(crate) fn answer(question: &Question<'_>) -> Answer {
    if question.tool_result.is_none()
        && let Some(function) = functions::choose(&question.functions, question.choice, &question.asked)
    {
        let arguments = function.parameters.map_or(json!({}), |schema| fill::value(schema, &question.asked));
        return Answer::Call { name: String::from(function.name), arguments: arguments.to_string() };
    }
    let text = text(question);
    match question.format {
        Format::Text => Answer::Text(text),
        Format::Json => Answer::Text(json!({ "answer": text }).to_string()),
        Format::Schema(schema) => Answer::Text(fill::value(schema, &question.asked).to_string()),
    }
}

fn text(question: &Question<'_>) -> String {
    match (question.words, &question.tool_result) {
        (Some(words), _) => WORDS.into_iter().cycle().take(words).collect::<Vec<_>>().join(" "),
        (None, Some(result)) => format!("The tool answered: {result}"),
        (None, None) => format!("You said: {}", question.asked),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(asked: &str) -> Question<'_> {
        Question {
            asked: String::from(asked),
            tool_result: None,
            functions: Vec::new(),
            choice: Choice::Auto,
            format: Format::Text,
            words: None,
        }
    }

    fn said(question: &Question<'_>) -> String {
        match answer(question) {
            Answer::Text(text) => text,
            Answer::Call { name, arguments } => format!("{name}({arguments})"),
        }
    }

    #[test]
    fn a_question_is_echoed() {
        assert_eq!(said(&question("Hello")), "You said: Hello");
        assert_eq!(said(&Question { words: Some(3), ..question("Hello") }), "river window garden");
    }

    #[test]
    fn a_function_is_called_once() {
        let schema = json!({ "type": "object", "properties": { "city": { "type": "string" } } });
        let functions = || vec![Function { name: "get_weather", parameters: Some(&schema) }];
        let asked = "What is the weather in Paris?";
        let first = Question { functions: functions(), ..question(asked) };
        assert_eq!(said(&first), r#"get_weather({"city":"Paris"})"#);
        let second =
            Question { functions: functions(), tool_result: Some(String::from("sunny")), ..question(asked) };
        assert_eq!(said(&second), "The tool answered: sunny");
    }

    #[test]
    fn json_is_valid() {
        let schema = json!({ "type": "object", "properties": { "name": { "type": "string" }, "age": { "type": "integer" } } });
        assert_eq!(
            said(&Question { format: Format::Json, ..question("Hi") }),
            r#"{"answer":"You said: Hi"}"#
        );
        let structured = Question { format: Format::Schema(&schema), ..question("Ada is 36") };
        assert_eq!(said(&structured), r#"{"name":"Ada","age":36}"#);
    }
}
