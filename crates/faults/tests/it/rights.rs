//! What only root may do. Whoever runs the tests as somebody else, or in a container without the right to mount, is told
//! what was left out.

use std::process::{Command, Stdio};

/// Whether file systems may be mounted here, in a namespace of their own too. Says on standard error when not.
pub(crate) fn to_mount() -> bool {
    let mut trial = Command::new("unshare");
    trial
        .args(["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let may = trial.status().is_ok_and(|status| status.success());
    if !may {
        eprintln!("left out: this needs the right to mount file systems");
    }
    may
}
