//! Counts against published figures. The cases are files, see `tests/cases/README.md`.

use std::fs;
use std::path::{Path, PathBuf};

use ai::count::{Count, Encoding, chat, embedding_input, prompt, responses_input};
use serde_json::{Value, json};

fn cases(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(folder)
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn named(name: &str) -> Encoding {
    let all = [Encoding::Cl100kBase, Encoding::O200kBase, Encoding::O200kHarmony];
    all.into_iter().find(|encoding| encoding.name() == name).unwrap()
}

#[test]
fn models_have_the_encodings_of_tiktoken() {
    for line in
        fs::read_to_string(cases("encodings.tsv")).unwrap().lines().filter(|line| !line.starts_with('#'))
    {
        let (model, encoding) = line.split_once('\t').unwrap();
        let found = Encoding::of_model(model).map_or("-", Encoding::name);
        assert_eq!(found, encoding, "{model}");
    }
}

#[test]
fn texts_have_the_published_counts() {
    for case in read(&cases("texts.json"))["cases"].as_array().unwrap() {
        let (encoding, text) = (named(case["encoding"].as_str().unwrap()), case["text"].as_str().unwrap());
        assert_eq!(encoding.count(text), case["tokens"], "{encoding:?} {text}");
    }
}

#[test]
fn token_ids_are_those_of_the_cookbook() {
    let ids = [83, 1609, 5963, 374, 2294, 0];
    assert_eq!(Encoding::Cl100kBase.decode(&ids).as_deref(), Some("tiktoken is great!"));
}

#[test]
fn conversations_have_the_published_counts() {
    for file in fs::read_dir(cases("chat")).unwrap() {
        let path = file.unwrap().path();
        let case = read(&path);
        for (model, tokens) in case["tokens"].as_object().unwrap() {
            let count = chat(model, &case["body"], 100_000);
            assert_eq!(
                count,
                Count::Exactly(tokens.as_u64().unwrap() as usize),
                "{model}, {}",
                path.display()
            );
        }
    }
}

#[test]
fn embedding_inputs_have_every_form() {
    let table = read(&cases("input/forms.json"));
    for case in table["cases"].as_array().unwrap() {
        let expected = Count::Exactly(case["tokens"].as_u64().unwrap() as usize);
        let model = table["model"].as_str().unwrap();
        assert_eq!(embedding_input(model, case, 1000), expected, "{case}");
        assert_eq!(prompt(model, &json!({ "prompt": case["input"] }), 1000), expected, "{case}");
    }
}

/// The format around messages is the same in both APIs.
#[test]
fn a_response_counts_as_the_conversation_it_stands_for() {
    let text = "This late pivot means we don't have time to boil the ocean for the client deliverable.";
    let messages = json!([{ "role": "system", "content": "Be brief." }, { "role": "user", "content": text }]);
    let expected = chat("gpt-4o", &json!({ "messages": messages }), 1000);
    let plain = json!({ "instructions": "Be brief.", "input": text });
    assert_eq!(responses_input("gpt-4o", &plain, 1000), expected);
    let items = json!({ "input": [
        { "role": "system", "content": "Be brief." },
        { "type": "message", "role": "user", "content": [{ "type": "input_text", "text": text }] },
    ] });
    assert_eq!(responses_input("gpt-4o", &items, 1000), expected);
}

#[test]
fn special_tokens_in_a_text_are_text() {
    assert!(Encoding::O200kBase.count("<|endoftext|>") > 1);
}

#[test]
fn a_limit_bounds_the_work() {
    let long = "a".repeat(10_000_000);
    assert_eq!(Encoding::O200kBase.count_within(&long, 1000), None);
    let body =
        json!({ "messages": [{ "role": "user", "content": long }, { "role": "user", "content": long }] });
    assert_eq!(chat("gpt-4o", &body, 1000), Count::MoreThan(1000));
}

#[test]
fn a_count_at_the_limit_is_exact() {
    assert_eq!(Encoding::Cl100kBase.count_within("tiktoken is great!", 6), Some(6));
    assert_eq!(Encoding::Cl100kBase.count_within("tiktoken is great!", 5), None);
    assert_eq!(Encoding::Cl100kBase.count_within("", 0), Some(0));
}

#[test]
fn what_is_no_request_counts_only_the_reply() {
    for body in [json!(null), json!([]), json!({ "messages": 3 }), json!({ "messages": [3, "x", null, []] })]
    {
        assert!(chat("gpt-4o", &body, 1000).at_least() <= 3 + 4 * 3, "{body}");
    }
}
