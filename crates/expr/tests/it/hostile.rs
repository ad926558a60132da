//! Programs that a hostile author would write, by hand and at random: none hangs, none grows beyond its bounds, none
//! panics. Numbers are the worst ones, sequences endless, texts double.

use expr::{CompileEnv, Exception, Expected, Form, Heap, Limits, Value, compile};

use crate::fuzz::{Dice, FACTOR};
use crate::host::TestHost;

const MEMORY: usize = 4 << 20;
const LIMITS: Limits = Limits { fuel: 50_000, depth: 200, text: 256 * 1024, regex: 200_000 };

fn run(code: &str, form: Form) -> Option<Result<Value, Exception>> {
    let program = compile(code, form, &Expected::Any, &CompileEnv::default()).program?;
    let mut heap = Heap::new(MEMORY);
    let result = program.eval(&mut TestHost::default(), &mut heap, &LIMITS);
    // What is refused is counted before it is refused; it is never made.
    let bounded = heap.used() <= MEMORY || result.as_ref().is_err_and(Exception::is_limit);
    assert!(bounded, "{code}: {} bytes", heap.used());
    if let Ok(Value::Text(text)) = &result {
        assert!(text.len() <= LIMITS.text, "{code}: a text of {} bytes", text.len());
    }
    Some(result)
}

