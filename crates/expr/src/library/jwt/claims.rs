//! The claims of a token: the dictionary that C# sees, and single claims read without it.
//!
//! ```text
//! jwt.Claims.GetValueOrDefault("appid", "")   one claim: no dictionary is made
//! jwt.Claims                                  the dictionary, once a request
//! ```
//!
//! A token is remembered longer than a request, and its claims never change: their texts are made once for all requests that
//! bring it. Objects belong to a request; who asks for one of them again gets the same.

use std::sync::Arc;

use crate::eval::{Cx, Eval};
use crate::library::NativeFn;
use crate::library::arguments::arg;
use crate::library::dictionary as in_dictionary;
use crate::{Exception, Text, Value};

use super::{Jwt, Made, token};

/// The claims of a token as texts: what its dictionaries are made of, in every request that brings it.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) claims: Vec<(Text, Vec<Text>)>,
    pub(super) elsewhere: Vec<Text>,
}

impl Listed {
    /// A claim's place in the list; none when the token does not have it.
    ///
    /// # Errors
    /// When the token says that the claim stands elsewhere.
    fn place(&self, name: &Text) -> Result<Option<usize>, Exception> {
        let place = self.claims.iter().position(|(own, _)| own == name);
        match place {
            None if self.elsewhere.contains(name) => Err(in_dictionary::claim_elsewhere()),
            _ => Ok(place),
        }
    }

    fn values(&self, place: usize) -> &[Text] {
        self.claims.get(place).map(|(_, values)| values.as_slice()).unwrap_or_default()
    }
}

/// How an expression reads one claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// `Claims.GetValueOrDefault(name)`, with or without a default: the values joined by commas.
    Joined,
    /// `Claims[name]`.
    Values,
    /// `Claims.ContainsKey(name)`.
    Contains,
}

/// The function that reads one claim of a token: token, name, default.
///
/// It gives what the dictionary would, and makes none.
pub(crate) fn reader(reading: Reading) -> NativeFn {
    match reading {
        Reading::Joined => joined,
        Reading::Values => values,
        Reading::Contains => contains,
    }
}

/// `Jwt.Claims`.
pub(super) fn dictionary(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let jwt = token(cx, args)?;
    if let Some(made) = jwt.made.as_ref().and_then(|made| made.dictionary.clone()) {
        return Ok(made);
    }
    let known = jwt.made.as_ref().map(|made| made.values.clone()).unwrap_or_default();
    let content = Arc::clone(&jwt.content);
    let listed = content.listed();
    let claims = cx.heap.claims(&listed.claims, &listed.elsewhere, &known)?;
    if let Some(made) = made(cx, args) {
        made.dictionary = Some(claims.clone());
    }
    Ok(claims)
}

fn made<'c>(cx: &'c mut Cx<'_>, args: &[Value]) -> Option<&'c mut Made> {
    let jwt = cx.heap.native_mut::<Jwt>(arg(args, 0))?;
    Some(jwt.made.get_or_insert_default())
}

/// Asks the dictionary. What an expression has of it may be another by now than what the token says: C# can cast it to
/// what it is, and change it.
fn by_dictionary(cx: &mut Cx<'_>, args: &[Value], ask: NativeFn) -> Eval {
    let dictionary = dictionary(cx, args)?;
    ask(cx, &[dictionary, arg(args, 1).clone(), arg(args, 2).clone()])
}

fn has_dictionary(jwt: &Jwt) -> bool {
    jwt.made.as_ref().is_some_and(|made| made.dictionary.is_some())
}

fn name(args: &[Value]) -> Result<&Text, Exception> {
    arg(args, 1).as_text().ok_or_else(|| Exception::argument_null("key"))
}

fn joined(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let jwt = token(cx, args)?;
    if jwt.made.is_some() {
        return by_dictionary(cx, args, in_dictionary::joined);
    }
    let listed = jwt.content.listed();
    let Some(place) = listed.place(name(args)?)? else { return Ok(arg(args, 2).clone()) };
    Ok(Value::Text(match listed.values(place) {
        [only] => only.clone(),
        several => {
            let texts: Vec<&str> = several.iter().map(Text::as_str).collect();
            Text::from(texts.join(",")).tainted_if(several.iter().any(Text::is_tainted))
        }
    }))
}

fn values(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let jwt = token(cx, args)?;
    if has_dictionary(jwt) {
        return by_dictionary(cx, args, in_dictionary::get);
    }
    let Some(place) = jwt.content.listed().place(name(args)?)? else { return cx.heap.strings([]) };
    let known = jwt.made.iter().flat_map(|made| &made.values).find(|(own, _)| *own == place);
    if let Some((_, value)) = known {
        return Ok(value.clone());
    }
    let texts = jwt.content.listed().values(place).to_vec();
    let value = cx.heap.strings(texts)?;
    if let Some(made) = made(cx, args) {
        made.values.push((place, value.clone()));
    }
    Ok(value)
}

fn contains(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let jwt = token(cx, args)?;
    if has_dictionary(jwt) {
        return by_dictionary(cx, args, in_dictionary::contains_key);
    }
    let place = jwt.content.listed().place(name(args)?)?;
    Ok(Value::Bool(place.is_some()))
}
