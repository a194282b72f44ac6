//! JSON values as they stand in a text: the order of the keys kept, and keys that stand there twice.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// So long, in octets, a line may get that holds a whole list or object.
const LINE: usize = 100;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A whole number from 0 on.
    Whole(u64),
    /// Any other number.
    Number(f64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Json>),
    /// An object.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads a whole text.
    ///
    /// # Errors
    /// What is no JSON, with its line and column.
    pub(crate) fn read(text: &str) -> Result<Json, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The value as a text, indented; what is small on one line.
    pub(crate) fn write(&self) -> String {
        let mut out = String::new();
        self.write_at(&mut out, 0);
        out
    }

    fn write_at(&self, out: &mut String, depth: usize) {
        match self {
            Json::Null => *out += "null",
            Json::Bool(true) => *out += "true",
            Json::Bool(false) => *out += "false",
            Json::Whole(n) => *out += &n.to_string(),
            // Never in the form 1e9, and as many digits as the number has.
            Json::Number(n) => *out += &n.to_string(),
            Json::Text(text) => quote(text, out),
            Json::List(items) if items.is_empty() => *out += "[]",
            Json::Object(fields) if fields.is_empty() => *out += "{}",
            _ if depth > 0 && self.write_short(out, depth) => {}
            Json::List(items) => {
                for (i, item) in items.iter().enumerate() {
                    *out += if i == 0 { "[" } else { "," };
                    line(out, depth + 1);
                    item.write_at(out, depth + 1);
                }
                line(out, depth);
                *out += "]";
            }
            Json::Object(fields) => {
                for (i, (key, value)) in fields.iter().enumerate() {
                    *out += if i == 0 { "{" } else { "," };
                    line(out, depth + 1);
                    quote(key, out);
                    *out += ": ";
                    value.write_at(out, depth + 1);
                }
                line(out, depth);
                *out += "}";
            }
        }
    }

    /// Writes a small value on one line, as a person would; false (and nothing written) for what is no small value.
    fn write_short(&self, out: &mut String, depth: usize) -> bool {
        let (start, most) = (out.len(), LINE.saturating_sub(2 * depth));
        let small = self.write_flat(out, start + most);
        if !small {
            out.truncate(start);
        }
        small
    }

    /// Writes the value without a line break as long as `out` has not more than `most` octets.
    fn write_flat(&self, out: &mut String, most: usize) -> bool {
        match self {
            // Steps of a program, hosts: one a line.
            Json::List(items) if items.iter().filter(|item| item.holds()).count() > 1 => return false,
            Json::List(items) => {
                *out += "[";
                for (i, item) in items.iter().enumerate() {
                    *out += if i == 0 { "" } else { ", " };
                    if !item.write_flat(out, most) {
                        return false;
                    }
                }
                *out += "]";
            }
            Json::Object(fields) => {
                *out += "{";
                for (i, (key, value)) in fields.iter().enumerate() {
                    *out += if i == 0 { " " } else { ", " };
                    quote(key, out);
                    *out += ": ";
                    if !value.write_flat(out, most) {
                        return false;
                    }
                }
                *out += if fields.is_empty() { "}" } else { " }" };
            }
            leaf => leaf.write_at(out, 0),
        }
        out.len() <= most
    }

    /// Whether it is a list or an object.
    fn holds(&self) -> bool {
        matches!(self, Json::List(_) | Json::Object(_))
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Json> {
        match self {
            Json::Object(fields) => fields.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }
}

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    for _ in 0..depth {
        *out += "  ";
    }
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => *out += "\\\"",
            '\\' => *out += "\\\\",
            '\n' => *out += "\\n",
            '\t' => *out += "\\t",
            '\r' => *out += "\\r",
            '\0'..='\u{1f}' => {
                *out += "\\u00";
                for nibble in [c as u8 >> 4, c as u8 & 15] {
                    out.push(char::from(b"0123456789abcdef"[usize::from(nibble)]));
                }
            }
            _ => out.push(c),
        }
    }
    out.push('"');
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Json;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }
            fn visit_unit<E>(self) -> Result<Json, E> {
                Ok(Json::Null)
            }
            fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
                Ok(Json::Bool(value))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
                Ok(Json::Whole(value))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
                Ok(u64::try_from(value).map_or(Json::Number(value as f64), Json::Whole))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
                Ok(Json::Number(value))
            }
            fn visit_str<E>(self, text: &str) -> Result<Json, E> {
                Ok(Json::Text(text.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Json::List(items))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Json::Object(fields))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn some() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::Bool),
            any::<u64>().prop_map(Json::Whole),
            // Whole numbers from 0 on are the other kind; serde_json reads up to 15 digits exactly.
            (-1_000_000..0_i32).prop_map(|n| Json::Number(f64::from(n) / 64.0)),
            ".{0,8}".prop_map(Json::Text),
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::List),
                proptest::collection::vec((".{0,4}", inner), 0..4).prop_map(Json::Object),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(json in some()) {
            let text = json.write();
            prop_assert_eq!(&Json::read(&text).unwrap(), &json, "{}", text);
            prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
        }
    }
}
