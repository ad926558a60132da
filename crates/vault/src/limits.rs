//! Limits of what is kept.
//!
//! COMPAT: value 25 KB and content type 255 characters (`management.md` 3.1); 15 tags of up to 256 and 256 characters
//! (Key Vault, about secrets); 1 to 25 entries a page (`maxresults` of the REST interface).

use std::collections::BTreeMap;

use crate::{NewSecret, Problem, SecretChange};

/// Bytes of a value.
const VALUE: usize = 25 * 1024;
/// Characters of a content type.
const CONTENT_TYPE: usize = 255;
/// Tags of a version.
const TAGS: usize = 15;
/// Characters of a tag's name, and of its text.
const TAG: usize = 256;
/// The end of the year 9999, the last instant that clients can write.
const LAST_SECOND: i64 = 253_402_300_799;

/// Entries of a page.
pub(crate) const PAGE: u32 = 25;

/// Refuses a version that is too large.
pub(crate) fn check_new(new: &NewSecret) -> Result<(), Problem> {
    if new.value.expose().len() > VALUE {
        return Err(Problem::BadParameter(format!("the value has more than {VALUE} bytes")));
    }
    check(&new.about)
}

/// Refuses what a version cannot say.
pub(crate) fn check(about: &SecretChange) -> Result<(), Problem> {
    let bad = |why: String| Err(Problem::BadParameter(why));
    if about.content_type.as_ref().is_some_and(|text| text.chars().count() > CONTENT_TYPE) {
        return bad(format!("contentType has more than {CONTENT_TYPE} characters"));
    }
    for (what, instant) in [("nbf", about.not_before), ("exp", about.expires)] {
        if instant.is_some_and(|at| !(0..=LAST_SECOND).contains(&at)) {
            return bad(format!("{what} is not an instant in seconds since 1970"));
        }
    }
    about.tags.as_ref().map_or(Ok(()), check_tags)
}

fn check_tags(tags: &BTreeMap<String, String>) -> Result<(), Problem> {
    if tags.len() > TAGS {
        return Err(Problem::BadParameter(format!("there are more than {TAGS} tags")));
    }
    let long = |text: &String| text.chars().count() > TAG;
    if tags.iter().any(|(name, text)| long(name) || long(text)) {
        return Err(Problem::BadParameter(format!("a tag has more than {TAG} characters")));
    }
    Ok(())
}
