//! Which function is called.

use serde_json::Value;

/// A function that the caller offers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Function<'a> {
    pub(crate) name: &'a str,
    /// JSON schema of its arguments.
    pub(crate) parameters: Option<&'a Value>,
}

/// What the caller says about calling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice<'a> {
    Never,
    Auto,
    Required,
    Named(&'a str),
}

/// Shorter words of a name are not looked for: `get`, `set`, `by`.
const SHORTEST: usize = 4;

/// The function to call. Left to itself it is the one with the most words of its name in the message, the first of
/// equals; words have at least four letters, and `_`, `-`, `.` and capitals separate them.
pub(crate) fn choose<'a, 'f>(
    functions: &'f [Function<'a>],
    choice: Choice<'_>,
    asked: &str,
) -> Option<&'f Function<'a>> {
    match choice {
        Choice::Never => None,
        Choice::Named(name) => functions.iter().find(|function| function.name == name),
        Choice::Required => best(functions, asked).or(functions.first()),
        Choice::Auto => best(functions, asked),
    }
}

fn best<'a, 'f>(functions: &'f [Function<'a>], asked: &str) -> Option<&'f Function<'a>> {
    let asked = asked.to_lowercase();
    let mut best: Option<(usize, &Function<'a>)> = None;
    for function in functions {
        let mentions = words(function.name).iter().filter(|word| asked.contains(word.as_str())).count();
        if mentions > best.map_or(0, |(most, _)| most) {
            best = Some((mentions, function));
        }
    }
    best.map(|(_, function)| function)
}

fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for letter in name.chars() {
        if !letter.is_alphanumeric() || letter.is_uppercase() {
            words.push(String::new());
        }
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|word| word.chars().count() >= SHORTEST);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(names: &[&str], choice: Choice<'_>, asked: &str) -> Option<String> {
        let functions: Vec<Function<'_>> =
            names.iter().map(|name| Function { name, parameters: None }).collect();
        choose(&functions, choice, asked).map(|function| String::from(function.name))
    }

    #[test]
    fn a_mentioned_function_is_chosen() {
        let names = ["get_time", "get_weather", "Weather-getForecast"];
        let by = |asked| chosen(&names, Choice::Auto, asked);
        assert_eq!(by("How is the weather?").as_deref(), Some("get_weather"));
        assert_eq!(by("The weather forecast, please").as_deref(), Some("Weather-getForecast"));
        assert_eq!(by("Get me a coffee"), None);
    }

    #[test]
    fn the_callers_choice_counts() {
        let names = ["get_time", "get_weather"];
        assert_eq!(chosen(&names, Choice::Required, "Hello").as_deref(), Some("get_time"));
        assert_eq!(chosen(&names, Choice::Named("get_weather"), "the time").as_deref(), Some("get_weather"));
        assert_eq!(chosen(&names, Choice::Never, "the time"), None);
    }
}
