//! Compiled policies: what the executor runs.

use std::collections::BTreeSet;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use expr::Facts;
use secret::SecretSlot;
use source::Location;

use crate::compute::anywhere;
use crate::{Effect, Exchange, Fault, NotNegative, Ports, Preflight, Retries, Scope, Section, Setting};

/// What happens after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Flow {
    /// The next step runs.
    Next,
    /// The response in the exchange goes to the caller; nothing else of the pipeline runs.
    Respond,
}

/// What running a step gives.
pub type StepResult = Result<Flow, Fault>;

/// The future of a step that waits for something.
pub type StepFuture<'a> = Pin<Box<dyn Future<Output = StepResult> + Send + 'a>>;

/// A compiled policy that needs nothing but the exchange. Most are.
pub trait RunSync: Send + Sync + fmt::Debug {
    /// Runs it.
    ///
    /// # Errors
    /// The [`Fault`] that sends the request to `on-error`.
    fn run(&self, exchange: &mut Exchange) -> StepResult;

    /// Answers a cross-origin preflight before anybody is authenticated; only `cors` does.
    ///
    /// # Errors
    /// The [`Fault`] of an expression that threw.
    fn preflight(&self, exchange: &mut Exchange) -> Result<Option<Preflight>, Fault> {
        let _ = exchange;
        Ok(None)
    }

    /// What it does to the request's credentials and target, as far as it is known without a request.
    fn effect(&self) -> Effect {
        Effect::Other
    }
}

/// A compiled policy that waits for something outside.
pub trait RunAsync: Send + Sync + fmt::Debug {
    /// Runs it.
    fn run<'a>(&'a self, exchange: &'a mut Exchange, ports: &'a Ports) -> StepFuture<'a>;

    /// URLs of OpenID providers' metadata that it will ask for, as far as they are known without a request, so that they
    /// can be fetched ahead of the first one. `authority` is where Entra is.
    fn providers(&self, authority: &str) -> Vec<String> {
        let _ = authority;
        Vec::new()
    }

    /// What it does to the request's credentials and target, as far as it is known without a request.
    fn effect(&self) -> Effect {
        Effect::Other
    }
}

/// One compiled policy with where it came from.
#[derive(Debug)]
pub struct Step {
    /// Where it came from.
    pub meta: StepMeta,
    /// What it reads: the executor fills a body before the first step that may read it.
    pub facts: Facts,
    /// What it does.
    pub action: Action,
}

impl Step {
    /// Runs a step that waits for nothing; a step of another kind does nothing.
    pub(crate) fn run_sync(&self, exchange: &mut Exchange) -> StepResult {
        match &self.action {
            Action::Sync(policy) => policy.run(exchange),
            _ => Ok(Flow::Next),
        }
    }

    /// Whether it reads headers of the request, what it holds left out.
    fn reads_headers(&self) -> bool {
        let reads = |facts: Facts| facts.contains(Facts::REQUEST_HEADERS);
        reads(self.facts)
            || match &self.action {
                Action::Choose(choose) => choose.when.iter().any(|when| reads(when.facts)),
                Action::Again(again) => reads(again.facts),
                Action::Sync(_) | Action::Async(_) | Action::Group(_) => false,
            }
    }

    /// What a step says to a cross-origin preflight; an expression of it that may take long is evaluated apart.
    ///
    /// # Errors
    /// As of [`RunSync::preflight`].
    pub async fn preflight(self: &Arc<Self>, exchange: &mut Exchange) -> Result<Option<Preflight>, Fault> {
        let own = Arc::clone(self);
        let asked = move |exchange: &mut Exchange| match &own.action {
            Action::Sync(policy) => policy.preflight(exchange),
            _ => Ok(None),
        };
        anywhere(self.facts, exchange, asked).await
    }
}

/// Where a compiled policy came from.
#[derive(Clone, Debug)]
pub struct StepMeta {
    /// The policy's element name.
    pub policy: &'static str,
    /// Its `id` attribute.
    pub id: Option<Arc<str>>,
    /// Its section.
    pub section: Section,
    /// The scope of its document.
    pub scope: Scope,
    /// `context.LastError.Path`: nesting with the index, from 1, among siblings of the same name.
    pub path: Arc<str>,
    /// Its place in the document.
    pub at: Location,
    /// Whether it runs in the handshake of a WebSocket API; where it does not, it is skipped.
    pub in_handshakes: bool,
}

/// What a step does.
#[derive(Debug)]
pub enum Action {
    /// A plain call.
    Sync(Box<dyn RunSync>),
    /// A call that waits.
    Async(Box<dyn RunAsync>),
    /// `choose`.
    Choose(Choose),
    /// `retry`.
    Again(Again),
    /// Steps in order, such as the content of a fragment.
    Group(Vec<Arc<Step>>),
}

/// `choose`, compiled: control flow that the executor knows.
#[derive(Debug)]
pub struct Choose {
    /// The branches, first to last.
    pub when: Vec<When>,
    /// What runs when no condition holds.
    pub otherwise: Vec<Arc<Step>>,
}

