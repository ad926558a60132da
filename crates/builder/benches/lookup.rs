//! What finding a route and finding a key cost with 10 and with 100,000 operations and subscriptions.
//!
//! ```console
//! $ cargo bench -p builder --bench lookup
//! ```
//!
//! *Hot*: the same ten callers call the same ten operations, whatever else there is. *Spread*: calls go to all of them
//! in an order that looks random, so that most of what is read lies outside of the processor's caches. Rounds of the
//! sizes are interleaved; printed is the best round of each, in nanoseconds, and what it is to that of 10. Nothing is
//! asserted.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark measures time, prints, and may stop"
)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gateway::Callers;
use http::{HeaderMap, Method};
use model::routing::{Outcome, RouteRequest, RouteTable};
use model::{
    Api, ApiId, ApiPath, Collection, DisplayName, Operation, OperationId, Subscription, SubscriptionId,
    SubscriptionKey, SubscriptionScope, UrlTemplate,
};
use secret::{Secret, SecretSlot};

const SIZES: [usize; 4] = [10, 1_000, 10_000, 100_000];
const CALLS: usize = 200_000;
/// Calls whose texts are received at once.
const BATCH: usize = 64;
const ROUNDS: usize = 9;

/// What is looked up in, and what is looked up.
struct Place {
    size: usize,
    table: RouteTable,
    callers: Callers,
    paths: Vec<String>,
    keys: Vec<String>,
}

impl Place {
    /// Ten operations an API.
    fn of(size: usize) -> Self {
        let apis: Vec<Arc<Api>> = (0..size / 10).map(api).collect();
        let (table, problems) = RouteTable::new(&apis, &Collection::new());
        assert!(problems.is_empty());
        let paths =
            (0..size).map(|at| format!("/area-{}/api-{}/things-{}/42", at / 10 % 97, at / 10, at % 10));
        let keys: Vec<String> = (0..size).map(|at| format!("{at:08x}5f3b{:020x}", at * 7919)).collect();
        let subscriptions = keys.iter().enumerate().map(|(at, key)| subscription(at, key));
        let callers = Callers::new(&[7; 32], subscriptions, []);
        Self { size, table, callers, paths: paths.collect(), keys }
    }

    /// The `call`-th of many: among the first `among`, in an order that looks random.
    fn pick(call: usize, among: usize) -> usize {
        call.wrapping_mul(2_654_435_761) % among
    }

    fn routes(&self, among: usize) -> f64 {
        let headers = HeaderMap::new();
        nanoseconds(&self.paths, among, |path| {
            let request = RouteRequest { method: &Method::GET, path, query: None, headers: &headers };
            let found = self.table.find(&request);
            assert!(matches!(black_box(found), Outcome::Found(_)));
        })
    }

    fn keys(&self, among: usize) -> f64 {
        nanoseconds(&self.keys, among, |key| {
            assert!(black_box(self.callers.subscription(key)).is_some());
        })
    }
}

/// What a request carries was just received, and so is in the processor's caches: texts are copied there before the time
/// is taken.
fn nanoseconds(texts: &[String], among: usize, mut call: impl FnMut(&str)) -> f64 {
    let mut received = vec![String::new(); BATCH];
    let mut took = Duration::ZERO;
    for batch in 0..CALLS / BATCH {
        for (at, text) in received.iter_mut().enumerate() {
            text.clear();
            text.push_str(&texts[Place::pick(batch * BATCH + at, among)]);
        }
        let began = Instant::now();
        received.iter().for_each(|text| call(text));
        took += began.elapsed();
    }
    took.as_nanos() as f64 / (CALLS / BATCH * BATCH) as f64
}

fn api(number: usize) -> Arc<Api> {
    let path = format!("area-{}/api-{number}", number % 97);
    let id = ApiId::new(&format!("api-{number}")).unwrap();
    let mut api = Api::new(id, DisplayName::new("An API").unwrap(), ApiPath::new(&path).unwrap());
    for operation in 0..10 {
        let template = UrlTemplate::new(&format!("/things-{operation}/{{id}}")).unwrap();
        let id = OperationId::new(&format!("get-{operation}")).unwrap();
        api.operations.push(Operation::new(id, DisplayName::new("Get").unwrap(), Method::GET, template));
    }
    Arc::new(api)
}

fn subscription(number: usize, key: &str) -> Arc<Subscription> {
    let id = SubscriptionId::new(&format!("team-{number}")).unwrap();
    let name = DisplayName::new("A team").unwrap();
    let mut subscription = Subscription::new(id, name, SubscriptionScope::AllApis);
    let slot = SecretSlot::holding("key", Secret::new(key.to_owned()));
    subscription.primary = Some(SubscriptionKey::Known(slot));
    Arc::new(subscription)
}

fn main() {
    let places: Vec<Place> = SIZES.into_iter().map(Place::of).collect();
    println!("{:<16} {:>9} {:>18} {:>18}", "", "of", "hot", "spread");
    for (what, run) in [("route", Place::routes as fn(&Place, usize) -> f64), ("key", Place::keys)] {
        let mut best = vec![[f64::MAX; 2]; places.len()];
        for _ in 0..ROUNDS {
            for (place, best) in places.iter().zip(&mut best) {
                best[0] = best[0].min(run(place, 10));
                best[1] = best[1].min(run(place, place.size));
            }
        }
        for (place, [hot, spread]) in places.iter().zip(&best) {
            let (one, other) = (hot / best[0][0], spread / best[0][1]);
            println!(
                "{what:<16} {:>9} {hot:>8.0} ns {one:>5.2} x {spread:>8.0} ns {other:>5.2} x",
                place.size
            );
        }
    }
}
