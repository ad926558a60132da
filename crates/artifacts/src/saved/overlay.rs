//! What `secrets.toml` and `overlay.toml` say. There may be very many keys of subscriptions among it.

use std::path::Path;
use std::sync::Arc;

use model::{
    ApiId, CertificateId, DateRule, GroupId, SecretReference, Service, SubscriptionId, User, UserId,
    UserIdentity, UserState, VaultReference, VaultSecretIdentifier, WorkspaceId,
};
use source::Location;

use super::api::{read_settings, settings};
use super::places::{Files, Known};
use super::subscription::{moment, read_moment};
use super::{Damaged, Reader, Writer};
use crate::Overlay;
use crate::overlay::{AuthorityFile, CertificateFiles, Inside, KeySlot, NamedReference};

type Read<T> = Result<T, Damaged>;

pub(super) fn write(overlay: &Overlay, writer: &mut Writer, files: &mut Files) {
    let Service { id, name, region, gateway_id, subscription_dates } = &overlay.service;
    [id, name, region, gateway_id].into_iter().for_each(|text| writer.text(text));
    writer.flag(*subscription_dates == DateRule::Informs);
    writer.list(&overlay.users, |writer, each| user(each, writer, files));
    writer.list(&overlay.certificates, |writer, each| {
        writer.text(each.id.as_str());
        writer.maybe(each.thumbprint.as_deref(), Writer::text);
        located(&each.chain, writer, files);
        located(&each.key, writer, files);
        files.place(writer, &each.at);
    });
    writer.list(&overlay.authorities, |writer, each| {
        writer.text(each.id.as_str());
        located(&each.certificate, writer, files);
        files.place(writer, &each.at);
    });
    inside(&overlay.inside, writer, files);
    writer.list(&overlay.workspaces, |writer, (id, each, at)| {
        writer.text(id.as_str());
        inside(each, writer, files);
        files.place(writer, at);
    });
}

pub(super) fn read(reader: &mut Reader<'_>, files: &Known) -> Read<Overlay> {
    let service = Service {
        id: reader.shared()?,
        name: reader.shared()?,
        region: reader.shared()?,
        gateway_id: reader.shared()?,
        subscription_dates: if reader.flag()? { DateRule::Informs } else { DateRule::Limits },
    };
    let users = reader.list(|reader| read_user(reader, files).map(Arc::new))?;
    let certificates = reader.list(|reader| {
        Ok(CertificateFiles {
            id: CertificateId::of(reader.shared()?).map_err(|_| Damaged)?,
            thumbprint: reader.maybe(Reader::shared)?,
            chain: read_located(reader, files)?,
            key: read_located(reader, files)?,
            at: files.place(reader)?,
        })
    })?;
    let authorities = reader.list(|reader| {
        Ok(AuthorityFile {
            id: CertificateId::of(reader.shared()?).map_err(|_| Damaged)?,
            certificate: read_located(reader, files)?,
            at: files.place(reader)?,
        })
    })?;
    let inside = read_inside(reader, files)?;
    let workspaces = reader.list(|reader| {
        let id = WorkspaceId::of(reader.shared()?).map_err(|_| Damaged)?;
        Ok((id, read_inside(reader, files)?, files.place(reader)?))
    })?;
    Ok(Overlay { service, users, certificates, authorities, inside, workspaces })
}

fn inside(inside: &Inside, writer: &mut Writer, files: &mut Files) {
    writer.list(&inside.named_values, |writer, each| {
        writer.text(&each.name);
        reference(&each.reference, writer);
        files.place(writer, &each.at);
    });
    writer.list(&inside.subscriptions, |writer, each| {
        let (id, slot) = &each.name;
        writer.text(id.as_str());
        writer.flag(*slot == KeySlot::Secondary);
        reference(&each.reference, writer);
        files.place(writer, &each.at);
    });
    writer.list(&inside.apis, |writer, (id, own, at)| {
        writer.text(id.as_str());
        settings(*own, writer);
        files.place(writer, at);
    });
}

