//! Nodes that belong together become one: after binding, before anything runs.

use crate::Value;
use crate::catalogue::{HostMember, HostObject};
use crate::code::{Code, Index, List, Node, NodeId, Site};
use crate::library::NativeFn;
use crate::pattern::is_linear;
use crate::registry::registry;

/// Rewrites nodes in their places; those that are no longer referred to stay behind unused.
pub(crate) fn tighten(code: &mut Code) {
    for at in 0..code.nodes.len() {
        let Some(node) = code.nodes.get(at).copied() else { continue };
        let tight = tighter(code, node).or_else(|| claim(code, node));
        if let (Some(tight), Some(node)) = (tight, code.nodes.get_mut(at)) {
            *node = tight;
        }
    }
}

/// Whether a regular expression that a program uses may take long: it is not known before, or tries ways one after the
/// other and has no engine of linear time.
pub(crate) fn searches_long(code: &Code) -> bool {
    code.nodes.iter().any(|node| {
        let Node::Call { site, args } = *node else { return false };
        let at = code.sites.get(site as usize).and_then(|site| registry().pattern_at(site.function));
        let Some(at) = at else { return false };
        let args = code.list(args);
        let pattern = args.get(at).and_then(|&node| constant(code, node));
        match pattern {
            // What follows a pattern are replacements, which are text, and options, with which it may mean another one.
            Some(Value::Text(pattern)) => {
                let alone = args.iter().skip(at + 1).all(|&node| is_text(code, node));
                !alone || !is_linear(pattern.as_str())
            }
            _ => true,
        }
    })
}

fn tighter(code: &Code, node: Node) -> Option<Node> {
    match node {
        Node::Property(target, member) => match code.nodes.get(target.0 as usize)? {
            Node::Context(owner) => {
                object_of(*owner).map(|object| Node::Path { owner: *owner, object, member })
            }
            _ => None,
        },
        Node::Call { site, args } => {
            let &[token, name] = code.list(args) else { return None };
            let function = code.sites.get(site as usize)?.function;
            let item = is_text(code, name) && registry().is_json_item(function);
            item.then_some(Node::JsonItem { site, token, name })
        }
        _ => None,
    }
}

/// `jwt.Claims.GetValueOrDefault("name", "")` and its like become one call, which makes no dictionary.
fn claim(code: &mut Code, node: Node) -> Option<Node> {
    let Node::Call { site, args } = node else { return None };
    let (&claims, rest) = code.list(args).split_first()?;
    // What is evaluated after the token, which may be null, has to be of no consequence.
    let plain = rest.first().is_some_and(|&name| is_text(code, name))
        && rest.iter().all(|&node| constant(code, node).is_some());
    let Some(&Node::Call { site: giving, args: tokens }) = code.nodes.get(claims.0 as usize) else {
        return None;
    };
    let function =
        registry().claim_reader(function(code, giving)?, function(code, site)?).filter(|_| plain)?;
    let nodes: Vec<NodeId> = code.list(tokens).iter().chain(rest).copied().collect();
    let args = List { start: u32::try_from(code.lists.len()).ok()?, len: u32::try_from(nodes.len()).ok()? };
    let site = u32::try_from(code.sites.len()).ok()?;
    code.lists.extend(nodes);
    code.sites.push(Site { function, instance: true, types: [].into(), outs: Vec::new() });
    Some(Node::Call { site, args })
}

fn function(code: &Code, site: Index) -> Option<NativeFn> {
    code.sites.get(site as usize).map(|site| site.function)
}

fn is_text(code: &Code, node: NodeId) -> bool {
    matches!(constant(code, node), Some(Value::Text(_)))
}

fn constant(code: &Code, node: NodeId) -> Option<&Value> {
    match code.nodes.get(node.0 as usize)? {
        Node::Const(index) => code.constants.get(*index as usize),
        _ => None,
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
