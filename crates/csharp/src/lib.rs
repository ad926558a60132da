//! The C# of policy expressions: lexer, parser, syntax tree; never fails, returns a tree and diagnostics.
