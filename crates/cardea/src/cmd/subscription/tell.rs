//! Tells a gateway that runs on the same state directory of a change.

use std::path::Path;

use http::{Method, StatusCode};

use crate::cmd::admin;
use crate::cmd::serve::notice;
use crate::console;

/// Tells the gateway, and the person what came of it.
pub(super) async fn gateway(state_dir: &Path) {
    let Some(admin) = notice::read(state_dir) else {
        console::err(
            "no gateway with an admin listener runs on this state directory; one without takes the change within a second, others when they start\n",
        );
        return;
    };
    match admin::ask(admin, Method::POST, "/-/subscriptions/reload").await {
        Ok((StatusCode::OK, _)) => console::err("in effect\n"),
        Ok((status, _)) => console::err(&format!(
            "the gateway at {admin} answered {status}; it takes the change within a second\n"
        )),
        Err(_) => {
            console::err(&format!("no gateway answers at {admin}; the change takes effect when one starts\n"))
        }
    }
}