/// One `when`.
#[derive(Debug)]
pub struct When {
    /// Its condition.
    pub condition: Setting<bool>,
    /// What the condition reads.
    pub facts: Facts,
    /// `context.LastError.Path` when the condition fails, such as `choose[3]\when[2]`.
    pub path: Arc<str>,
    /// Its steps.
    pub steps: Vec<Arc<Step>>,
}

/// `retry`, compiled: control flow that the executor knows.
#[derive(Debug)]
pub struct Again {
    /// Whether the steps run once more.
    pub condition: Setting<bool>,
    /// What the condition reads.
    pub facts: Facts,
    /// How often they run once more at most.
    pub count: Setting<Retries>,
    /// Seconds to wait in between.
    pub interval: Setting<NotNegative>,
    /// What is added with each wait, in seconds.
    pub delta: Option<Setting<NotNegative>>,
    /// The longest wait, in seconds.
    pub max_interval: Option<Setting<NotNegative>>,
    /// Whether there is no wait before the first time that they run once more.
    pub first_fast: Setting<bool>,
    /// Its steps.
    pub steps: Vec<Arc<Step>>,
}

/// The effective policy of one operation in one context: every scope spliced in at its `<base />`.
#[derive(Debug, Default)]
pub struct Pipeline {
    /// The steps of all sections, in the order of [`Section::ALL`]: there may be very many pipelines.
    steps: Box<[Arc<Step>]>,
    /// Where each section ends.
    ends: [u32; 4],
    ends_with_call: bool,
    rotating: Option<Arc<[SecretSlot]>>,
}

impl Pipeline {
    /// A pipeline of these steps, per section in the order of [`Section::ALL`].
    #[must_use]
    pub fn new(sections: [Vec<Arc<Step>>; 4]) -> Self {
        let mut ends = [0; 4];
        let mut count = 0_usize;
        for (end, steps) in ends.iter_mut().zip(&sections) {
            count += steps.len();
            *end = u32::try_from(count).unwrap_or(u32::MAX);
        }
        let ends_with_call = ends_with_call(&sections);
        Self { steps: sections.into_iter().flatten().collect(), ends, ends_with_call, rotating: None }
    }

    /// The same, with the secrets of vaults that its policies may put into a request to a backend. Those of backend
    /// entities are theirs ([`Credentials::rotating`](crate::Credentials)).
    #[must_use]
    pub fn with_rotating(mut self, slots: Vec<SecretSlot>) -> Self {
        self.rotating = (!slots.is_empty()).then(|| slots.into());
        self
    }

    /// Whether the backend is called at most once, by the last step of the `backend` section, and no step behind it reads the
    /// request's headers: the call may then take them along instead of a copy.
    #[must_use]
    pub fn ends_with_call(&self) -> bool {
        self.ends_with_call
    }

    /// Secrets of vaults that its policies may put into a request to a backend; none when there are none.
    #[must_use]
    pub fn rotating(&self) -> Option<&Arc<[SecretSlot]>> {
        self.rotating.as_ref()
    }

    /// Adds the URLs of OpenID providers' metadata that its steps will ask for.
    pub fn providers(&self, authority: &str, urls: &mut BTreeSet<String>) {
        for step in deep(&self.steps) {
            if let Action::Async(policy) = &step.action {
                urls.extend(policy.providers(authority));
            }
        }
    }

    /// The steps of a section.
    #[must_use]
    pub fn section(&self, section: Section) -> &[Arc<Step>] {
        let [inbound, backend, outbound, on_error] = self.ends;
        let (start, end) = match section {
            Section::Inbound => (0, inbound),
            Section::Backend => (inbound, backend),
            Section::Outbound => (backend, outbound),
            Section::OnError => (outbound, on_error),
        };
        self.steps.get(start as usize..end as usize).unwrap_or(&[])
    }
}

/// The steps and all that they hold, in no order.
fn deep(steps: &[Arc<Step>]) -> impl Iterator<Item = &Arc<Step>> {
    let mut open: Vec<&Arc<Step>> = steps.iter().collect();
    std::iter::from_fn(move || {
        let step = open.pop()?;
        match &step.action {
            Action::Sync(_) | Action::Async(_) => {}
            Action::Choose(choose) => {
                open.extend(&choose.otherwise);
                open.extend(choose.when.iter().flat_map(|when| &when.steps));
            }
            Action::Group(steps) | Action::Again(Again { steps, .. }) => open.extend(steps),
        }
        Some(step)
    })
}

/// See [`Pipeline::ends_with_call`].
fn ends_with_call([_, backend, outbound, on_error]: &[Vec<Arc<Step>>; 4]) -> bool {
    let Some((last, before)) = backend.split_last() else { return false };
    let calls = |step: &Arc<Step>| matches!(&step.action, Action::Async(policy) if matches!(policy.effect(), Effect::Forwards));
    calls(last)
        && !deep(before).any(calls)
        && !deep(outbound).chain(deep(on_error)).any(|step| step.reads_headers())
}
