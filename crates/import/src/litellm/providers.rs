//! Providers, as the beginning of a deployment's `model` names them.
//!
//! Facts: documentation of LiteLLM's providers and of the providers' own endpoints that speak like OpenAI.

/// What a provider's endpoint needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Provider {
    /// What stands before the slash.
    pub(super) name: &'static str,
    /// Its base URL where the file names none.
    pub(super) base: Option<&'static str>,
    /// The variable that holds its key where the file says nothing.
    pub(super) variable: &'static str,
    /// What follows a base URL that the file names.
    pub(super) suffix: &'static str,
    /// Whether LiteLLM translates for it, and the provider's own compatible endpoint is called here.
    pub(super) is_translated: bool,
}

const fn like_openai(name: &'static str, base: &'static str, variable: &'static str) -> Provider {
    Provider { name, base: Some(base), variable, suffix: "", is_translated: false }
}

const fn translated(name: &'static str, base: &'static str, variable: &'static str) -> Provider {
    Provider { name, base: Some(base), variable, suffix: "", is_translated: true }
}

const fn own_server(name: &'static str, variable: &'static str, suffix: &'static str) -> Provider {
    Provider { name, base: None, variable, suffix, is_translated: false }
}

const ALL: [Provider; 16] = [
    like_openai("openai", "https://api.openai.com/v1", "OPENAI_API_KEY"),
    own_server("azure", "AZURE_API_KEY", ""),
    translated("anthropic", "https://api.anthropic.com/v1", "ANTHROPIC_API_KEY"),
    like_openai("mistral", "https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
    translated("cohere", "https://api.cohere.ai/compatibility/v1", "COHERE_API_KEY"),
    translated("cohere_chat", "https://api.cohere.ai/compatibility/v1", "COHERE_API_KEY"),
    translated("gemini", "https://generativelanguage.googleapis.com/v1beta/openai", "GEMINI_API_KEY"),
    like_openai("groq", "https://api.groq.com/openai/v1", "GROQ_API_KEY"),
    like_openai("deepseek", "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"),
    like_openai("openrouter", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    like_openai("together_ai", "https://api.together.xyz/v1", "TOGETHERAI_API_KEY"),
    like_openai("xai", "https://api.x.ai/v1", "XAI_API_KEY"),
    own_server("hosted_vllm", "HOSTED_VLLM_API_KEY", ""),
    own_server("ollama", "OLLAMA_API_KEY", "/v1"),
    own_server("ollama_chat", "OLLAMA_API_KEY", "/v1"),
    like_openai("custom_openai", "https://api.openai.com/v1", "OPENAI_API_KEY"),
];

impl Provider {
    /// Whether its URL names the deployment.
    pub(super) fn is_azure(self) -> bool {
        self.name == "azure"
    }

    /// The provider of `model`, and the model's name there; none for one that is not known. A name without a slash is
    /// OpenAI's.
    pub(super) fn of(model: &str) -> Option<(Self, &str)> {
        let (name, model) = model.split_once('/').unwrap_or(("openai", model));
        ALL.into_iter().find(|each| each.name == name).map(|provider| (provider, model))
    }
}
