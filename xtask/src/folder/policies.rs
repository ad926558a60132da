//! Policy documents with five expressions each.
//!
//! The statements are of the kinds that published policies use most: choosing a backend or a model, writing headers
//! from subscription, product, headers and claims, reading a JSON body, counting, formatting times.

use super::random::Random;

const REGIONS: [&str; 6] =
    ["swedencentral", "westeurope", "eastus2", "francecentral", "uksouth", "japaneast"];
const TEAMS: [&str; 8] =
    ["billing", "catalog", "search", "orders", "identity", "support", "planning", "research"];
const MODELS: [&str; 5] = ["gpt-4o", "gpt-4o-mini", "o3-mini", "text-embedding-3-large", "gpt-35-turbo"];

/// How many statements there are to choose from.
const KINDS: usize = 10;

/// A document for the API or operation of that name.
pub(super) fn document(name: &str, random: &mut Random) -> String {
    let first = random.below(KINDS);
    let step = *[1, 3, 7, 9].get(random.below(4)).unwrap_or(&1);
    let mut inbound = String::new();
    let mut outbound = String::new();
    // Steps that have no divisor in common with the number of kinds give five kinds, each once.
    for place in 0..5 {
        let kind = (first + place * step) % KINDS;
        let (text, goes_out) = statement(kind, name, random);
        if goes_out { &mut outbound } else { &mut inbound }.push_str(&text);
    }
    format!(
        "<!-- {name}: {} in {} -->\n<policies>\n    <inbound>\n        <base />\n{inbound}    </inbound>\n    <backend>\n        \
         <base />\n    </backend>\n    <outbound>\n        <base />\n{outbound}    </outbound>\n    <on-error>\n        \
         <base />\n    </on-error>\n</policies>\n",
        random.word(&TEAMS),
        random.word(&REGIONS),
    )
}

/// A statement with one expression, and whether it belongs into the outbound section.
fn statement(kind: usize, name: &str, random: &mut Random) -> (String, bool) {
    let number = random.below(100_000);
    let (team, region, model) = (random.word(&TEAMS), random.word(&REGIONS), random.word(&MODELS));
    let text = match kind {
        0 => header(
            "x-caller",
            &format!(
                "@(context.Subscription == null ? \"{team}-anonymous-{number}\" : context.Subscription.Id + \"/{name}\")"
            ),
        ),
        1 => variable(
            "model",
            &format!(
                "@{{\n            var body = context.Request.Body?.As&lt;JObject&gt;(preserveContent: true);\n            \
             var model = body == null ? null : (string)body[\"model\"];\n            \
             return string.IsNullOrEmpty(model) ? \"{model}-{number}\" : model.ToLowerInvariant();\n        }}"
            ),
        ),
        2 => format!(
            "        <choose>\n            <when condition=\"@(context.Request.Headers.GetValueOrDefault(&quot;x-tier&quot;, &quot;{team}&quot;) == &quot;gold-{number}&quot;)\">\n                \
             <set-query-parameter name=\"region\" exists-action=\"override\">\n                    <value>{region}</value>\n                \
             </set-query-parameter>\n            </when>\n        </choose>\n"
        ),
        3 => header(
            "x-deadline",
            &format!("@(DateTime.UtcNow.AddSeconds({number}).ToString(\"yyyy-MM-ddTHH:mm:ssZ\"))"),
        ),
        4 => variable(
            "tenant",
            &format!(
                "@{{\n            var token = context.Request.Headers.GetValueOrDefault(\"Authorization\", \"\").AsJwt();\n            \
             return token?.Claims.GetValueOrDefault(\"tid\", \"{team}-{number}\") ?? \"{region}\";\n        }}"
            ),
        ),
        5 => header(
            "x-route",
            &format!(
                "@(string.Format(\"{{0}}/{{1}}/{name}-{number}\", context.Api.Name, context.Operation?.Id ?? \"{team}\"))"
            ),
        ),
        6 => format!(
            "        <choose>\n            <when condition='@(context.Response.StatusCode >= 500 && context.Response.StatusCode != {})'>\n                \
             <set-header name=\"Retry-After\" exists-action=\"override\">\n                    <value>{}</value>\n                \
             </set-header>\n            </when>\n        </choose>\n",
            500 + number % 99,
            1 + number % 30,
        ),
        7 => header(
            "x-served-by",
            &format!(
                "@(context.Deployment.Region + \"; {region}; \" + context.Elapsed.TotalMilliseconds.ToString(\"F0\") + \"-{number}\")"
            ),
        ),
        8 => variable(
            "parts",
            &format!(
                "@(context.Request.OriginalUrl.Path.Split('/').Where(part => part != \"\" && part != \"{name}\").Count() + {number})"
            ),
        ),
        _ => variable(
            "sampled",
            &format!(
                "@{{\n            var products = new[] {{ \"{team}\", \"{region}\", \"{model}\" }};\n            \
             foreach (var product in products) {{\n                if (context.Product?.Name == product + \"-{number}\") {{ return true; }}\n            }}\n            \
             return context.Request.Url.Query.GetValueOrDefault(\"sample\", \"false\") == \"true\";\n        }}"
            ),
        ),
    };
    (text, matches!(kind, 6 | 7))
}

fn header(name: &str, expression: &str) -> String {
    format!(
        "        <set-header name=\"{name}\" exists-action=\"override\">\n            <value>{expression}</value>\n        \
         </set-header>\n"
    )
}

fn variable(name: &str, expression: &str) -> String {
    let expression = expression.replace('"', "&quot;");
    format!("        <set-variable name=\"{name}\" value=\"{expression}\" />\n")
}
