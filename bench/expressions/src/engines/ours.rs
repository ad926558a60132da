//! Cardea: programs on the gateway's exchange.

use std::hint::black_box;
use std::sync::Arc;

use anyhow::{Result, anyhow};
use expr::{CompileEnv, Expected, Form, Program, Value, compile};
use policy::{Exchange, Ports, evaluate};

use super::{Engine, time};
use crate::count::allocations;
use crate::programs::{CASES, Code};
use crate::request::{exchange, ports};

/// Evaluations of one request: nothing of a request's heap is freed before it ends.
const OF_A_REQUEST: u32 = 200;

#[derive(Debug)]
pub struct Ours {
    ports: Arc<Ports>,
    programs: Vec<Program>,
}

fn form(code: Code) -> (Form, &'static str) {
    match code {
        Code::Expression(text) => (Form::Expression, text),
        Code::Block(text) => (Form::Block, text),
    }
}

impl Ours {
    pub fn new() -> Result<Self> {
        let mut programs = Vec::new();
        let ports = ports();
        for case in CASES {
            let (form, text) = form(case.csharp);
            let compiled = compile(text, form, &Expected::Any, &CompileEnv::default());
            let program =
                compiled.program.ok_or_else(|| anyhow!("{}: {:?}", case.name, compiled.problems))?;
            let mut exchange = exchange(&ports)?;
            let value =
                evaluate(&program, &mut exchange).map_err(|fault| anyhow!("{}: {fault}", case.name))?;
            let text = shown(&value);
            if text != case.result {
                return Err(anyhow!("{}: {text} instead of {}", case.name, case.result));
            }
            programs.push(program);
        }
        Ok(Self { ports, programs })
    }

    /// A request in which the program was evaluated once: its body is parsed.
    fn request(&self, program: &Program) -> Result<Exchange> {
        let mut exchange = exchange(&self.ports)?;
        evaluate(program, &mut exchange).map_err(|fault| anyhow!("{fault}"))?;
        Ok(exchange)
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => text.as_str().to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Int32(number) => number.to_string(),
        other => format!("{other:?}"),
    }
}

impl Engine for Ours {
    fn name(&self) -> &'static str {
        "cardea"
    }

    fn evaluate(&mut self, case: usize, times: u32) -> Result<Option<f64>> {
        let Some(program) = self.programs.get(case) else { return Ok(None) };
        let mut total = 0.0;
        let requests = times.div_ceil(OF_A_REQUEST);
        for _ in 0..requests {
            let mut exchange = self.request(program)?;
            total += time(OF_A_REQUEST, || {
                let _ = black_box(evaluate(program, &mut exchange));
            });
        }
        Ok(Some(total / f64::from(requests)))
    }

    fn compile(&mut self, case: usize, times: u32) -> Result<Option<f64>> {
        let Some(case) = CASES.get(case) else { return Ok(None) };
        let (form, text) = form(case.csharp);
        Ok(Some(time(times, || {
            black_box(compile(black_box(text), form, &Expected::Any, &CompileEnv::default()));
        })))
    }

    fn allocations(&mut self, case: usize) -> Result<Option<f64>> {
        let Some(program) = self.programs.get(case) else { return Ok(None) };
        let mut exchange = self.request(program)?;
        let count = allocations(|| {
            for _ in 0..OF_A_REQUEST {
                let _ = black_box(evaluate(program, &mut exchange));
            }
        });
        #[expect(clippy::cast_precision_loss, reason = "few")]
        Ok(Some(count as f64 / f64::from(OF_A_REQUEST)))
    }
}
