//! Where Mono's messages are known to differ from .NET Framework's.
//!
//! Framework's texts are those of its reference source (`mscorlib.txt`), which production traces show too.

/// Messages without a parameter in Framework (`ThrowHelper`, `Guid`).
const FIRST_LINES: [&str; 3] = [
    "Byte array for GUID must be",
    "Destination array is not long enough to copy",
    "Destination array was not long enough",
];

/// Whether an exception's message is Mono's for what .NET Framework says in these words.
pub(crate) fn same_message(class: &str, mono: &str, framework: &str) -> bool {
    match class {
        // Mono leaves out the full stop.
        "System.NullReferenceException" => mono.trim_end_matches('.') == framework.trim_end_matches('.'),
        // Mono takes these two from .NET Core, which names the key; Framework does not.
        "System.Collections.Generic.KeyNotFoundException" => {
            framework == "The given key was not present in the dictionary."
                && mono.starts_with("The given key '")
        }
        // Core names parameters that Framework does not.
        "System.ArgumentException" if FIRST_LINES.iter().any(|text| framework.starts_with(text)) => mono
            .split_once('\n')
            .is_some_and(|(first, _)| first.trim_end_matches('.') == framework.trim_end_matches('.')),
        "System.ArgumentOutOfRangeException" if mono.starts_with("ArgumentOutOfRange_") => true,
        "System.ArgumentOutOfRangeException" if mono.ends_with("size of the collection.") => {
            // `new ArgumentOutOfRangeException(message)` takes the message for a parameter's name.
            framework.starts_with("Index was out of range.")
        }
        "System.ArgumentException" => {
            framework == "An item with the same key has already been added."
                && mono.starts_with("An item with the same key has already been added. Key: ")
        }
        // Mono names the types only when it traces casts.
        "System.InvalidCastException" => {
            mono == "Specified cast is not valid." && framework.starts_with("Unable to cast object of type '")
        }
        // Framework's arrays answer as its lists do.
        "System.ArgumentOutOfRangeException" => {
            mono == "Specified argument was out of the range of valid values.\nParameter name: index"
                && framework.starts_with("Index was out of range.")
        }
        "System.FormatException" if mono.starts_with("Format String can be only") => {
            mono.replace('\'', "\"") == framework
        }
        // A resource that Mono does not have.
        "System.FormatException" if mono == "Format_UnknownDateTimeWord" => framework
            .starts_with("The string was not recognized as a valid DateTime. There is an unknown word"),
        // Framework counts the characters before it looks at them.
        "System.FormatException" => {
            let base64 = mono.starts_with("The input is not a valid Base-64 string");
            // Framework's text of the other mistakes ends in a blank.
            base64
                && (framework == "Invalid length for a Base-64 char array or string."
                    || framework.trim_end() == mono)
        }
        "System.InvalidOperationException" => mono.trim_end_matches('.') == framework.trim_end_matches('.'),
        "System.NotSupportedException" => {
            mono == "Collection is of a fixed size" && framework == "Collection was of a fixed size."
        }
        _ => false,
    }
}

/// Whether two values are the same but for Mono's messages in them.
pub(crate) fn same_text(mono: &str, ours: &str) -> bool {
    let stopped = |text: &str| text.replace("an instance of an object.", "an instance of an object");
    mono == ours || stopped(mono) == stopped(ours) || mono.contains("has already been added. Key: ")
}
