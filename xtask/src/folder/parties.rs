//! What APIs share, and who calls them: the service, products, subscriptions and their keys.

use std::path::Path;

use super::random::Random;
use super::{Plan, apis, file, policies};

/// APIs of one product.
const APIS_A_PRODUCT: usize = 100;

const SERVICE: &str = "<policies>
    <inbound>
        <include-fragment fragment-id=\"correlation\" />
    </inbound>
    <backend>
        <forward-request timeout=\"120\" />
    </backend>
    <outbound />
    <on-error />
</policies>
";
const FRAGMENT: &str = "<fragment>
    <set-header name=\"{{correlation-header}}\" exists-action=\"skip\">
        <value>@(context.RequestId.ToString())</value>
    </set-header>
</fragment>
";

/// The policy of the service, a fragment that it includes, and a named value that this uses.
pub(super) fn service(apim: &Path) -> anyhow::Result<()> {
    file(&apim.join("policy.xml"), SERVICE)?;
    let fragment = apim.join("policy fragments/correlation");
    file(
        &fragment.join("policyFragmentInformation.json"),
        "{ \"properties\": { \"description\": \"Ids\" } }\n",
    )?;
    file(&fragment.join("policy.xml"), FRAGMENT)?;
    let value = "{ \"properties\": { \"displayName\": \"correlation-header\", \"value\": \"x-correlation-id\", \"secret\": false } }\n";
    file(&apim.join("named values/correlation-header/namedValueInformation.json"), value)
}

fn product(number: usize) -> String {
    format!("product-{number:03}")
}

fn products_of(plan: &Plan) -> usize {
    plan.apis.div_ceil(APIS_A_PRODUCT)
}

/// Each API is in one product; each product has a policy.
pub(super) fn products(apim: &Path, plan: &Plan) -> anyhow::Result<()> {
    for number in 0..products_of(plan) {
        let name = product(number);
        let directory = apim.join("products").join(&name);
        let information = format!(
            "{{\n  \"properties\": {{\n    \"displayName\": \"Product {number}\",\n    \"subscriptionRequired\": true,\n    \
             \"approvalRequired\": false,\n    \"state\": \"published\"\n  }}\n}}\n"
        );
        file(&directory.join("productInformation.json"), &information)?;
        let mut random = Random::new(plan.seed, 2, number);
        file(&directory.join("policy.xml"), &policies::document(&name, &mut random))?;
        for api in (number..plan.apis).step_by(products_of(plan)) {
            file(&directory.join("apis").join(apis::name(api)).join("productApiInformation.json"), "{}\n")?;
        }
    }
    Ok(())
}

/// Subscriptions of products, each with a primary key in a file of its own.
pub(super) fn subscriptions(apim: &Path, keys: &Path, plan: &Plan) -> anyhow::Result<()> {
    let mut secrets = String::from("# Where the keys are; never what they are.\n");
    for number in 0..plan.subscriptions {
        let mut random = Random::new(plan.seed, 3, number);
        let name = format!("team-{number:06}");
        let information = format!(
            "{{\n  \"properties\": {{\n    \"displayName\": \"Team {number}\",\n    \"scope\": \"/products/{}\",\n    \
             \"state\": \"active\",\n    \"allowTracing\": false\n  }}\n}}\n",
            product(number % products_of(plan)),
        );
        file(&apim.join("subscriptions").join(&name).join("subscriptionInformation.json"), &information)?;
        let key = keys.join(format!("{:03}", number % 1000)).join(&name);
        file(&key, &format!("{:016x}{:016x}\n", random.next(), random.next()))?;
        secrets.push_str(&format!("\n[subscriptions.{name}]\nprimary = {{ file = '{}' }}\n", key.display()));
    }
    file(&apim.join("secrets.toml"), &secrets)
}
