//! `cardea import litellm`: a configuration of LiteLLM's proxy serves the calls that it served there.

use serde_json::{Value, json};

use crate::harness::{Folder, Gateway, MODEL_KEY, Output, Start, models, program};

const KEY: &str = "subscription-key-0b83fd";

fn import(folder: &Folder, text: &str, more: &[&str]) -> Output {
    let file = folder.beside("config.yaml");
    std::fs::write(&file, text).expect("a file");
    let into = folder.artifacts();
    let arguments =
        ["import", "litellm", file.to_str().expect("UTF-8"), "--into", into.to_str().expect("UTF-8")];
    program(&[&arguments, more].concat(), &[])
}

fn over_http(folder: &Folder) {
    let path = "apis/litellm/apiInformation.json";
    let text = std::fs::read_to_string(folder.artifacts().join(path)).expect("the API's file");
    let mut information: Value = serde_json::from_str(&text).expect("JSON");
    information["properties"]["protocols"] = json!(["http", "https"]);
    folder.write(path, &information.to_string());
}

fn config(endpoint: &str) -> String {
    format!(
        "model_list:
  - model_name: fast
    litellm_params: {{model: azure/gpt-4o-mini, api_base: '{endpoint}/', api_key: os.environ/AZURE_KEY, api_version: '2024-10-21', rpm: 60}}
  - model_name: fast
    litellm_params: {{model: azure/gpt-4o-mini, api_base: os.environ/AZURE_BASE, api_key: os.environ/AZURE_KEY, api_version: '2024-10-21', rpm: 6}}
  - model_name: plain
    litellm_params: {{model: openai/gpt-4o-mini, api_base: '{endpoint}/v1', api_key: os.environ/OPENAI_KEY, temperature: 0.2}}
  - model_name: rock
    litellm_params: {{model: bedrock/anthropic.claude-v1}}
router_settings:
  num_retries: 2
  cooldown_time: 30
  model_group_alias: {{gpt-4: plain}}
  fallbacks: [{{fast: [plain]}}]
general_settings: {{master_key: sk-planted-1234}}
"
    )
}

#[tokio::test]
async fn models_are_served_by_their_names_as_before() {
    let models = models().await;
    let folder = Folder::new();
    let text = config(&models.base_url());
    let output = import(&folder, &text, &[]);
    assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{}", output.stdout);
    assert!(!output.stdout.contains("sk-planted"), "{}", output.stdout);
    for expected in [
        "Its models: fast, plain, gpt-4.",
        "no equivalent model_list[3]: `rock`: calls of `bedrock` are not translated",
        "nearest       router_settings.num_retries: `retry`",
        "no equivalent router_settings.fallbacks: ",
        "no equivalent general_settings.master_key: make a subscription",
        "no equivalent model_list[2].litellm_params.temperature: ",
    ] {
        assert!(output.stdout.contains(expected), "{expected}\n{}", output.stdout);
    }
    let checked = program(&["check", folder.artifacts().to_str().expect("UTF-8")], &[]);
    assert!(checked.stdout.ends_with(": 0 errors, 0 warnings\n"), "{checked:?}");
    let pool =
        std::fs::read_to_string(folder.artifacts().join("backends/litellm-fast/backendInformation.json"));
    let pool: Value = serde_json::from_str(&pool.expect("a pool")).expect("JSON");
    let services = &pool["properties"]["pool"]["services"];
    assert_eq!((&services[0]["weight"], &services[1]["weight"]), (&json!(100), &json!(10)));
    assert!(import(&folder, &text, &[]).stdout.contains("Nothing to do"));
    over_http(&folder);
    let secrets = std::fs::read_to_string(folder.artifacts().join("secrets.toml")).expect("secrets.toml");
    let folder = folder.subscription("team", "/apis", KEY);
    let own = std::fs::read_to_string(folder.artifacts().join("secrets.toml")).expect("secrets.toml");
    folder.write("secrets.toml", &format!("{secrets}\n{own}"));
    let start = Start::new(folder).variable("AZURE_KEY", MODEL_KEY).variable("OPENAI_KEY", MODEL_KEY);
    let gateway = start.variable("AZURE_BASE", &models.base_url()).start().await;
    for (model, status) in
        [("fast", 200), ("fast", 200), ("plain", 200), ("gpt-4", 200), ("rock", 404), ("", 404)]
    {
        let answer = chat(&gateway, model).await;
        assert_eq!(answer.0, status, "{model}: {}", answer.1);
    }
    let call = gateway.call("POST", "/litellm/chat/completions").header("authorization", "Bearer another");
    assert_eq!(call.json(&json!({ "model": "fast" })).send().await.status, 401);
}

