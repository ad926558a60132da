//! `ip-filter`: lets callers of some addresses in, or keeps them out.
//!
//! ```xml
//! <ip-filter action="allow">
//!     <address>13.66.201.169</address>
//!     <address-range from="10.0.0.0" to="10.0.255.255" />
//! </ip-filter>
//! ```
//!
//! It looks at the address of the caller's connection, not at what headers say of it.

use std::net::IpAddr;

use expr::{Exception, Expected, Facts, Heap, Text, Value};
use policy::spec::{Example, Kind, Order, Repeat, attribute, child, text};
use policy::{
    Action, CompileCx, Exchange, Fault, FaultKind, Flow, PolicySpec, Reader, Reported, RunSync, Scopes, Sections,
    Setting, SettingValue, StepResult,
};
use source::Diagnostic;

use crate::parts::words::words;

pub(crate) const SPEC: PolicySpec = PolicySpec {
    element: "ip-filter",
    summary: "Lets callers of some addresses in, or keeps them out.",
    sections: Sections::INBOUND,
    scopes: Scopes::ALL,
    repeat: Repeat::Many,
    attributes: &[attribute(
        "action",
        Kind::Enum(FilterAction::WORDS),
        "Whether the addresses are the only ones let in, or those kept out.",
    )
    .required()],
    children: &[
        child("address", "One address.").children(&[text("The address.").times(1, 1)]),
        child("address-range", "All addresses from one to another, both included.").attributes(&[
            attribute("from", Kind::String, "The first address.").required(),
            attribute("to", Kind::String, "The last address.").required(),
        ]),
    ],
    order: Order::Any,
    reads: Facts::NONE,
    notes: &[
        "At least one `address` or `address-range` must be given. Addresses are compared as numbers, and both ends of a \
         range belong to it.",
        "An IPv4 address that is written as IPv6 (`::ffff:10.0.0.1`) is the IPv4 address. The two addresses of a range \
         must be of one kind, the first not above the last.",
        "A refused caller gets 403. Filters of several scopes apply one after another.",
        "A caller whose address is not known is refused, be the action `allow` or `forbid`.",
    ],
    differences: &[],
    source: "https://learn.microsoft.com/azure/api-management/ip-filter-policy",
    examples: &[
        Example {
            title: "Only the office",
            document: r#"<ip-filter action="allow">
    <address-range from="10.1.0.0" to="10.1.255.255" />
</ip-filter>"#,
            when: "client 10.2.0.1\n> GET /",
            then: "no call\n< 403\n<\n< { \"statusCode\": 403, \"message\": \"Forbidden\" }\nerror message = Caller IP address 10.2.0.1 is not allowed. Access denied.",
        },
        Example {
            title: "Everybody but one",
            document: r#"<ip-filter action="forbid">
    <address>203.0.113.7</address>
</ip-filter>"#,
            when: "client 203.0.113.8\n> GET /",
            then: "> GET /\n< 200",
        },
    ],
};

words! {
    /// What the filter does with the addresses.
    enum FilterAction {
        /// Only they are let in.
        Allow = "allow",
        /// They are kept out.
        Forbid = "forbid",
    }
}

/// `ip-filter`, compiled.
#[derive(Debug)]
struct IpFilter {
    action: Setting<FilterAction>,
    rules: Vec<Rule>,
}

#[derive(Debug)]
enum Rule {
    Address(Setting<Address>),
    Range(Setting<Address>, Setting<Address>),
}

/// An address. IPv4 in the form of IPv6 has become IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Address(IpAddr);

impl Address {
    fn read(text: &Text) -> Option<Self> {
        text.as_str().trim().parse::<IpAddr>().ok().map(|address| Self(address.to_canonical()))
    }
}

impl SettingValue for Address {
    fn expected() -> Expected {
        Expected::String
    }

    fn from_text(text: &Text) -> Result<Self, String> {
        Self::read(text).ok_or_else(|| match text.as_str().contains('/') {
            true => "it must be one address; write a network as `address-range` from its first to its last".to_owned(),
            false => "it must be an IPv4 or IPv6 address".to_owned(),
        })
    }

