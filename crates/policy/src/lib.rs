//! What a policy is: its declaration, how it compiles, what it runs on; scopes, fragments, the executor.