async fn chat(gateway: &Gateway, model: &str) -> (u16, String) {
    let body = json!({ "model": model, "messages": [{ "role": "user", "content": "Say hello" }] });
    let call = gateway.call("POST", "/litellm/chat/completions");
    let answer = call.header("authorization", &format!("Bearer {KEY}")).json(&body).send().await;
    (answer.status, answer.text().to_owned())
}

#[test]
fn keys_in_clear_are_refused_with_their_line_and_shown_nowhere() {
    let folder = Folder::new();
    let text = "model_list:\n  - model_name: a\n    litellm_params:\n      model: openai/a\n      api_key: sk-planted-77\n";
    for more in [[].as_slice(), &["--json"], &["--force"]] {
        let refused = import(&folder, text, more);
        assert_eq!((refused.code, refused.stdout.as_str()), (1, ""));
        assert!(refused.stderr.contains("line 5: the key of `a` stands in clear"), "{refused:?}");
        assert!(
            refused.stderr.contains("os.environ/NAME") && !refused.stderr.contains("planted"),
            "{refused:?}"
        );
    }
    assert!(std::fs::read_dir(folder.artifacts()).expect("a directory").next().is_none());
    let broken = import(&folder, "model_list: [sk-planted-77: {", &[]);
    assert!(broken.code == 1 && !broken.stderr.contains("planted"), "{broken:?}");
}

#[test]
fn the_report_is_json_too_and_always_the_same() {
    let folder = Folder::new();
    let text = config("https://contoso.openai.azure.com");
    let run = || import(&folder, &text, &["--json", "--dry-run"]).stdout;
    let told: Value = serde_json::from_str(&run()).expect("JSON");
    assert_eq!(run(), run());
    assert_eq!(told["models"], json!(["fast", "plain", "gpt-4"]));
    let rows = told["report"].as_array().expect("rows");
    let alias = rows.iter().find(|row| row["setting"] == "router_settings.model_group_alias").expect("a row");
    assert_eq!((&alias["line"], &alias["verdict"]), (&json!(13), &json!("same")));
}

#[test]
fn a_changed_file_changes_the_policy_until_somebody_takes_it_over() {
    let folder = Folder::new();
    let text = config("https://contoso.openai.azure.com");
    assert_eq!(import(&folder, &text, &[]).code, 0);
    let renamed =
        text.replace("model_name: plain", "model_name: simple").replace("gpt-4: plain", "gpt-4: simple");
    assert!(import(&folder, &renamed, &[]).stdout.contains("changed apis/litellm/policy.xml"));
    let path = folder.artifacts().join("apis/litellm/policy.xml");
    let policy = std::fs::read_to_string(&path).expect("a policy");
    assert!(policy.contains("&quot;simple&quot;"), "{policy}");
    let ours = policy.lines().skip(1).collect::<Vec<_>>().join("\n");
    std::fs::write(&path, &ours).expect("a file");
    let told = import(&folder, &text, &[]).stdout;
    assert!(told.contains("the policy of the API stays as it is"), "{told}");
    assert_eq!(std::fs::read_to_string(&path).expect("a policy"), ours);
}
