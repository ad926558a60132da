//! CEL, by the crate `cel`: programs on a context that is made before.

use std::hint::black_box;

use anyhow::{Result, anyhow};
use cel::{Context, Program, Value, to_value};

use super::{Engine, time};
use crate::count::allocations;
use crate::programs::{BACKENDS, BODY, CASES, SUBSCRIPTION};

pub struct InCel {
    programs: Vec<Option<Program>>,
    context: Context<'static, 'static>,
}

fn context() -> Result<Context<'static, 'static>> {
    let items: Vec<String> = (1..=10).map(|n| format!("item{n}")).collect();
    let backends: serde_json::Value = serde_json::from_str(BACKENDS)?;
    let body: serde_json::Value = serde_json::from_str(BODY)?;
    let mut context = Context::default();
    for (name, value) in [
        (
            "context",
            serde_json::json!({
                "subscription": { "id": SUBSCRIPTION },
                // CEL's names have no hyphens.
                "request": { "method": "POST", "headers": {
                    "accept": "application/json", "content_type": "application/json", "user_agent": "bench",
                    "x_tier": "premium", "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                } },
                "response": { "status": 429 },
            }),
        ),
        (
            "variables",
            serde_json::json!({
                "token": "abcdef", "count": 1234.5, "items": items, "backends": backends,
                "jwt": { "claims": { "roles": ["reader", "writer"] } },
            }),
        ),
        ("body", body),
    ] {
        let value: Value = to_value(value).map_err(|error| anyhow!("{error}"))?;
        context.add_variable_from_value(name, value);
    }
    Ok(context)
}

impl InCel {
    pub fn new() -> Result<Self> {
        let context = context()?;
        let mut programs = Vec::new();
        for case in CASES {
            let Some(text) = case.cel else {
                programs.push(None);
                continue;
            };
            let program = Program::compile(text).map_err(|error| anyhow!("{}: {error}", case.name))?;
            let result = program.execute(&context).map_err(|error| anyhow!("{}: {error}", case.name))?;
            let shown = match &result {
                Value::String(text) => text.to_string(),
                Value::Bool(true) => "True".to_owned(),
                other => format!("{other:?}"),
            };
            anyhow::ensure!(shown == case.result, "{}: CEL gives {shown}", case.name);
            programs.push(Some(program));
        }
        Ok(Self { programs, context })
    }

    fn run(&self, case: usize) -> Option<()> {
        let program = self.programs.get(case)?.as_ref()?;
        let _ = black_box(program.execute(&self.context));
        Some(())
    }
}

impl Engine for InCel {
    fn name(&self) -> &'static str {
        "cel"
    }

    fn evaluate(&mut self, case: usize, times: u32) -> Result<Option<f64>> {
        Ok(self.run(case).map(|()| {
            time(times, || {
                self.run(case);
            })
        }))
    }

    fn compile(&mut self, case: usize, times: u32) -> Result<Option<f64>> {
        let Some(text) = CASES.get(case).and_then(|case| case.cel) else { return Ok(None) };
        Ok(Some(time(times, || {
            let _ = black_box(Program::compile(black_box(text)));
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
