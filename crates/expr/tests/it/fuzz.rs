//! Fuzz targets on seeds and bounded deterministic mutation: no panic, every run ends.

use std::fs;
use std::path::Path;

use expr::fuzz::{fuzz_expression, fuzz_json, fuzz_json_path, fuzz_xml};

use crate::cases::files;

/// `./test long` makes the rounds many more.
pub(crate) const FACTOR: usize = match option_env!("CARDEA_FUZZ_FACTOR") {
    Some(text) => match usize::from_str_radix(text, 10) {
        Ok(factor) => factor,
        Err(_) => 1,
    },
    None => 1,
};

/// A small generator with a fixed seed: the same mutations in every run.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides.max(1) as u64).unwrap_or(0)
    }
}

const TOKENS: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "?.",
    "??",
    "=>",
    "==",
    "+",
    "-",
    "!",
    "&&",
    "||",
    "<",
    ">",
    ",",
    ";",
    ".",
    "?",
    ":",
    "null",
    "true",
    "1",
    "0L",
    "1.5m",
    "'c'",
    "\"s\"",
    "$\"{1}\"",
    "new",
    "return ",
    "if (true) ",
    "while (true) ",
    "var x = ",
    "x",
    "context",
    ".Variables[\"a\"]",
    ".ToString()",
    "(int)",
    "(JObject)",
    "as string",
    "is int n",
    "new[] { 1 }",
    "new JObject()",
    ".Select(x => x)",
    ".Where(x => x != null)",
    "\u{fdd0}0\u{fdd1}",
    "default",
    "throw ",
    "checked",
    "int",
    "out var y",
    "foreach (var i in new[] { 1, 2 }) ",
    "try { } catch { } ",
    "-2147483648",
    "System.Convert",
    "List<int>",
    "(1, 2)",
    "(a, b) = ",
    "var (a, b) = ",
    "from x in new[] { 1, 2 } ",
    "where x > 1 ",
    "orderby x descending ",
    "group x by x into g ",
    "join y in new[] { 1 } on x equals y ",
    "let z = x ",
    "select x",
    ".Select(int.Parse)",
    "T F<T>(T x) => x; ",
    "void G(ref int a, out int b) { b = a; } ",
    "G(ref x, out var b)",
    "ref int r = ref x; ",
    "new int[2, 2]",
    "[0, 1]",
    ".Item1",
    "typeof(int)",
    "nameof(x)",
    "switch (x) { case int n when n > 1: break; case 1: break; default: break; } ",
    "lock (x) { } ",
    "finally { } ",
    "catch (Exception e) when (x) { } ",
    "#region a\n",
    "\\u0061",
    "Func<int, int> f = ",
    "params ",
    "default((int, string))",
];

fn mutate(seed: &str, dice: &mut Dice) -> String {
    let mut chars: Vec<char> = seed.chars().collect();
    for _ in 0..=dice.roll(4) {
        let at = dice.roll(chars.len() + 1);
        match dice.roll(4) {
            0 => {
                let end = (at + dice.roll(12)).min(chars.len());
                chars.drain(at..end);
            }
            1 => {
                let end = (at + dice.roll(20)).min(chars.len());
                let part: Vec<char> = chars[at..end].to_vec();
                let to = dice.roll(chars.len() + 1);
                chars.splice(to..to, part);
            }
            _ => {
                let token = TOKENS[dice.roll(TOKENS.len())];
                chars.splice(at..at, token.chars());
            }
        }
    }
    chars.into_iter().collect()
}

fn seeds() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    let mut seeds = Vec::new();
    for path in paths {
        let text = fs::read_to_string(path).unwrap();
        let lines = text
            .lines()
            .filter_map(|line| line.strip_prefix("expression: ").or(line.strip_prefix("block: ")));
        seeds.extend(lines.map(str::to_owned));
    }
    seeds
}

#[test]
fn no_code_makes_the_compiler_or_the_evaluator_panic() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for seed in seeds() {
        fuzz_expression(seed.as_bytes());
        for _ in 0..5 * FACTOR {
            fuzz_expression(mutate(&seed, &mut dice).as_bytes());
        }
    }
}

#[test]
fn no_text_makes_the_json_reader_panic() {
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let seeds = [
        "{\"a\":[1,2.5,null,true,\"x\\u00e9\\n\"],\"d\":\"2020-01-02T03:04:05Z\"}",
        "[1,,2]",
        "/* c */ {'a': 0x1F, b: NaN}",
        "[[[[]]]]",
    ];
    for seed in seeds {
        for _ in 0..200 * FACTOR {
            fuzz_json(mutate(seed, &mut dice).as_bytes());
        }
    }
}

#[test]
fn no_text_makes_the_xml_reader_or_writer_panic() {
    let mut dice = Dice(0x6a09_e667_f3bc_c909);
    let seeds = [
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><!-- c --><a x='1' xmlns:p=\"u\"><p:b>t&amp;&#x41;</p:b><![CDATA[x]]><?p q?></a>",
        "<!DOCTYPE a [<!ENTITY x 'y'> ]><a>&x;</a>",
        "<a xmlns=\"u\"><b xml:space=\"preserve\"> <c/> </b>\r\n</a>",
        "<a><b><c><d></d></c></b></a>",
    ];
    for seed in seeds {
        for _ in 0..200 * FACTOR {
            fuzz_xml(mutate(seed, &mut dice).as_bytes());
        }
    }
}

#[test]
fn no_path_makes_the_json_path_reader_panic_or_go_on_for_ever() {
    let mut dice = Dice(0xbb67_ae85_84ca_a73b);
    let seeds = [
        "$..a[?(@.b == 'x' && @.c =~ /y+/i || $.b)].c",
        "a[0:2:-1]..['b','c'][*]",
        "$..*..*..*..*..*",
        "a[?(@..b[?(@ == 1)] > 2)]",
    ];
    for seed in seeds {
        for _ in 0..200 * FACTOR {
            fuzz_json_path(mutate(seed, &mut dice).as_bytes());
        }
    }
}
