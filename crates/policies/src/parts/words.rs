//! Attributes whose value is one of a few words, as enums: a constant word costs nothing when a request comes.

/// Declares an enum with a word for each variant and makes it the type of an attribute.
///
/// ```text
/// words! {
///     /// What the filter does.
///     pub(crate) enum FilterAction {
///         /// Only these may call.
///         Allow = "allow",
///     }
/// }
/// ```
macro_rules! words {
    ($(#[$doc:meta])* $vis:vis enum $name:ident { $($(#[$about:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $vis enum $name { $($(#[$about])* $variant,)* }

        impl $name {
            /// The words, in the order of the declaration.
            $vis const WORDS: &'static [&'static str] = &[$($word),*];

            fn named(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }

        impl policy::SettingValue for $name {
            fn expected() -> expr::Expected {
                expr::Expected::Enum(Self::WORDS)
            }

            fn from_text(text: &expr::Text) -> Result<Self, String> {
                Self::named(text.as_str().trim())
                    .ok_or_else(|| format!("it can be `{}`", Self::WORDS.join("`, `")))
            }

            fn from_value(value: expr::Value, _: &expr::Heap) -> Result<Self, expr::Exception> {
                let word = value.as_text().ok_or_else(expr::Exception::invalid_cast)?;
                Self::named(word.as_str().trim()).ok_or_else(|| {
                    expr::Exception::new(
                        "System.ArgumentException",
                        format!("The value is none of {}.", Self::WORDS.join(", ")),
                    )
                })
            }
        }
    };
}

pub(crate) use words;

#[cfg(test)]
mod tests {
    use expr::Text;
    use policy::SettingValue as _;

    words! {
        /// For the test.
        enum Colour {
            /// One.
            Red = "red",
            /// Other.
            Blue = "light-blue",
        }
    }

    #[test]
    fn a_word_is_found_and_another_is_told_what_it_can_be() {
        assert_eq!(Colour::from_text(&Text::from_static(" light-blue ")), Ok(Colour::Blue));
        let wanted = Colour::from_text(&Text::from_static("Red"));
        assert_eq!(wanted, Err("it can be `red`, `light-blue`".to_owned()));
    }
}
