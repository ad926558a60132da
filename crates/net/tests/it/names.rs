//! Names: asked again, bounded, and remembered while nobody answers.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::Response;
use net::{Client, ClientSettings, Destination, ErrorKind, Lookup, LookupFuture, NameSettings, Options};
use parking_lot::Mutex;
use tokio::time::{Instant, timeout};

use crate::server::{self, Body, full, get, text};

/// What the resolver says of a name.
#[derive(Clone, Debug)]
enum Says {
    Addresses(Vec<IpAddr>),
    Fails,
    Nothing,
}

/// A resolver that says what the test wants, and counts how often it is asked.
#[derive(Debug, Default)]
struct Scripted {
    names: Mutex<HashMap<String, Says>>,
    asked: AtomicUsize,
}

impl Scripted {
    fn say(&self, name: &str, says: Says) {
        self.names.lock().insert(name.to_owned(), says);
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Lookup for Scripted {
    fn lookup(&self, host: &str) -> LookupFuture {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let says = self.names.lock().get(host).cloned().unwrap_or(Says::Fails);
        Box::pin(async move {
            match says {
                Says::Addresses(addresses) => Ok(addresses),
                Says::Fails => Err(io::Error::other("the resolver is away")),
                Says::Nothing => std::future::pending().await,
            }
        })
    }
}

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// The same machine by another name.
const ALSO_HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

struct World {
    resolver: Arc<Scripted>,
    client: Client<Body>,
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl World {
    async fn new() -> Self {
        let resolver = Arc::new(Scripted::default());
        let names = NameSettings { lookup: Arc::clone(&resolver) as _, ..NameSettings::default() };
        let client = Client::new(ClientSettings { names, ..ClientSettings::default() });
        let listener = tokio::net::TcpListener::bind("0.0.0.0:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = server::http_at(listener, |_| async { Response::new(full("hello")) });
        Self { resolver, client, port, connections }
    }

    fn destination(&self, host: &str) -> Destination {
        Destination::new(&format!("http://{host}:{}", self.port).parse().unwrap(), Options::default())
            .unwrap()
    }

    async fn call(&self, host: &str) -> Result<String, ErrorKind> {
        let sent = self.client.send(&self.destination(host), get("/")).await;
        Ok(text(sent.map_err(|error| error.kind())?).await)
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Lets tasks run while the clock is paused and advanced.
async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}

#[tokio::test(start_paused = true)]
async fn a_kept_connection_does_not_outlive_the_addresses_of_its_name() {
    let world = World::new().await;
    world.resolver.say("model.example", Says::Addresses(vec![HERE]));
    assert_eq!(world.call("model.example").await.unwrap(), "hello");
    pass(Duration::from_secs(15)).await;
    assert_eq!(world.call("model.example").await.unwrap(), "hello");
    assert_eq!(world.connections(), 1, "the name has not changed");

    world.resolver.say("model.example", Says::Addresses(vec![ALSO_HERE]));
    // Two answers without the address: one of a resolver that gives them in turns is not enough.
    pass(Duration::from_secs(41)).await;
    assert_eq!(world.client.idle_connections(), 0);
    assert_eq!(world.call("model.example").await.unwrap(), "hello");
    assert_eq!(world.connections(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_last_good_answer_serves_for_a_bounded_time_while_the_resolver_is_away() {
    for away in [Says::Fails, Says::Nothing] {
        let world = World::new().await;
        world.resolver.say("model.example", Says::Addresses(vec![HERE]));
        assert_eq!(world.call("model.example").await.unwrap(), "hello");
        world.resolver.say("model.example", away.clone());
        // The connection is closed meanwhile, so that another needs the name.
        pass(Duration::from_secs(120)).await;
        assert_eq!(world.client.idle_connections(), 0);
        let before = Instant::now();
        assert_eq!(world.call("model.example").await.unwrap(), "hello", "{away:?}");
        assert!(before.elapsed() < Duration::from_secs(2), "{away:?}");
        pass(Duration::from_secs(3_600)).await;
        let expected = if matches!(away, Says::Fails) { ErrorKind::Dns } else { ErrorKind::DnsTimeout };
        assert_eq!(world.call("model.example").await.unwrap_err(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_that_nobody_answers_for_holds_up_no_other_and_is_asked_for_once() {
    let world = World::new().await;
    world.resolver.say("slow.example", Says::Nothing);
    world.resolver.say("model.example", Says::Addresses(vec![HERE]));
    let before = Instant::now();
    let calls = (0..200).map(|_| world.call("slow.example"));
    let (slow, quick) = tokio::join!(futures_util::future::join_all(calls), async {
        let answer = world.call("model.example").await;
        (answer, before.elapsed())
    });
    assert_eq!(quick.0.unwrap(), "hello");
    assert!(quick.1 < Duration::from_secs(1));
    assert!(slow.into_iter().all(|answer| answer.unwrap_err() == ErrorKind::DnsTimeout));
    assert_eq!(before.elapsed(), Duration::from_secs(5));
    assert_eq!(world.resolver.asked(), 2, "one lookup a name");
}

/// Names of the configuration have places that names made by policies cannot take.
#[tokio::test(start_paused = true)]
async fn names_made_by_policies_do_not_take_the_places_of_others() {
    let world = World::new().await;
    world.resolver.say("model.example", Says::Addresses(vec![HERE]));
    let guard = Some(net::Guard { allow_loopback: true, ..net::Guard::default() });
    let made: Vec<_> = (0..100)
        .map(|number| {
            let host = format!("n{number}.example");
            world.resolver.say(&host, Says::Nothing);
            let url = format!("http://{host}:{}", world.port).parse().unwrap();
            Destination::new(&url, Options { guard, ..Options::default() }).unwrap()
        })
        .collect();
    let calls = made.iter().map(|to| world.client.send(to, get("/")));
    let all = futures_util::future::join_all(calls);
    let _given_up = timeout(Duration::from_secs(1), all).await.map(drop);
    assert_eq!(world.resolver.asked(), 16);
    assert_eq!(world.call("model.example").await.unwrap(), "hello");
}

/// A new connection asks anew once the answer is old, and at once when nobody was reached where it leads.
#[tokio::test(start_paused = true)]
async fn an_answer_that_leads_nowhere_is_not_kept() {
    let world = World::new().await;
    let nowhere = IpAddr::V4(Ipv4Addr::new(127, 255, 255, 254));
    world.resolver.say("model.example", Says::Addresses(vec![nowhere]));
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let url = format!("http://model.example:{closed}").parse().unwrap();
    let dead = Destination::new(&url, Options::default()).unwrap();
    assert_eq!(world.client.send(&dead, get("/")).await.unwrap_err().kind(), ErrorKind::Connect);
    world.resolver.say("model.example", Says::Addresses(vec![HERE]));
    assert_eq!(world.call("model.example").await.unwrap(), "hello");
    assert_eq!(world.resolver.asked(), 2);
}

/// DNS rebinding (decision 25): what a name leads to is judged at every connection, not when the name is first seen, and
/// of several addresses those that are not allowed are not called.
#[tokio::test(start_paused = true)]
async fn a_name_that_turns_inwards_is_not_followed() {
    let world = World::new().await;
    let inside = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
    // Of the addresses that a test can call, all are this machine's: here they stand for the public ones.
    let guard = Some(net::Guard { allow_loopback: true, ..net::Guard::default() });
    let url = format!("http://rebound.example:{}", world.port).parse().unwrap();
    let to = Destination::new(&url, Options { guard, ..Options::default() }).unwrap();
    for (says, expected) in [
        (vec![HERE], None),
        (vec![inside], Some(ErrorKind::Guarded)),
        (vec![inside, HERE], None),
        (vec!["169.254.169.254".parse().unwrap()], Some(ErrorKind::Guarded)),
        (
            vec!["::ffff:10.0.0.1".parse().unwrap(), "fd00:ec2::254".parse().unwrap()],
            Some(ErrorKind::Guarded),
        ),
        (vec![HERE], None),
    ] {
        world.resolver.say("rebound.example", Says::Addresses(says.clone()));
        // Until the last answer is old and its connection closed.
        pass(Duration::from_secs(120)).await;
        let sent = world.client.send(&to, get("/")).await;
        assert_eq!(sent.err().map(|error| error.kind()), expected, "{says:?}");
    }
}
