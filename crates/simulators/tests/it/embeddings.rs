//! Embeddings.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::client::{Client, start};

const PATH: &str = "/openai/deployments/embed/embeddings?api-version=2024-10-21";

async fn embed(client: &Client, body: Value) -> Value {
    let answer = client.post(PATH, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn floats(embedding: &Value) -> Vec<f32> {
    embedding.as_array().unwrap().iter().map(|number| number.as_f64().unwrap() as f32).collect()
}

fn cosine(one: &Value, other: &Value) -> f32 {
    floats(one).iter().zip(floats(other)).map(|(left, right)| left * right).sum()
}

#[tokio::test]
async fn floats_and_base64_are_the_same_vector() {
    let (_running, client) = start().await;
    let plain = embed(&client, json!({ "input": "tiktoken is great!" })).await;
    let encoded = embed(&client, json!({ "input": "tiktoken is great!", "encoding_format": "base64" })).await;
    let bytes = STANDARD.decode(encoded["data"][0]["embedding"].as_str().unwrap()).unwrap();
    let decoded: Vec<f32> =
        bytes.chunks(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect();
    assert_eq!(decoded.len(), 1536);
    assert_eq!(decoded, floats(&plain["data"][0]["embedding"]));
    // 6 tokens: OpenAI cookbook.
    assert_eq!(plain["usage"], json!({ "prompt_tokens": 6, "total_tokens": 6 }));
    assert_eq!(plain["model"], "text-embedding-3-small");
}

#[tokio::test]
async fn similar_texts_have_near_vectors() {
    let (_running, client) = start().await;
    let input =
        ["How do I reset my password?", "I want to reset the password", "What is the weather in Paris?"];
    let body = embed(&client, json!({ "input": input })).await;
    let vector = |index: usize| &body["data"][index]["embedding"];
    assert!(cosine(vector(0), vector(1)) > cosine(vector(0), vector(2)) + 0.3);
}

#[tokio::test]
async fn token_ids_stand_for_their_text() {
    let (_running, client) = start().await;
    let ids = [83, 1609, 5963, 374, 2294, 0];
    let body = embed(&client, json!({ "input": [ids] })).await;
    let text = embed(&client, json!({ "input": "tiktoken is great!" })).await;
    assert_eq!(body["data"], text["data"]);
    assert_eq!(body["usage"]["prompt_tokens"], 6);
    assert_eq!(embed(&client, json!({ "input": ids })).await["data"], text["data"]);
}

#[tokio::test]
async fn the_number_of_dimensions_can_be_asked_for() {
    let (_running, client) = start().await;
    let body = embed(&client, json!({ "input": ["a", "b"], "dimensions": 8 })).await;
    assert_eq!(body["data"][1]["index"], 1);
    assert_eq!(body["data"][1]["embedding"].as_array().unwrap().len(), 8);
    let ada = "/openai/deployments/ada/embeddings?api-version=2024-10-21";
    assert_eq!(client.post(ada, &json!({ "input": "a", "dimensions": 8 })).await.status, 400);
    assert_eq!(client.post(PATH, &json!({ "input": "a", "dimensions": 1537 })).await.status, 400);
}
