//! Names of backends that cannot be resolved, or not soon. The program runs with files of its own in the place of `/etc/hosts`
//! and `/etc/resolv.conf`: both are read by the system at every look-up.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use faults::FaultProxy;

use crate::harness::{Api, Backend, Folder, Gateway, Start, eventually};
use crate::process::Held;
use crate::rights;

/// An address of loopback at which nobody is asked for names by anybody else.
const SERVER: &str = "127.9.9.9";
const KNOWN: &str = "127.0.0.1 localhost\n127.0.0.1 model.test\n";
const UNKNOWN: &str = "127.0.0.1 localhost\n";

/// A backend by name and by address, and a gateway that resolves names by files beside its folder.
struct Named {
    proxy: FaultProxy,
    hosts: PathBuf,
    _backend: Backend,
}

impl Named {
    async fn start(hosts_then: &str) -> (Self, Gateway) {
        let backend = Backend::start().await;
        let to = backend.url().trim_start_matches("http://").parse().expect("an address");
        let proxy = FaultProxy::start(to, None).await.expect("a port");
        let port = proxy.address().port();
        let folder = Folder::new()
            .api(&Api::new("named").to(&format!("http://model.test:{port}")))
            .api(&Api::new("plain").to(&backend.url()));
        let (hosts, resolver) = (folder.beside("hosts"), folder.beside("resolv.conf"));
        std::fs::write(&hosts, hosts_then).expect("a file");
        std::fs::write(&resolver, format!("nameserver {SERVER}\noptions timeout:3 attempts:1\n"))
            .expect("a file");
        let wrapper = wrapper(&folder, &hosts, &resolver);
        let start = Start::new(folder).program(wrapper).set("outbound.dns-seconds", "1");
        let gateway = start.set("outbound.name-seconds", "1").start().await;
        (Self { proxy, hosts, _backend: backend }, gateway)
    }

    fn resolve(&self, hosts: &str) {
        // In place: what is mounted is this very file.
        std::fs::write(&self.hosts, hosts).expect("a file");
    }
}

/// The program in a mount namespace of its own, which needs the rights of root.
fn wrapper(folder: &Folder, hosts: &std::path::Path, resolver: &std::path::Path) -> PathBuf {
    let program = crate::harness::command().get_program().to_owned();
    let script = format!(
        "#!/bin/sh\nexec unshare --mount sh -c 'mount --bind {} /etc/hosts && mount --bind {} /etc/resolv.conf && \
         exec {} \"$@\"' -- \"$@\"\n",
        hosts.display(),
        resolver.display(),
        program.display(),
    );
    let path = folder.beside("cardea-with-names");
    std::fs::write(&path, script).expect("a file");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("a file");
    path
}

async fn status(gateway: &Gateway, api: &str) -> u16 {
    gateway.get(&format!("/{api}")).send().await.status
}

/// What the next record says of its error.
async fn message(gateway: &mut Gateway) -> String {
    let error = gateway.record().await["lastError"].clone();
    assert!(error.is_null() || error["reason"] == "BackendConnectionFailure", "{error}");
    error["message"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_is_unknown_or_slow_fails_its_calls_only_and_is_used_once_it_is_known() {
    if !rights::to_mount() {
        return;
    }
    // Who asks this server waits in vain.
    let silent = tokio::net::UdpSocket::bind((SERVER, 53)).await.expect("the rights of root");
    let (named, mut gateway) = Named::start(UNKNOWN).await;
    let before = Held::at_rest(&gateway).await;
    let (failed, served) = tokio::join!(status(&gateway, "named"), status(&gateway, "plain"));
    assert_eq!((failed, served), (500, 200));
    let messages = [message(&mut gateway).await, message(&mut gateway).await].concat();
    assert!(messages.contains("was not resolved in time"), "{messages}");
    drop(silent);
    // Nobody is there any more who could be asked: the system is told so at once.
    eventually("gone", async || {
        assert_eq!(status(&gateway, "named").await, 500);
        message(&mut gateway).await.contains("could not be resolved").then_some(())
    })
    .await;
    named.resolve(KNOWN);
    eventually("the name is known", async || (status(&gateway, "named").await == 200).then_some(())).await;
    before.and_kept(2).again(&gateway).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_addresses_of_before_serve_while_names_cannot_be_resolved() {
    if !rights::to_mount() {
        return;
    }
    let (named, gateway) = Named::start(KNOWN).await;
    let before = Held::at_rest(&gateway).await;
    assert_eq!(status(&gateway, "named").await, 200);
    named.resolve(UNKNOWN);
    // Longer than an address is used without another look; each call on a connection of its own.
    let began = tokio::time::Instant::now();
    while began.elapsed() < std::time::Duration::from_secs(3) {
        assert_eq!(status(&gateway, "named").await, 200);
    }
    assert!(named.proxy.connections() > 2, "{}", named.proxy.connections());
    before.and_kept(1).again(&gateway).await;
}
