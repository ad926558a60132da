//! What changes for callers between two configurations, and who can reach which deployment.
//!
//! [`compare`] takes two configurations and gives a [`Difference`]: not which lines of which files differ, but which
//! calls are answered differently, by whom and through which policies. [`access`] gives the table that the difference of
//! access is made from, for one configuration.
//!
//! ```
//! use model::{Api, ApiId, ApiPath, Configuration, DisplayName};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let with = |required| -> Result<Configuration, Box<dyn std::error::Error>> {
//!     let mut api = Api::new(ApiId::new("echo")?, DisplayName::new("Echo")?, ApiPath::new("echo")?);
//!     api.subscription_required = required;
//!     let mut configuration = Configuration::default();
//!     configuration.apis.insert(api)?;
//!     Ok(configuration)
//! };
//! let difference = plan::compare(&with(true)?, &with(false)?);
//! let [change] = difference.changes.as_slice() else { return Err("one change".into()) };
//! assert_eq!((change.code(), change.weight), ("api-changed".to_owned(), plan::Weight::Opens));
//! # Ok(())
//! # }
//! ```
//!
//! It reads policy documents and compiles none: what an expression does is not known, and it is never guessed. No IO, no
//! clock: dates of subscriptions are compared and not judged.

mod access;
mod change;
mod effective;
mod realm;
mod resources;
mod text;
mod words;

pub use access::{Caller, Certainty, Deployment, Row, Spot, access};
pub use change::{Change, Detail, Difference, How, Kind, Weight};
pub use text::{access_text, difference_text};

use model::Configuration;
use realm::{Both, Realm};

/// What changes for callers when `b` takes the place of `a`, the most dangerous first.
#[must_use]
pub fn compare(a: &Configuration, b: &Configuration) -> Difference {
    let built_in = realm::built_in();
    let (a, b) = (Realm::service(a, &built_in), Realm::service(b, &built_in));
    let mut changes = Vec::new();
    for both in realms(a, b) {
        let mut documents = effective::Documents::default();
        resources::compare(&both, &mut documents, &mut changes);
        effective::compare(&both, &mut documents, &mut changes);
        access::compare(&both, &mut documents, &mut changes);
    }
    Difference::sorted(changes)
}

/// The service with itself, and each workspace with the one of its name; one that is on one side only is compared with
/// an empty one.
fn realms<'a>(a: Realm<'a>, b: Realm<'a>) -> Vec<Both<'a>> {
    let only_a = a.workspaces().filter(|id| !b.workspaces().any(|other| other == *id));
    let workspaces: Vec<Both<'a>> =
        b.workspaces().chain(only_a).map(|id| Both { a: a.workspace(id), b: b.workspace(id) }).collect();
    std::iter::once(Both { a, b }).chain(workspaces).collect()
}