/// Each has to end in an error: of a limit, or the exception that .NET throws for it.
const BOMBS: &[&str] = &[
    "var s = \"ab\"; while (true) s = s + s;",
    "var s = \"ab\"; while (true) s = string.Concat(s, s, s);",
    "var s = \"ab\"; while (true) s = s.Insert(1, s);",
    "var s = \"ab\"; while (true) s = $\"{s}{s}\";",
    "var s = \"ab\"; while (true) s = string.Join(s, s, s);",
    "var s = \"ab\"; while (true) s = Uri.EscapeDataString(s + \"%\");",
    "var s = \"a\"; while (true) s = Convert.ToBase64String(Encoding.UTF8.GetBytes(s + s));",
    "var s = \"<&>\"; while (true) s = WebUtility.HtmlEncode(s + s);",
    "return \"x\".PadLeft(int.MaxValue);",
    "return \"x\".PadRight(int.MaxValue);",
    "return new string('x', int.MaxValue);",
    "return $\"{1,2147483647}\";",
    "return string.Format(\"{0,2147483647}\", 1);",
    "return string.Format(\"{0,-2000000000}\", 1);",
    "return string.Join(\",\", Enumerable.Repeat(\"abc\", int.MaxValue));",
    "return string.Concat(Enumerable.Repeat(\"abc\", int.MaxValue));",
    "return new int[int.MaxValue];",
    "return new byte[int.MaxValue];",
    "return new string[int.MaxValue];",
    "return new List<int>(int.MaxValue);",
    "return Enumerable.Range(0, int.MaxValue).ToArray();",
    "return Enumerable.Range(0, int.MaxValue).Sum(x => (long)x);",
    "return Enumerable.Range(0, int.MaxValue).Count(x => x > 5);",
    "return Enumerable.Range(0, int.MaxValue).OrderBy(x => -x).First();",
    "return Enumerable.Range(0, int.MaxValue).Reverse().First();",
    "return Enumerable.Range(0, int.MaxValue).Distinct().Count();",
    "return Enumerable.Range(0, int.MaxValue).ToDictionary(x => x).Count;",
    "return Enumerable.Range(0, int.MaxValue).GroupBy(x => x).Count();",
    "return Enumerable.Range(0, int.MaxValue).Any(x => x < 0);",
    "return Enumerable.Range(0, int.MaxValue).Last();",
    "return Enumerable.Range(0, int.MaxValue).Max();",
    "return Enumerable.Range(0, int.MaxValue).Contains(-1);",
    "return Enumerable.Range(0, int.MaxValue).SequenceEqual(Enumerable.Range(0, int.MaxValue));",
    "return Enumerable.Range(0, int.MaxValue).Aggregate(\"\", (a, x) => a + x);",
    "return Enumerable.Range(0, 60000).SelectMany(x => Enumerable.Range(0, 60000)).Count();",
    "return Enumerable.Range(0, 60000).Join(Enumerable.Range(0, 60000), x => 1, y => 1, (x, y) => 1).Count();",
    "return Enumerable.Repeat(Enumerable.Repeat(1, int.MaxValue), int.MaxValue).SelectMany(x => x).Count();",
    "var l = new List<object>(); while (true) l.Add(l);",
    "var l = new List<int> { 1 }; while (true) l.AddRange(l.ToArray());",
    "var a = new JArray(); while (true) a.Add(1);",
    "var o = new JObject(); for (int i = 0; ; i++) o[i.ToString()] = i;",
    "var a = new JArray(1); while (true) a = new JArray(a, a);",
    "var o = new JObject(); for (;;) { o = new JObject(new JProperty(\"a\", o), new JProperty(\"b\", o)); }",
    "var d = new Dictionary<int, int>(); for (int i = 0; ; i++) d[i] = i;",
    "var h = new HashSet<string>(); for (int i = 0; ; i++) h.Add(\"x\" + i);",
    "var b = new StringBuilder(\"ab\"); while (true) b.Append(b.ToString());",
    "var b = new StringBuilder(); while (true) b.Append('x', 100000);",
    "var b = new StringBuilder(\"x\"); while (true) b.Insert(0, b.ToString(), 10);",
    "var b = new StringBuilder(\"x\"); while (true) b.Replace(\"x\", \"xx\");",
    "var b = new StringBuilder(); b.Length = int.MaxValue; return b.ToString();",
    "return new StringBuilder(int.MaxValue).Append('x', int.MaxValue).ToString();",
    "return JToken.Parse(new string('[', 100000));",
    "return JToken.Parse(string.Concat(Enumerable.Repeat(\"{\\\"a\\\":\", 50000)));",
    "return Regex.IsMatch(new string('a', 2000) + \"!\", \"^(a|aa)+\\\\1$\");",
    "return Regex.IsMatch(new string('a', 64) + \"!\", \"^(([a-z])+.)+[A-Z]([a-z])+\\\\1$\");",
    "var s = \"a\"; while (true) s = Regex.Replace(s, \"a\", \"aa\");",
    "return Regex.Replace(new string('a', 100000), \"\", new string('b', 1000));",
    "return new string('a', 100000).Replace(\"a\", new string('b', 100000));",
    "return Regex.Split(new string('a', 100000), \"\").SelectMany(x => new string('a', 100000).ToCharArray()).Count();",
    "Func<int, int> f = null; f = x => f(x) + f(x); return f(1);",
    "int F(int n) => F(n - 1) + F(n - 2); return F(100);",
    "int F(int n) { try { return F(n + 1); } finally { n++; } } return F(0);",
    "int F(int n) { try { return F(n + 1); } catch { return F(n + 1); } } return F(0);",
    "Func<Func<int>, Func<int>> w = g => () => g() + g(); Func<int> one = () => 1; for (int i = 0; i < 64; i++) { one = w(one); } return one();",
    "while (true) { try { throw new Exception(\"x\"); } catch { continue; } }",
    "while (true) { try { int.Parse(\"x\"); } catch (Exception) { } }",
    "for (;;) { foreach (var x in new[] { 1 }) { switch (x) { case 1: continue; } } }",
    "do { } while (true);",
    "var x = 1m; while (true) x *= 1.0000001m;",
    "var x = decimal.MaxValue; while (true) { x = x / 3m * 2.9999999999m + 1m; }",
    "return string.Join(\"\", \"x\".PadLeft(200000).Select(c => \"x\".PadLeft(200000)));",
    "return \"x\".PadLeft(200000).Split(' ').Select(x => \"y\".PadLeft(200000).Split(' ').Length).Sum();",
    "var xs = Enumerable.Range(0, 3000).ToArray(); return xs.Where(x => xs.Contains(-x - 1)).Count();",
    "var xs = Enumerable.Range(0, 3000).ToList(); while (true) { xs.Sort(); xs.Reverse(); }",
    "var t = \"x\".PadLeft(200000); while (true) { t.IndexOf(\"y\"); }",
    "var t = \"x\".PadLeft(200000); while (true) { t.ToUpper().ToLower(); }",
    "var t = \"x\".PadLeft(200000); while (true) { t.GetHashCode(); t.Equals(t + \"a\"); }",
    "var t = new byte[200000]; while (true) { SHA256.Create().ComputeHash(t); }",
    "var t = new byte[100000]; while (true) { Convert.ToBase64String(t); BitConverter.ToString(t); }",
    "var i = Enumerable.Range(0, 10).Select(x => x); while (true) i = i.Where(x => x >= 0);",
    "IEnumerable<int> i = new[] { 1 }; while (true) i = i.Concat(i);",
    "IEnumerable<int> i = new[] { 1 }; for (int n = 0; n < 40; n++) { i = i.Concat(i); } return i.Count();",
];

