//! APIs: information, an OpenAPI definition in YAML or JSON, policies.

use std::path::Path;

use super::random::Random;
use super::{Plan, Policies, file, policies};

const RESOURCES: [&str; 5] = ["orders", "customers", "invoices", "models", "documents"];

/// The name of an API.
pub(super) fn name(number: usize) -> String {
    format!("api-{number:05}")
}

pub(super) fn write(apim: &Path, number: usize, plan: &Plan) -> anyhow::Result<()> {
    let name = name(number);
    let directory = apim.join("apis").join(&name);
    let mut random = Random::new(plan.seed, 1, number);
    file(&directory.join("apiInformation.json"), &information(&name, number))?;
    let yaml = number.is_multiple_of(2);
    let specification = if yaml { yaml_of(&name, plan.operations) } else { json_of(&name, plan.operations) };
    file(&directory.join(if yaml { "specification.yaml" } else { "specification.json" }), &specification)?;
    file(&directory.join("policy.xml"), &policies::document(&name, &mut random))?;
    if plan.policies == Policies::Operations {
        for operation in operations(plan.operations) {
            let id = operation.id.to_ascii_lowercase();
            let text = policies::document(&format!("{name}-{id}"), &mut random);
            file(&directory.join("operations").join(id).join("policy.xml"), &text)?;
        }
    }
    Ok(())
}

fn information(name: &str, number: usize) -> String {
    format!(
        "{{\n  \"properties\": {{\n    \"path\": \"area-{:02}/{name}\",\n    \"apiRevision\": \"1\",\n    \"isCurrent\": true,\n    \
         \"displayName\": \"API number {number}\",\n    \"description\": \"What the team of {name} offers.\",\n    \
         \"protocols\": [\"https\"],\n    \"subscriptionRequired\": true,\n    \
         \"serviceUrl\": \"https://{name}.backends.example\",\n    \
         \"subscriptionKeyParameterNames\": {{ \"header\": \"Ocp-Apim-Subscription-Key\", \"query\": \"subscription-key\" }}\n  }}\n}}\n",
        number % 97,
    )
}

struct Shape {
    id: String,
    method: &'static str,
    path: String,
    parameter: bool,
}

/// Two operations of each path: one on a collection, one on its items.
fn operations(count: usize) -> impl Iterator<Item = Shape> {
    (0..count).map(|number| {
        let resource = RESOURCES.get((number / 2) % RESOURCES.len()).copied().unwrap_or("orders");
        let round = number / (2 * RESOURCES.len());
        let resource = if round == 0 { resource.to_owned() } else { format!("{resource}-{round}") };
        match number % 2 {
            0 => Shape {
                id: format!("List-{resource}"),
                method: "get",
                path: format!("/{resource}"),
                parameter: false,
            },
            _ => Shape {
                id: format!("Replace-{resource}"),
                method: "put",
                path: format!("/{resource}/{{id}}"),
                parameter: true,
            },
        }
    })
}

fn yaml_of(name: &str, count: usize) -> String {
    let mut text = format!(
        "openapi: 3.0.1\ninfo:\n  title: {name}\n  description: 'Made to measure with'\n  version: '1.0'\nservers:\n  - url: \
         https://{name}.backends.example\npaths:\n"
    );
    for Shape { id, method, path, parameter } in operations(count) {
        text.push_str(&format!(
            "  '{path}':\n    {method}:\n      tags:\n        - {name}\n      summary: {id} of {name}\n      operationId: {id}\n"
        ));
        if parameter {
            text.push_str(
                "      parameters:\n        - name: id\n          in: path\n          required: true\n          schema:\n            \
                 type: string\n      requestBody:\n        content:\n          application/json:\n            schema:\n              \
                 $ref: '#/components/schemas/Thing'\n",
            );
        }
        text.push_str(
            "      responses:\n        '200':\n          description: Done\n          content:\n            application/json:\n              \
             schema:\n                $ref: '#/components/schemas/Thing'\n",
        );
    }
    text.push_str(
        "components:\n  schemas:\n    Thing:\n      type: object\n      properties:\n        id:\n          type: string\n        \
         name:\n          type: string\n        count:\n          type: integer\n          format: int32\n",
    );
    text
}

fn json_of(name: &str, count: usize) -> String {
    let content = r##"{ "application/json": { "schema": { "$ref": "#/components/schemas/Thing" } } }"##;
    let mut paths = Vec::new();
    for Shape { id, method, path, parameter } in operations(count) {
        let extra = if parameter {
            format!(
                "\n        \"parameters\": [ {{ \"name\": \"id\", \"in\": \"path\", \"required\": true, \"schema\": {{ \"type\": \"string\" }} }} ],\n        \
                 \"requestBody\": {{ \"content\": {content} }},"
            )
        } else {
            String::new()
        };
        paths.push(format!(
            "    \"{path}\": {{\n      \"{method}\": {{\n        \"tags\": [ \"{name}\" ],\n        \"summary\": \"{id} of {name}\",\n        \
             \"operationId\": \"{id}\",{extra}\n        \"responses\": {{ \"200\": {{ \"description\": \"Done\", \"content\": {content} }} }}\n      \
             }}\n    }}"
        ));
    }
    format!(
        "{{\n  \"openapi\": \"3.0.1\",\n  \"info\": {{ \"title\": \"{name}\", \"version\": \"1.0\" }},\n  \
         \"servers\": [ {{ \"url\": \"https://{name}.backends.example\" }} ],\n  \"paths\": {{\n{}\n  }},\n  \
         \"components\": {{ \"schemas\": {{ \"Thing\": {{ \"type\": \"object\", \"properties\": {{ \"id\": {{ \"type\": \"string\" }}, \
         \"name\": {{ \"type\": \"string\" }} }} }} }} }}\n}}\n",
        paths.join(",\n"),
    )
}
