//! The words of C#: what the lexer gives and the parser reads.

use source::Span;

/// A token. Its text is found by its span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) span: Span,
    /// Index of the token that closes this bracket; [`Token::NO_MATE`] for other tokens and unclosed brackets.
    pub(crate) mate: u32,
}

impl Token {
    pub(crate) const NO_MATE: u32 = u32::MAX;

    pub(crate) const fn new(kind: TokenKind, span: Span) -> Self {
        Self { kind, span, mate: Self::NO_MATE }
    }
}

/// What a token is. `>>` and `>>=` are two tokens, because `List<List<int>>` ends in two brackets; the parser joins
/// those that touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    End,
    /// A character that is not C#; reported.
    Bad,
    /// A string in the wrong quotes; reported.
    BadString,
    /// `...` where something was to be filled in; reported.
    Ellipsis,
    /// An identifier, verbatim or not; contextual keywords too.
    Name,
    Keyword(Keyword),
    Int,
    Real,
    Char,
    Str,
    VerbatimStr,
    /// `$"`
    InterpolatedStart,
    /// `$@"`
    VerbatimInterpolatedStart,
    InterpolatedText,
    HoleOpen,
    /// What stands behind the colon of a hole.
    HoleFormat,
    HoleClose,
    InterpolatedEnd,

    OpenParen,
    CloseParen,
    OpenBracket,
    CloseBracket,
    OpenBrace,
    CloseBrace,
    Semicolon,
    Comma,
    Dot,
    DotDot,
    Colon,
    ColonColon,
    Question,
    QuestionQuestion,
    QuestionQuestionEqual,
    Arrow,
    PointerArrow,
    Equal,
    EqualEqual,
    NotEqual,
    Not,
    Tilde,
    Plus,
    PlusPlus,
    PlusEqual,
    Minus,
    MinusMinus,
    MinusEqual,
    Star,
    StarEqual,
    Slash,
    SlashEqual,
    Percent,
    PercentEqual,
    And,
    AndAnd,
    AndEqual,
    Or,
    OrOr,
    OrEqual,
    Caret,
    CaretEqual,
    Less,
    LessEqual,
    LessLess,
    LessLessEqual,
    Greater,
    GreaterEqual,
}

macro_rules! keywords {
    ($($name:ident = $text:literal),* $(,)?) => {
        /// A reserved word.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Keyword {
            $($name),*
        }

        impl Keyword {
            /// The keyword with this text.
            pub(crate) fn of(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

keywords! {
    Abstract = "abstract", As = "as", Base = "base", Bool = "bool", Break = "break", Byte = "byte", Case = "case",
    Catch = "catch", Char = "char", Checked = "checked", Class = "class", Const = "const", Continue = "continue",
    Decimal = "decimal", Default = "default", Delegate = "delegate", Do = "do", Double = "double", Else = "else",
    Enum = "enum", Event = "event", Explicit = "explicit", Extern = "extern", False = "false", Finally = "finally",
    Fixed = "fixed", Float = "float", For = "for", Foreach = "foreach", Goto = "goto", If = "if",
    Implicit = "implicit", In = "in", Int = "int", Interface = "interface", Internal = "internal", Is = "is",
    Lock = "lock", Long = "long", Namespace = "namespace", New = "new", Null = "null", Object = "object",
    Operator = "operator", Out = "out", Override = "override", Params = "params", Private = "private",
    Protected = "protected", Public = "public", Readonly = "readonly", Ref = "ref", Return = "return",
    SByte = "sbyte", Sealed = "sealed", Short = "short", Sizeof = "sizeof", Stackalloc = "stackalloc",
    Static = "static", String = "string", Struct = "struct", Switch = "switch", This = "this", Throw = "throw",
    True = "true", Try = "try", Typeof = "typeof", UInt = "uint", ULong = "ulong", Unchecked = "unchecked",
    Unsafe = "unsafe", UShort = "ushort", Using = "using", Virtual = "virtual", Void = "void",
    Volatile = "volatile", While = "while",
}

/// The longest keyword has this many letters (`stackalloc`).
pub(crate) const LONGEST_KEYWORD: usize = 10;
