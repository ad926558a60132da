//! Binder, type checker, typed program, evaluator and .NET library of policy expressions.
