//! Resources of Microsoft that are in every tenant.
//!
//! COMPAT: ids as Microsoft's list "Verify first-party Microsoft applications" and Azure's own samples have them. Their
//! tokens are of version 1.

use std::sync::LazyLock;

use super::App;

/// Id, name and identifier URIs.
const SERVICES: [(&str, &str, &[&str]); 6] = [
    (
        "7d312290-28c8-473c-a0ed-8e53749b6d6d",
        "Microsoft Cognitive Services",
        &["https://cognitiveservices.azure.com"],
    ),
    (
        "18a66f5f-dbdf-4c17-9dd7-1634712a9cbe",
        "Azure Machine Learning Services",
        &["https://ai.azure.com", "https://ml.azure.com"],
    ),
    ("cfa8b339-82a2-471a-a3c9-0fc0be7a4093", "Azure Key Vault", &["https://vault.azure.net"]),
    (
        "797f4846-ba00-4fd7-ba43-dac1f8f63013",
        "Windows Azure Service Management API",
        &["https://management.azure.com", "https://management.core.windows.net"],
    ),
    ("e406a681-f3d4-42a8-90b6-c2b029497af1", "Azure Storage", &["https://storage.azure.com"]),
    ("00000003-0000-0000-c000-000000000000", "Microsoft Graph", &["https://graph.microsoft.com"]),
];

/// The resources.
pub(super) static APPS: LazyLock<Vec<App>> = LazyLock::new(|| SERVICES.iter().map(app).collect());

fn app((id, name, uris): &(&str, &str, &[&str])) -> App {
    let app = App::new(*id, *name).scope("user_impersonation").scope("User.Read");
    uris.iter().fold(app, |app, uri| app.identifier_uri(*uri))
}
