//! Lists of models.

use http::Method;
use serde_json::json;

use crate::client::{KEY, start};

#[tokio::test]
async fn each_wire_lists_models_in_its_form() {
    let (_running, client) = start().await;
    let dated = client.get("/openai/models?api-version=2024-10-21").await.json();
    assert_eq!(dated["data"][0]["id"], "gpt-4o-2024-08-06");
    assert_eq!(dated["data"][0]["capabilities"]["chat_completion"], true);
    let bearer = format!("Bearer {KEY}");
    let list = client.send(Method::GET, "/v1/models", &[("authorization", &bearer)], b"").await.json();
    assert_eq!(list["object"], "list");
    let expected =
        json!({ "id": "gpt-4o", "object": "model", "created": 1_700_000_000, "owned_by": "simulator" });
    assert_eq!(list["data"][0], expected);
    let one = client.send(Method::GET, "/v1/models/gpt-4o", &[("authorization", &bearer)], b"").await;
    assert_eq!(one.json(), expected);
    let none = client.send(Method::GET, "/v1/models/gpt-9", &[("authorization", &bearer)], b"").await;
    assert_eq!((none.status.as_u16(), &none.json()["error"]["code"]), (404, &json!("model_not_found")));
}
