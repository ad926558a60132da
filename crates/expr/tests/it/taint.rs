//! What is made of a secret is marked as one, through keys, ciphers, certificates and containers (decision 4).

use expr::{CompileEnv, Expected, Form, Heap, compile};

use crate::cases::run;
use crate::host::TestHost;

/// Whether the result of a block, in which `{s}` is text with a secret, is marked.
fn is_marked(block: &str) -> bool {
    let slots = [secret::SecretSlot::holding("key", secret::Secret::new("0123456789abcdef"))];
    let code = block.replace("{s}", &format!("\"{}\"", csharp::placeholder(0)));
    let compiled = compile(&code, Form::Block, &Expected::Any, &CompileEnv { slots: &slots });
    let program = compiled.program.unwrap_or_else(|| panic!("{block}: {:?}", compiled.problems));
    let mut heap = Heap::new(10_000_000);
    let value =
        run(&program, &mut TestHost::default(), &mut heap).unwrap_or_else(|error| panic!("{block}: {error}"));
    heap.is_tainted(&value)
}

const OF_A_SECRET: &[&str] = &[
    "return Convert.ToBase64String(Encoding.UTF8.GetBytes({s}));",
    "return new HMACSHA256(Encoding.UTF8.GetBytes({s})).ComputeHash(new byte[1]);",
    "var h = new HMACSHA256(); h.Key = Encoding.UTF8.GetBytes({s}); return Convert.ToBase64String(h.ComputeHash(new byte[1]));",
    "return SHA256.Create().ComputeHash(Encoding.UTF8.GetBytes({s}));",
    "var h = SHA256.Create(); var b = Encoding.UTF8.GetBytes({s}); h.TransformFinalBlock(b, 0, b.Length); return h.Hash;",
    "return new byte[1].Encrypt(\"Aes\", Encoding.UTF8.GetBytes({s}), new byte[16]);",
    "var a = SymmetricAlgorithm.Create(\"AES\"); a.Key = Encoding.UTF8.GetBytes({s}); return a.Key;",
    "var a = SymmetricAlgorithm.Create(\"AES\"); a.Key = Encoding.UTF8.GetBytes({s}); return a.CreateEncryptor().TransformFinalBlock(new byte[1], 0, 1);",
    "var a = SymmetricAlgorithm.Create(\"AES\"); a.Key = Encoding.UTF8.GetBytes({s}); return new byte[1].Encrypt(a);",
    "return (\"Basic \" + Convert.ToBase64String(Encoding.UTF8.GetBytes(\"u:\" + {s}))).AsBasic().Password;",
    "return new Dictionary<string, string> { { \"k\", {s} } };",
    "return new JObject(new JProperty(\"k\", {s}));",
    "return RSA.Create().ToXmlString(true);",
    "return RSA.Create().ExportParameters(true).D;",
];

const OF_NONE: &[&str] = &[
    "var x = {s}; return SHA256.Create().ComputeHash(new byte[1]);",
    "var x = {s}; return RSA.Create().ToXmlString(false);",
    "var x = {s}; return RSA.Create().ExportParameters(false).Modulus;",
];

#[test]
fn what_is_made_of_a_secret_is_marked_and_nothing_else_is() {
    for block in OF_A_SECRET {
        assert!(is_marked(block), "not marked: {block}");
    }
    for block in OF_NONE {
        assert!(!is_marked(block), "marked: {block}");
    }
}