#[test]
fn bombs_end_in_errors_within_their_bounds() {
    let mut wrong = Vec::new();
    for code in BOMBS {
        match run(code, Form::Block) {
            Some(Err(_)) => {}
            Some(Ok(value)) => wrong.push(format!("{code}: {value:?}")),
            None => {
                let compiled = compile(code, Form::Block, &Expected::Any, &CompileEnv::default());
                wrong.push(format!("{code}: {:?}", compiled.problems));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

const NUMBERS: &[&str] =
    &["0", "1", "-1", "int.MaxValue", "int.MinValue", "65536", "i", "n", "s.Length", "xs.Count()"];
const TEXTS: &[&str] = &[
    "\"\"",
    "\"ab\"",
    "s",
    "\"{0,100000}\"",
    "new string('x', 1000)",
    "\"\\ud83d\"",
    "\"^(a+)+$\"",
    "\"[[{\"",
];

/// Well-typed text, most of the time.
struct Author<'d> {
    dice: &'d mut Dice,
    left: usize,
}

impl Author<'_> {
    fn pick(&mut self, all: &[&str]) -> String {
        all.get(self.dice.roll(all.len())).copied().unwrap_or_default().to_owned()
    }

    fn spent(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        self.left == 0
    }

    fn number(&mut self) -> String {
        if self.spent() {
            return self.pick(NUMBERS);
        }
        match self.dice.roll(10) {
            0 => format!("({} + {})", self.number(), self.number()),
            1 => format!("({} * {})", self.number(), self.number()),
            2 => format!("({} / {})", self.number(), self.number()),
            3 => format!("{}.Length", self.text()),
            4 => format!("{}.Count()", self.sequence()),
            5 => format!("{}.Sum(x => {})", self.sequence(), self.number()),
            6 => format!("{}.Aggregate((a, b) => {})", self.sequence(), self.number()),
            7 => format!("({} ? {} : {})", self.condition(), self.number(), self.number()),
            8 => format!("F({})", self.number()),
            _ => self.pick(NUMBERS),
        }
    }

    fn text(&mut self) -> String {
        if self.spent() {
            return self.pick(TEXTS);
        }
        match self.dice.roll(11) {
            0 => format!("({} + {})", self.text(), self.text()),
            1 => format!("{}.PadLeft({})", self.text(), self.number()),
            2 => format!("{}.Replace({}, {})", self.text(), self.text(), self.text()),
            3 => format!("string.Format({}, {})", self.text(), self.number()),
            4 => format!("string.Join({}, {})", self.text(), self.sequence()),
            5 => format!("{}.Substring({})", self.text(), self.number()),
            6 => format!("({}).ToString({})", self.number(), self.text()),
            7 => format!("Regex.Replace({}, {}, {})", self.text(), self.text(), self.text()),
            8 => format!("new string('x', {})", self.number()),
            9 => format!("JToken.Parse({}).ToString()", self.text()),
            _ => format!("$\"{{{}:N9}}{{{}}}\"", self.number(), self.pick(&["s", "i", "n"])),
        }
    }

    fn sequence(&mut self) -> String {
        if self.spent() {
            return "xs".to_owned();
        }
        match self.dice.roll(9) {
            0 => format!("Enumerable.Range(0, {})", self.number()),
            1 => format!("Enumerable.Repeat({}, {})", self.number(), self.number()),
            2 => format!("{}.Select(x => {})", self.sequence(), self.number()),
            3 => format!("{}.Where(x => {})", self.sequence(), self.condition()),
            4 => format!("{}.SelectMany(x => {})", self.sequence(), self.sequence()),
            5 => format!("{}.OrderBy(x => {})", self.sequence(), self.number()),
            6 => format!("{}.Concat({})", self.sequence(), self.sequence()),
            7 => format!("{}.Skip({}).Take({})", self.sequence(), self.number(), self.number()),
            _ => format!("new[] {{ {}, {} }}", self.number(), self.number()),
        }
    }

    fn condition(&mut self) -> String {
        if self.spent() {
            return "n < 3".to_owned();
        }
        match self.dice.roll(5) {
            0 => format!("{} < {}", self.number(), self.number()),
            1 => format!("{}.Contains({})", self.text(), self.text()),
            2 => format!("Regex.IsMatch({}, {})", self.text(), self.text()),
            3 => format!("({} && !({}))", self.condition(), self.condition()),
            _ => format!("{}.Any(x => x == {})", self.sequence(), self.number()),
        }
    }

    fn statement(&mut self) -> String {
        if self.spent() {
            return "n++;".to_owned();
        }
        match self.dice.roll(9) {
            0 => format!("s = {};", self.text()),
            1 => format!("n = {};", self.number()),
            2 => format!("xs = {};", self.sequence()),
            3 => format!("while ({}) {{ {} }}", self.condition(), self.statement()),
            4 => format!("for (int j = 0; j < {}; j++) {{ {} }}", self.number(), self.statement()),
            5 => format!("foreach (var y in {}) {{ {} }}", self.sequence(), self.statement()),
            6 => {
                format!("try {{ {} }} catch {{ {} }} finally {{ n++; }}", self.statement(), self.statement())
            }
            7 => format!(
                "if ({}) {{ {} }} else {{ {} }}",
                self.condition(),
                self.statement(),
                self.statement()
            ),
            _ => format!("{} {}", self.statement(), self.statement()),
        }
    }

    fn program(&mut self) -> String {
        let body = self.number();
        let statements = self.statement();
        let result = self.text();
        format!(
            "int i = 7; int n = 0; string s = \"aa\"; IEnumerable<int> xs = new[] {{ 3, 1, 2 }}; \
             int F(int k) {{ return k < 1 ? 1 : {body}; }} {statements} return {result};"
        )
    }
}

#[test]
fn random_programs_end_within_their_bounds() {
    let mut dice = Dice(0x5851_f42d_4c95_7f2d);
    let rounds = 1500 * FACTOR;
    let mut refused = Vec::new();
    for _ in 0..rounds {
        let left = 4 + dice.roll(60);
        let code = Author { dice: &mut dice, left }.program();
        if run(&code, Form::Block).is_none() {
            refused.push(code);
        }
    }
    let example =
        refused.first().map(|code| compile(code, Form::Block, &Expected::Any, &CompileEnv::default()));
    assert!(refused.len() * 2 < rounds, "{} refused: {:?} {example:?}", refused.len(), refused.first());
}
