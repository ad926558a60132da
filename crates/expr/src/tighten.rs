//! Nodes that belong together become one: after binding, before anything runs.

use crate::catalogue::{HostMember, HostObject};
use crate::code::{Code, Node};

/// Rewrites nodes in their places; those that are no longer referred to stay behind unused.
pub(crate) fn tighten(code: &mut Code) {
    for at in 0..code.nodes.len() {
        let Some(node) = code.nodes.get(at) else { continue };
        let tight = match *node {
            Node::Property(target, member) => match code.nodes.get(target.0 as usize) {
                Some(Node::Context(owner)) => {
                    object_of(*owner).map(|object| Node::Path { owner: *owner, object, member })
                }
                _ => None,
            },
            _ => None,
        };
        if let (Some(tight), Some(node)) = (tight, code.nodes.get_mut(at)) {
            *node = tight;
        }
    }
}

/// The object behind a property of `context`, when it is there.
fn object_of(member: HostMember) -> Option<HostObject> {
    Some(match member {
        HostMember::ContextApi => HostObject::Api,
        HostMember::ContextBackend => HostObject::Backend,
        HostMember::ContextDeployment => HostObject::Deployment,
        HostMember::ContextLastError => HostObject::LastError,
        HostMember::ContextOperation => HostObject::Operation,
        HostMember::ContextProduct => HostObject::Product,
        HostMember::ContextRequest => HostObject::Request,
        HostMember::ContextResponse => HostObject::Response,
        HostMember::ContextSubscription => HostObject::Subscription,
        HostMember::ContextUser => HostObject::User,
        HostMember::ContextWorkspace => HostObject::Workspace,
        _ => return None,
    })
}