fn read_inside(reader: &mut Reader<'_>, files: &Known) -> Read<Inside> {
    let named_values = reader.list(|reader| {
        let (name, reference) = (reader.shared()?, read_reference(reader)?);
        Ok(NamedReference { name, reference, at: files.place(reader)? })
    })?;
    let subscriptions = reader.list(|reader| {
        let id = SubscriptionId::new(reader.text()?).map_err(|_| Damaged)?;
        let slot = if reader.flag()? { KeySlot::Secondary } else { KeySlot::Primary };
        let reference = read_reference(reader)?;
        Ok(NamedReference { name: (id, slot), reference, at: files.place(reader)? })
    })?;
    let apis = reader.list(|reader| {
        let id = ApiId::of(reader.shared()?).map_err(|_| Damaged)?;
        Ok((id, read_settings(reader)?, files.place(reader)?))
    })?;
    Ok(Inside { named_values, subscriptions: Arc::new(subscriptions), apis })
}

fn located((place, at): &(SecretReference, Location), writer: &mut Writer, files: &mut Files) {
    reference(place, writer);
    files.place(writer, at);
}

fn read_located(reader: &mut Reader<'_>, files: &Known) -> Read<(SecretReference, Location)> {
    Ok((read_reference(reader)?, files.place(reader)?))
}

/// Paths are text: they were read from a file that is.
fn reference(reference: &SecretReference, writer: &mut Writer) {
    match reference {
        SecretReference::Env(name) => {
            writer.number(0);
            writer.text(name);
        }
        SecretReference::File(path) => {
            writer.number(1);
            writer.text(&path.to_string_lossy());
        }
        SecretReference::Vault(VaultReference { secret, identity_client_id }) => {
            writer.number(2);
            writer.text(&secret.to_string());
            writer.maybe(identity_client_id.as_deref(), Writer::text);
        }
    }
}

fn read_reference(reader: &mut Reader<'_>) -> Read<SecretReference> {
    let (kind, text) = (reader.number()?, reader.text()?);
    Ok(match kind {
        0 => SecretReference::Env(text.to_owned()),
        1 => SecretReference::File(Path::new(text).into()),
        2 => SecretReference::Vault(VaultReference {
            secret: VaultSecretIdentifier::parse(text).map_err(|_| Damaged)?,
            identity_client_id: reader.maybe(Reader::shared)?,
        }),
        _ => return Err(Damaged),
    })
}

const STATES: [UserState; 4] =
    [UserState::Active, UserState::Blocked, UserState::Pending, UserState::Deleted];

fn user(user: &User, writer: &mut Writer, files: &mut Files) {
    writer.text(user.id.as_str());
    [&user.email, &user.first_name, &user.last_name].into_iter().for_each(|text| writer.text(text));
    writer.count(STATES.iter().position(|state| *state == user.state).unwrap_or(0));
    writer.maybe(user.note.as_deref(), Writer::text);
    writer.maybe(user.registration_date, |writer, date| moment(date, writer));
    writer.list(&user.groups, |writer, group| writer.text(group.as_str()));
    writer.list(&user.identities, |writer, identity| {
        writer.text(&identity.provider);
        writer.text(&identity.id);
    });
    files.maybe(writer, user.origin.as_ref());
}

fn read_user(reader: &mut Reader<'_>, files: &Known) -> Read<User> {
    Ok(User {
        id: UserId::of(reader.shared()?).map_err(|_| Damaged)?,
        email: reader.shared()?,
        first_name: reader.shared()?,
        last_name: reader.shared()?,
        state: STATES.get(reader.small()? as usize).copied().ok_or(Damaged)?,
        note: reader.maybe(Reader::shared)?,
        registration_date: reader.maybe(read_moment)?,
        groups: reader.list(|reader| GroupId::of(reader.shared()?).map_err(|_| Damaged))?,
        identities: reader
            .list(|reader| Ok(UserIdentity { provider: reader.shared()?, id: reader.shared()? }))?,
        origin: files.maybe(reader)?,
    })
}
