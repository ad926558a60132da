//! The keys of OpenID providers, the gateway's own tokens, secrets of key vaults: the ports of `policy` over HTTP.
