//! What the demo prints: what runs where, and calls to copy.

use super::Demo;
use super::calls::groups;

/// The page.
///
/// # Errors
/// When the directory no longer has a caller.
pub(crate) fn text(demo: &Demo) -> anyhow::Result<String> {
    let gateway = demo.instance.addresses().gateway;
    let mut page = format!(
        "Cardea runs. Everything listens on loopback and ends with Ctrl-C.\n\n{}\n{}\n",
        places(demo),
        callers(demo)
    );
    for (title, calls) in groups(&demo.callers) {
        page.push_str(&format!("{title}:\n"));
        if title.starts_with("With a token") {
            page.push_str(&format!("\n# Tokens, as applications get them.\n{}", tokens(demo)?));
        }
        for call in calls.iter().filter(|call| call.printed) {
            let line = call.curl(gateway, &demo.callers);
            page.push_str(&format!("\n# {} ({})\n{line}\n", call.title, call.status));
        }
        page.push('\n');
    }
    page.push_str("The same calls and more, made and compared: cardea demo --check\n");
    Ok(page)
}

/// Lines for a terminal that get a token for each application and put it into a variable.
fn tokens(demo: &Demo) -> anyhow::Result<String> {
    let tenant = demo.parties.tenant()?;
    let mut lines = String::new();
    for (variable, name) in [("RED", "Team Red"), ("BLUE", "Team Blue"), ("STRANGER", "Stranger")] {
        let app = demo.parties.app(name)?;
        lines.push_str(&format!(
            "{variable}=$(curl -sk {}/{}/oauth2/v2.0/token -d grant_type=client_credentials -d client_id={} -d \
             client_secret={} -d scope=api://models/.default | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')\n",
            demo.parties.authority(),
            tenant.id(),
            app.id(),
            app.secrets().first().map_or("", String::as_str),
        ));
    }
    Ok(lines)
}

/// What runs where.
fn places(demo: &Demo) -> String {
    let addresses = demo.instance.addresses();
    let operators = addresses.admin.map_or_else(String::new, |admin| {
        format!("  operators  http://{admin}/-/config  /-/ready  /metrics\n")
    });
    format!(
        "  gateway    http://{}\n{operators}  models     {}  (simulated; what they received: \
         /_simulator/requests)\n  identity   {}  (a simulated Entra tenant)\n  machine    {}  (its managed \
         identity)\n  vault      {}  (Key Vault's interface; the models' keys are here)\n",
        addresses.gateway,
        demo.models.base_url(),
        demo.parties.authority(),
        demo.parties.identity.machine(),
        demo.parties.vault_url(),
    )
}

/// Who may call.
fn callers(demo: &Demo) -> String {
    format!(
        "  team-a     {}  may use gpt-4o-mini and text-embedding-3-small\n  team-b     {}  may use all \
         models\n  Team Red   $RED       its token's roles allow gpt-4o-mini, text-embedding-3-small and \
         mistral-small-latest\n  Team Blue  $BLUE      its token's roles allow gpt-4o and \
         command-a-03-2025\n\nThe models take neither these keys nor these tokens: the gateway signs in with what is \
         its own.\n",
        demo.callers.team_a, demo.callers.team_b,
    )
}
