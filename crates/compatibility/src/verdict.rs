//! What Cardea does of a fact.

use anyhow::{Context as _, bail};

/// One of three for every fact of a policy, one of four for every fact of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As API Management does.
    Same,
    /// In another way.
    Differs(String),
    /// Read and kept, without effect on any call.
    NoEffect(String),
    /// A configuration with it is refused.
    Refused(String),
}

impl Verdict {
    /// The word.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Differs(_) => "differs",
            Self::NoEffect(_) => "no effect",
            Self::Refused(_) => "refused",
        }
    }

    /// How, or why.
    #[must_use]
    pub fn why(&self) -> &str {
        match self {
            Self::Same => "",
            Self::Differs(why) | Self::NoEffect(why) | Self::Refused(why) => why,
        }
    }

    /// Reads `same`, `differs: HOW`, `no effect: WHY` or `refused: WHY`.
    ///
    /// # Errors
    /// When it is none of them.
    pub fn read(text: &str) -> anyhow::Result<Self> {
        if text == "same" {
            return Ok(Self::Same);
        }
        let (word, why) = text.split_once(": ").with_context(|| format!("`{text}` does not say why"))?;
        let why = why.trim().to_owned();
        Ok(match word {
            "differs" => Self::Differs(why),
            "no effect" => Self::NoEffect(why),
            "refused" => Self::Refused(why),
            other => bail!("`{other}` is no verdict"),
        })
    }
}

/// How often each verdict was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// [`Verdict::Same`].
    pub same: usize,
    /// [`Verdict::Differs`].
    pub differs: usize,
    /// [`Verdict::NoEffect`].
    pub no_effect: usize,
    /// [`Verdict::Refused`].
    pub refused: usize,
}

impl Counts {
    /// Counts verdicts.
    pub fn of<'a>(verdicts: impl IntoIterator<Item = &'a Verdict>) -> Self {
        let mut counts = Self::default();
        for verdict in verdicts {
            *match verdict {
                Verdict::Same => &mut counts.same,
                Verdict::Differs(_) => &mut counts.differs,
                Verdict::NoEffect(_) => &mut counts.no_effect,
                Verdict::Refused(_) => &mut counts.refused,
            } += 1;
        }
        counts
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> usize {
        self.same + self.differs + self.no_effect + self.refused
    }
}
