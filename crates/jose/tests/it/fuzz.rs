//! The fuzz targets on every case, and on a bounded number of mutations of them.

use jose::fuzz::{fuzz_keys, fuzz_parts, fuzz_token};
use jose::{DecryptionKey, Expiration, Key, Lifetime};

use crate::{hostile, keys};

/// `./test long` makes the rounds many more.
const FACTOR: usize = match option_env!("CARDEA_FUZZ_FACTOR") {
    Some(text) => match usize::from_str_radix(text, 10) {
        Ok(factor) => factor,
        Err(_) => 1,
    },
    None => 1,
};

/// Pieces that mean something, for insertion.
const WORDS: &[&str] = &[
    ".",
    "..",
    "=",
    "eyJhbGciOiJub25lIn0",
    "eyJhbGciOiJIUzI1NiJ9",
    "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0",
    "e30",
    "W10",
    "AA",
    "-",
    "_",
    "\u{0}",
    "é",
    "{",
    "}",
    "[",
    "\"",
    ",",
    ":",
    "\"kty\":\"RSA\"",
    "\"alg\":\"HS256\",",
    "\"alg\":\"none\",",
    "\"kid\":\"1\",",
    "\"crit\":[],",
    "\\u0061",
    "{\"alg\":\"HS256\"}",
    "\"keys\":[",
    "null",
    "1e999",
    "-----BEGIN PRIVATE KEY-----\n",
    "-----END PRIVATE KEY-----\n",
    "\u{30}\u{7f}",
];

/// George Marsaglia's xorshift64.
struct Xorshift(u64);

impl Xorshift {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(most.max(1)).unwrap()).unwrap()
    }
}

fn mutate(data: &mut Vec<u8>, random: &mut Xorshift) {
    let at = random.below(data.len() + 1);
    match random.below(4) {
        0 => drop(data.drain(at..(at + random.below(8)).min(data.len()))),
        1 => drop(data.splice(at..at, WORDS[random.below(WORDS.len())].bytes())),
        2 => {
            let end = (at + random.below(20)).min(data.len());
            let copy = data[at..end].to_vec();
            let to = random.below(data.len() + 1);
            drop(data.splice(to..to, copy));
        }
        _ => {
            if let Some(byte) = data.get_mut(at) {
                *byte = u8::try_from(random.below(256)).unwrap();
            }
        }
    }
}

fn mutated(seed: &[u8], random: &mut Xorshift) -> Vec<u8> {
    let mut data = seed.to_vec();
    for _ in 0..=random.below(3) {
        mutate(&mut data, random);
    }
    data
}

fn cases() -> impl Iterator<Item = hostile::Case> {
    crate::cases::files("hostile").into_iter().map(|(_, text)| hostile::Case::read(&text))
}

/// Tokens of the cases, and the JSON inside of them.
fn seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = cases().map(|case| hostile::token(&case).into_bytes()).collect();
    let jwk = |name| serde_json::Value::Object(keys::signing(name).public_jwk().unwrap());
    let set = serde_json::json!({ "keys": [jwk("rsa"), jwk("p256"), jwk("p521")] });
    seeds.push(serde_json::to_vec(&set).unwrap());
    seeds.push(keys::signing("p256").to_pem().unwrap().expose().as_bytes().to_vec());
    let certified = rcgen::generate_simple_self_signed(["issuer.example".to_owned()]).unwrap();
    seeds.push(certified.cert.der().to_vec());
    seeds.push(certified.cert.pem().into_bytes());
    seeds
}

#[test]
fn nothing_breaks_on_cases_and_their_mutations() {
    let verifying: Vec<Key> = ["secret", "rsa", "p256 kid=1", "p521 id=2"].map(keys::verifying).into();
    let secret = DecryptionKey::symmetric(&[b'k'; 16]).unwrap();
    let decrypting = [secret, keys::decryption("p256")];
    let lifetime = Lifetime {
        now: jiff::Timestamp::UNIX_EPOCH,
        skew: jiff::SignedDuration::from_secs(1),
        expiration: Expiration::Optional,
    };
    let run = |data: &[u8]| {
        let all = || {
            fuzz_token(data, &verifying, &decrypting, &lifetime);
            fuzz_parts(data);
            fuzz_keys(data);
        };
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(all));
        assert!(result.is_ok(), "on {:?}", String::from_utf8_lossy(data));
    };
    let seeds = seeds();
    seeds.iter().for_each(|seed| run(seed));
    let mut random = Xorshift(0x9E37_79B9_7F4A_7C15);
    let texts: Vec<_> = cases().filter_map(|case| hostile::texts(&case)).collect();
    for round in 0..6_000 * FACTOR {
        // Half of the tokens have a good signature over what is mangled, so that more than the first look is tried.
        if round % 2 == 0 {
            run(&mutated(&seeds[random.below(seeds.len())], &mut random));
            continue;
        }
        let (header, claims) = &texts[random.below(texts.len())];
        let header = mutated(header.as_bytes(), &mut random);
        let claims =
            if round % 4 == 1 { claims.as_bytes().to_vec() } else { mutated(claims.as_bytes(), &mut random) };
        run(hostile::sealed(&header, &claims).as_bytes());
    }
}
