//! What a call was given, or returned, as text; numbers become text only where somebody reads them, for calls are many.

use std::borrow::Cow;
use std::fmt;

/// Text that is often a mere number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Written {
    /// No text.
    #[default]
    Nothing,
    /// A number: `1024`.
    Number(i64),
    /// A number of octets: `11 B`.
    Octets(u64),
    /// Words that are no such number.
    Text(Box<str>),
}

impl Written {
    /// True for no text.
    pub fn is_empty(&self) -> bool {
        matches!(self, Written::Nothing)
    }

    /// The text.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Written::Text(text) => Cow::Borrowed(text),
            other => Cow::Owned(other.to_string()),
        }
    }
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Written::Nothing => Ok(()),
            Written::Number(number) => number.fmt(f),
            Written::Octets(count) => write!(f, "{count} B"),
            Written::Text(text) => f.write_str(text),
        }
    }
}

impl From<String> for Written {
    fn from(text: String) -> Written {
        if text.is_empty() { Written::Nothing } else { Written::Text(text.into()) }
    }
}

impl From<&str> for Written {
    fn from(text: &str) -> Written {
        Written::from(text.to_owned())
    }
}

impl PartialEq<str> for Written {
    fn eq(&self, other: &str) -> bool {
        self.text() == other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_text_does() {
        let all = [Written::Nothing, Written::Number(-3), Written::Octets(11), "b'hi'".into(), "".into()];
        let texts: Vec<String> = all.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["", "-3", "11 B", "b'hi'", ""]);
        assert!(all[0].is_empty() && all[4].is_empty() && !all[1].is_empty());
        assert!(all[2] == *"11 B");
    }
}
