//! Subscriptions as units. None of them has a key: what has is never kept.

use std::sync::Arc;

use jiff::Timestamp;
use model::{
    ApiId, DisplayName, JsonText, ProductId, Subscription, SubscriptionDates, SubscriptionId,
    SubscriptionScope, SubscriptionState, UserId, WorkspaceId,
};

use super::places::{Files, Known};
use super::{Damaged, Reader, Writer};
use crate::load::SubscriptionRead;

pub(super) fn write(read: &SubscriptionRead, writer: &mut Writer, files: &mut Files) {
    let subscription = &*read.subscription;
    writer.text(subscription.id.as_str());
    writer.maybe(subscription.workspace.as_ref(), |writer, id| writer.text(id.as_str()));
    writer.text(subscription.display_name.as_str());
    scope(&subscription.scope, writer);
    writer.maybe(subscription.owner.as_ref(), |writer, id| writer.text(id.as_str()));
    writer.text(subscription.state.name());
    writer.maybe(subscription.state_comment.as_deref(), Writer::text);
    let SubscriptionDates { created, start, expiration, end } = &subscription.dates;
    for date in [created, start, expiration, end] {
        writer.maybe(date.as_ref(), |writer, date| moment(*date, writer));
    }
    writer.flag(subscription.allow_tracing);
    writer.maybe(subscription.rest.as_ref(), |writer, rest| writer.text(rest.as_str()));
    files.maybe(writer, subscription.origin.as_ref());
    files.place(writer, &read.scope_at);
    files.maybe(writer, read.owner_at.as_ref());
}

pub(super) fn read(reader: &mut Reader<'_>, files: &Known) -> Result<SubscriptionRead, Damaged> {
    let id = SubscriptionId::new(reader.text()?).map_err(|_| Damaged)?;
    let workspace = reader.maybe(|reader| WorkspaceId::new(reader.text()?).map_err(|_| Damaged))?;
    let display_name = DisplayName::of(reader.shared()?).map_err(|_| Damaged)?;
    let scope = read_scope(reader)?;
    let mut subscription = Subscription::new(id, display_name, scope);
    subscription.workspace = workspace;
    subscription.owner = reader.maybe(|reader| UserId::of(reader.shared()?).map_err(|_| Damaged))?;
    let state = reader.text()?;
    let known = SubscriptionState::ALL.into_iter().find(|each| each.name() == state);
    subscription.state = known.ok_or(Damaged)?;
    subscription.state_comment = reader.maybe(Reader::shared)?;
    subscription.dates = SubscriptionDates {
        created: reader.maybe(read_moment)?,
        start: reader.maybe(read_moment)?,
        expiration: reader.maybe(read_moment)?,
        end: reader.maybe(read_moment)?,
    };
    subscription.allow_tracing = reader.flag()?;
    subscription.rest = reader.maybe(Reader::shared)?.map(JsonText::new);
    subscription.origin = files.maybe(reader)?;
    let scope_at = files.place(reader)?;
    let owner_at = files.maybe(reader)?;
    Ok(SubscriptionRead { subscription: Arc::new(subscription), scope_at, owner_at })
}

fn scope(scope: &SubscriptionScope, writer: &mut Writer) {
    let (kind, name) = match scope {
        SubscriptionScope::Product(id) => (0, id.as_str()),
        SubscriptionScope::Api(id) => (1, id.as_str()),
        SubscriptionScope::AllApis => (2, ""),
        SubscriptionScope::AllAccess => (3, ""),
    };
    writer.number(kind);
    writer.text(name);
}

fn read_scope(reader: &mut Reader<'_>) -> Result<SubscriptionScope, Damaged> {
    let (kind, name) = (reader.number()?, reader.shared()?);
    Ok(match kind {
        0 => SubscriptionScope::Product(ProductId::of(name).map_err(|_| Damaged)?),
        1 => SubscriptionScope::Api(ApiId::of(name).map_err(|_| Damaged)?),
        2 => SubscriptionScope::AllApis,
        3 => SubscriptionScope::AllAccess,
        _ => return Err(Damaged),
    })
}

pub(super) fn moment(moment: Timestamp, writer: &mut Writer) {
    writer.wide(u128::from_le_bytes(moment.as_nanosecond().to_le_bytes()));
}

pub(super) fn read_moment(reader: &mut Reader<'_>) -> Result<Timestamp, Damaged> {
    let nanoseconds = i128::from_le_bytes(reader.wide()?.to_le_bytes());
    Timestamp::from_nanosecond(nanoseconds).map_err(|_| Damaged)
}
