//! A secret store that speaks Key Vault's REST interface.
