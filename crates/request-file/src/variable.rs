//! The values of variables.

use expr::{CompileEnv, Expected, Form, Heap, Jwt, Limits, Text, Value};
use serde_json::Value as Json;

use crate::file::{Made, Variable};
use crate::host::FileHost;

impl FileHost {
    /// The value of a variable; the reason when it has none.
    pub(crate) fn make(&mut self, variable: &Variable, heap: &mut Heap) -> Result<Value, String> {
        match variable {
            Variable::Plain(json) => plain(json),
            Variable::Made(made) => self.made(made, heap),
        }
    }

    fn made(&mut self, made: &Made, heap: &mut Heap) -> Result<Value, String> {
        match made {
            Made::Expression(code) => self.evaluated(code, heap),
            Made::Json(json) => {
                heap.parse_json(&Text::from(json.to_string())).map_err(|error| error.to_string())
            }
            Made::Response(response) => self.add_response(response).map_err(|error| error.to_string()),
            Made::Jwt(token) => {
                let jwt = Jwt::parse(&Text::copied(token)).ok_or("the text is no JSON Web Token")?;
                heap.jwt(jwt).map_err(|error| error.to_string())
            }
            Made::Authorization(authorization) => {
                let claim = |(name, value): (&String, &String)| (Text::copied(name), Text::copied(value));
                let claims = authorization.claims.iter().map(claim).collect();
                let made = heap.authorization(Text::copied(&authorization.access_token), claims);
                made.map_err(|error| error.to_string())
            }
        }
    }

    fn evaluated(&mut self, code: &str, heap: &mut Heap) -> Result<Value, String> {
        let compiled = expr::compile(code, Form::Expression, &Expected::Any, &CompileEnv::default());
        let Some(program) = compiled.program else {
            return Err(compiled.problems.first().map(|problem| problem.message.clone()).unwrap_or_default());
        };
        program.eval(self, heap, &Limits::default()).map_err(|exception| exception.to_string())
    }
}

/// Text, true, false, null, and numbers: `int` where they fit, then `long`, then `double`.
fn plain(json: &Json) -> Result<Value, String> {
    match json {
        Json::Null => Ok(Value::Null),
        Json::Bool(value) => Ok(Value::Bool(*value)),
        Json::String(text) => Ok(Value::text(text)),
        Json::Number(number) => Ok(match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => i32::try_from(whole).map_or(Value::Int64(whole), Value::Int32),
            (None, real) => Value::Double(real.unwrap_or_default()),
        }),
        Json::Array(_) | Json::Object(_) => {
            Err("a list or an object has no type in C#; write `{ json: … }` for a \
                                                `JToken`, or `expression`, `response`, `jwt`, `authorization`"
                .to_owned())
        }
    }
}
