//! Resources: what is said of each property against what becomes of it.

use compatibility::facts::resources::resources;
use compatibility::resources::judge;

#[test]
fn every_property_has_one_verdict_and_the_probes_agree() {
    if let Err(mistakes) = judge(resources().unwrap()) {
        panic!("{mistakes:#}");
    }
}
