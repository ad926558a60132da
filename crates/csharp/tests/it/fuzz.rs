//! The fuzz targets on every case, and on a bounded number of mutations of them.

use csharp::fuzz::{fuzz_parse, fuzz_placeholders, fuzz_scan};

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
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "'",
    "\\",
    "$\"",
    "@\"",
    "$@\"",
    "//",
    "/*",
    "*/",
    "\n",
    ":",
    ",",
    ";",
    "?",
    "?.",
    "?[",
    "=>",
    "<",
    ">",
    ">>",
    "..",
    "...",
    "“",
    "”",
    "’",
    "…",
    "\u{FDD0}1\u{FDD1}",
    "\u{FDD0}",
    " is ",
    " as ",
    " new ",
    " switch ",
    " case ",
    " from x in ",
    " orderby x, y descending ",
    " join y in z on a equals b into c ",
    " group x by y into g ",
    "(a, b: c) = ",
    "var (a, (b, _)) = ",
    "ref int r = ref ",
    " lock (x) ",
    "\n#region '\n",
    "\n#if x\n",
    "\\u0061",
    "@\\u0061",
    "new int[2, 3] { { 1 } }",
    "T F<T>(ref T a, out int b, params int[] c) => ",
    "(int)",
    "<int>",
    "0x",
    "1e9",
    "\u{A0}",
    "é",
    "😀",
    "var ",
    "out var x",
    "throw ",
    "return ",
    "if (",
    "else ",
    "@",
    "#",
    "!",
    "^1",
    "{{",
    "}}",
    "\u{2028}",
];

/// George Marsaglia's xorshift64.
struct Xorshift(u64);

impl Xorshift {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(most.max(1)).unwrap()).unwrap()
    }
}

fn run(data: &[u8]) {
    type Target = (&'static str, fn(&[u8]));
    let targets: [Target; 3] =
        [("parse", fuzz_parse), ("scan", fuzz_scan), ("placeholders", fuzz_placeholders)];
    for (name, target) in targets {
        let result = std::panic::catch_unwind(|| target(data));
        assert!(result.is_ok(), "{name} on {:?}", String::from_utf8_lossy(data));
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

#[test]
fn nothing_breaks_on_cases_and_their_mutations() {
    let seeds = crate::golden::codes();
    assert!(seeds.len() > 100);
    for seed in &seeds {
        run(seed.as_bytes());
    }
    let mut random = Xorshift(0x9E37_79B9_7F4A_7C15);
    for _ in 0..6_000 * FACTOR {
        let mut data = seeds[random.below(seeds.len())].clone().into_bytes();
        for _ in 0..=random.below(5) {
            mutate(&mut data, &mut random);
        }
        run(&data);
    }
}
