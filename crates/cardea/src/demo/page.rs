//! What the demo prints: what runs where, and calls to copy.

use super::Demo;
use super::calls::table;

/// The page.
#[must_use]
pub(crate) fn text(demo: &Demo) -> String {
    let addresses = demo.instance.addresses();
    let gateway = addresses.gateway;
    let mut page = format!(
        "Cardea runs. Everything listens on loopback and ends with Ctrl-C.\n\n  gateway    http://{gateway}\n"
    );
    if let Some(admin) = addresses.admin {
        page.push_str(&format!("  operators  http://{admin}/-/config  /-/ready  /metrics\n"));
    }
    page.push_str(&format!(
        "  models     http://{}  (simulated; what they received: /_simulator/requests)\n",
        demo.models.address()
    ));
    page.push_str(&format!(
        "\n  team-a  {}  may use gpt-4o-mini and text-embedding-3-small\n",
        demo.callers.team_a
    ));
    page.push_str(&format!("  team-b  {}  may use all models\n", demo.callers.team_b));
    page.push_str("\nThe models refuse these two keys: the gateway signs in with its own.\n\nTry:\n");
    for call in table(&demo.callers).iter().filter(|call| call.printed) {
        page.push_str(&format!("\n# {} ({})\n{}\n", call.title, call.status, call.curl(gateway)));
    }
    page.push_str("\nThe same calls, made and compared: cardea demo --check\n");
    page
}
