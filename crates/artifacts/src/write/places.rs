//! Where the files of a resource belong in a folder.

use model::{ApiId, BackendId, FragmentId, NamedValueId, OperationId, ProductId};

/// The directory of an API.
#[must_use]
pub fn api(id: &ApiId) -> String {
    format!("apis/{id}")
}

/// The information file of an API.
#[must_use]
pub fn api_information(id: &ApiId) -> String {
    format!("apis/{id}/apiInformation.json")
}

/// The definition of an API; `extension` is `json` or `yaml`.
#[must_use]
pub fn specification(id: &ApiId, extension: &str) -> String {
    format!("apis/{id}/specification.{extension}")
}

/// The policy of an API.
#[must_use]
pub fn api_policy(id: &ApiId) -> String {
    format!("apis/{id}/policy.xml")
}

/// The policy of an operation.
#[must_use]
pub fn operation_policy(api: &ApiId, operation: &OperationId) -> String {
    format!("apis/{api}/operations/{operation}/policy.xml")
}

/// The information file of a backend.
#[must_use]
pub fn backend_information(id: &BackendId) -> String {
    format!("backends/{id}/backendInformation.json")
}

/// The information file of a named value.
#[must_use]
pub fn named_value_information(id: &NamedValueId) -> String {
    format!("named values/{id}/namedValueInformation.json")
}

/// The information file of a product.
#[must_use]
pub fn product_information(id: &ProductId) -> String {
    format!("products/{id}/productInformation.json")
}

/// The file that says that a product holds an API.
#[must_use]
pub fn product_api(product: &ProductId, api: &ApiId) -> String {
    format!("products/{product}/apis/{}/productApiInformation.json", api.root())
}

/// The policy of a product.
#[must_use]
pub fn product_policy(id: &ProductId) -> String {
    format!("products/{id}/policy.xml")
}

/// The policy of a fragment.
#[must_use]
pub fn fragment_policy(id: &FragmentId) -> String {
    format!("policy fragments/{id}/policy.xml")
}

/// The information file of a fragment.
#[must_use]
pub fn fragment_information(id: &FragmentId) -> String {
    format!("policy fragments/{id}/policyFragmentInformation.json")
}
