//! rhai: programs compiled to its tree, on a scope that is made before.

use std::hint::black_box;

use anyhow::{Result, anyhow};
use rhai::{AST, Dynamic, Engine as Rhai, Map, Scope};

use super::{Engine, time};
use crate::count::allocations;
use crate::programs::{BACKENDS, BODY, CASES, SUBSCRIPTION};

pub struct InRhai {
    engine: Rhai,
    programs: Vec<Option<AST>>,
    scope: Scope<'static>,
}

fn parsed(engine: &Rhai, text: &str) -> Result<Map> {
    engine.parse_json(text, true).map_err(|error| anyhow!("{error}"))
}

fn context() -> Result<Map> {
    let json = serde_json::json!({
        "subscription": { "id": SUBSCRIPTION },
        "request": { "method": "POST", "headers": {
            "accept": "application/json", "content-type": "application/json", "user-agent": "bench",
            "x-tier": "premium", "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        } },
        "response": { "status": 429 },
    });
    parsed(&Rhai::new(), &json.to_string())
}

fn scope() -> Result<Scope<'static>> {
    let engine = Rhai::new();
    let body = parsed(&engine, BODY)?;
    let items: Vec<String> = (1..=10).map(|n| format!("item{n}")).collect();
    let backends: serde_json::Value = serde_json::from_str(BACKENDS)?;
    let variables = serde_json::json!({
        "token": "abcdef", "count": 1234.5, "items": items, "backends": backends,
        "jwt": { "claims": { "roles": ["reader", "writer"] } },
    });
    let variables = parsed(&engine, &variables.to_string())?;
    let mut scope = Scope::new();
    scope.push_constant("context", context()?);
    scope.push_constant("body", body);
    scope.push_constant("variables", variables);
    Ok(scope)
}

impl InRhai {
    pub fn new() -> Result<Self> {
        let engine = Rhai::new();
        let mut programs = Vec::new();
        for case in CASES {
            let Some(text) = case.rhai else {
                programs.push(None);
                continue;
            };
            let ast = engine.compile(text).map_err(|error| anyhow!("{}: {error}", case.name))?;
            let result = engine.eval_ast_with_scope::<Dynamic>(&mut scope()?, &ast);
            let result = result.map_err(|error| anyhow!("{}: {error}", case.name))?;
            let expected = case.result.replace("True", "true");
            anyhow::ensure!(result.to_string() == expected, "{}: rhai gives {result}", case.name);
            programs.push(Some(ast));
        }
        Ok(Self { engine, programs, scope: scope()? })
    }

    fn run(&mut self, case: usize) -> Option<()> {
        let ast = self.programs.get(case)?.as_ref()?;
        let size = self.scope.len();
        let _ = black_box(self.engine.eval_ast_with_scope::<Dynamic>(&mut self.scope, ast));
        self.scope.rewind(size);
        Some(())
    }
}

impl Engine for InRhai {
    fn name(&self) -> &'static str {
        "rhai"
    }

    fn evaluate(&mut self, case: usize, times: u32) -> Result<Option<f64>> {
        Ok(self.run(case).map(|()| {
            time(times, || {
                self.run(case);
            })
        }))
    }

    fn compile(&mut self, case: usize, times: u32) -> Result<Option<f64>> {
        let Some(text) = CASES.get(case).and_then(|case| case.rhai) else { return Ok(None) };
        Ok(Some(time(times, || {
            let _ = black_box(self.engine.compile(black_box(text)));
        })))
    }

    fn allocations(&mut self, case: usize) -> Result<Option<f64>> {
        #[expect(clippy::cast_precision_loss, reason = "few")]
        Ok(self.run(case).map(|()| {
            allocations(|| {
                self.run(case);
            }) as f64
        }))
    }
}