    fn from_value(value: Value, heap: &Heap) -> Result<Self, Exception> {
        let text = Text::from_value(value, heap)?;
        Self::read(&text).ok_or_else(|| Exception::format("The value is not an IP address."))
    }
}

pub(crate) fn compile(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<Action, Reported> {
    let action = reader.required("action", cx);
    let single: Vec<_> =
        reader.children("address").map(|child| child.text(cx).map(Rule::Address)).collect();
    let ranges: Vec<_> = reader.children("address-range").map(|child| range(&child, cx)).collect();
    if single.is_empty() && ranges.is_empty() {
        let message = "`ip-filter` needs an `address` or an `address-range`";
        return Err(cx.report(Diagnostic::error("missing-element", message).at(reader.location())));
    }
    let rules = single.into_iter().chain(ranges).collect::<Result<_, _>>()?;
    Ok(Action::Sync(Box::new(IpFilter { action: action?, rules })))
}

fn range(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<Rule, Reported> {
    let from = reader.required::<Address>("from", cx);
    let to = reader.required::<Address>("to", cx);
    let (from, to) = (from?, to?);
    if let (Some(first), Some(last)) = (from.fixed(), to.fixed())
        && let Err(why) = ordered(*first, *last)
    {
        return Err(cx.report(Diagnostic::error("wrong-range", why).at(reader.location())));
    }
    Ok(Rule::Range(from, to))
}

/// Why two addresses make no range.
fn ordered(from: Address, to: Address) -> Result<(), &'static str> {
    if from.0.is_ipv4() != to.0.is_ipv4() {
        return Err("a range cannot go from IPv4 to IPv6 or back");
    }
    if from.0 > to.0 { Err("the first address of a range is above its last") } else { Ok(()) }
}

impl RunSync for IpFilter {
    fn run(&self, exchange: &mut Exchange) -> StepResult {
        let action = self.action.get(exchange)?;
        let Some(caller) = exchange.request.client_ip.map(|address| address.to_canonical()) else {
            return Err(Fault::new(FaultKind::FailedToParseCallerIp));
        };
        match (action, self.matches(caller, exchange)?) {
            (FilterAction::Allow, false) => {
                let message = format!("Caller IP address {caller} is not allowed. Access denied.");
                Err(Fault::with_message(FaultKind::CallerIpNotAllowed, message))
            }
            (FilterAction::Forbid, true) => Err(Fault::new(FaultKind::CallerIpBlocked)),
            _ => Ok(Flow::Next),
        }
    }
}

impl IpFilter {
    fn matches(&self, caller: IpAddr, exchange: &mut Exchange) -> Result<bool, Fault> {
        for rule in &self.rules {
            let matches = match rule {
                Rule::Address(address) => address.get(exchange)?.0 == caller,
                Rule::Range(from, to) => {
                    let (from, to) = (from.get(exchange)?, to.get(exchange)?);
                    ordered(from, to).map_err(bad_range)?;
                    (from.0..=to.0).contains(&caller)
                }
            };
            if matches {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn bad_range(why: &str) -> Fault {
    Fault::with_message(FaultKind::PolicyFailure, format!("An address range makes no sense: {why}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &'static str) -> Address {
        Address::from_text(&Text::from_static(text)).unwrap()
    }

    #[test]
    fn addresses_are_numbers_and_of_one_kind_in_a_range() {
        assert_eq!(address("::ffff:10.0.0.1"), address("10.0.0.1"));
        assert!(ordered(address("10.0.0.9"), address("10.0.0.10")).is_ok());
        assert!(ordered(address("10.0.0.10"), address("10.0.0.9")).is_err());
        assert!(ordered(address("10.0.0.1"), address("fd00::1")).is_err());
        let wanted = Address::from_text(&Text::from_static("10.0.0.0/8")).unwrap_err();
        assert!(wanted.contains("address-range"), "{wanted}");
    }
}
