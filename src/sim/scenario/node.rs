//! How the types of a scenario are read from JSON and written to it.
//!
//! Each type says in a table what it holds: an object its fields, an enum its names. One reader and one writer walk the
//! tables. It is as if they were derived, but one function does the work for all types, which matters in the page's WASM.

use std::net::IpAddr;

use super::json::Json;
use crate::sim::error::Flaw;
use crate::sim::locate::{Path, Segment};

/// A value of a scenario that can be read from JSON in place, and written.
pub(crate) trait Node {
    /// Takes the value of `json`. On failure `at` is left where the flaw is.
    fn read(&mut self, json: &Json, at: &mut Path) -> Result<(), Flaw>;

    /// The value as JSON, without what is as by default.
    fn json(&mut self) -> Json;
}

/// A value to start from: what a missing field holds.
pub(crate) trait Blank {
    /// The value.
    fn blank() -> Self;
}

/// The flaw "that is not allowed here; this is".
pub(crate) fn allowed(at: &Path, en: &str, zh: &str) -> Flaw {
    Flaw::new(at.clone(), ["allowed: ", en].concat(), ["应为：", zh].concat())
}

/// A field of an object: its name, whether it must be there, and its value.
pub(crate) struct Field<'a> {
    pub(crate) name: &'static str,
    pub(crate) needed: bool,
    pub(crate) value: &'a mut dyn Node,
}

/// "`a`, `b`, `c`"
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for name in names {
        if !text.is_empty() {
            text += ", ";
        }
        for part in ["`", name, "`"] {
            text += part;
        }
    }
    text
}

/// Reads an object's fields in the order in which the text has them: the first flaw is the first in the text.
pub(crate) fn read_object(mut fields: Vec<Field<'_>>, json: &Json, at: &mut Path) -> Result<(), Flaw> {
    let Json::Object(pairs) = json else {
        return Err(allowed(at, "an object {…}", "对象 {…}"));
    };
    for (i, (key, value)) in pairs.iter().enumerate() {
        at.0.push(Segment::Key(key.clone()));
        if pairs[..i].iter().any(|(earlier, _)| earlier == key) {
            return Err(Flaw::new(
                at.clone(),
                ["the field `", key, "` stands here twice"].concat(),
                ["字段 `", key, "` 出现了两次"].concat(),
            ));
        }
        let Some(field) = fields.iter_mut().find(|field| field.name == key) else {
            let names = listed(fields.iter().map(|field| field.name));
            return Err(Flaw::new(
                at.clone(),
                ["there is no field `", key, "` here; allowed: ", &names].concat(),
                ["这里没有字段 `", key, "`；可用的有：", &names].concat(),
            ));
        };
        field.value.read(value, at)?;
        at.0.pop();
    }
    match fields.iter().find(|field| field.needed && json.get(field.name).is_none()) {
        None => Ok(()),
        Some(Field { name, .. }) => Err(Flaw::new(
            at.clone(),
            ["the field `", name, "` is missing"].concat(),
            ["缺少字段 `", name, "`"].concat(),
        )),
    }
}

/// Writes an object: the fields that must be there, and those that are not as in a blank one.
pub(crate) fn write_object(fields: Vec<Field<'_>>, blank: Vec<Field<'_>>) -> Json {
    let mut pairs = Vec::new();
    for (field, blank) in fields.into_iter().zip(blank) {
        let json = field.value.json();
        if field.needed || json != blank.value.json() {
            pairs.push((field.name.to_owned(), json));
        }
    }
    Json::Object(pairs)
}

/// The place among `names` of the text that `json` is.
pub(crate) fn read_name(names: &[&str], json: &Json, at: &Path) -> Result<usize, Flaw> {
    let Json::Text(text) = json else {
        return Err(allowed(at, "a string", "字符串"));
    };
    names.iter().position(|name| name == text).ok_or_else(|| {
        let names = listed(names.iter().copied());
        Flaw::new(
            at.clone(),
            ["`", text, "` is not known here; allowed: ", &names].concat(),
            ["不认识 `", text, "`；可用的有：", &names].concat(),
        )
    })
}

/// A struct's fields, all of them (a missing one does not compile). `as` gives the name in JSON where it is not
/// the field's, `needed` marks those that must be there.
macro_rules! object {
    ($type:ident { $($field:ident $(as $name:literal)? $(: $needed:ident)?),* $(,)? }) => {
        impl $type {
            pub(crate) fn fields(&mut self) -> Vec<$crate::sim::scenario::node::Field<'_>> {
                let $type { $($field),* } = self;
                vec![$($crate::sim::scenario::node::Field {
                    name: $crate::sim::scenario::node::name_of!($field $(as $name)?),
                    needed: $crate::sim::scenario::node::is_needed!($($needed)?),
                    value: $field,
                }),*]
            }
        }
        impl $crate::sim::scenario::node::Node for $type {
            fn read(
                &mut self,
                json: &$crate::sim::scenario::json::Json,
                at: &mut $crate::sim::locate::Path,
            ) -> Result<(), $crate::sim::error::Flaw> {
                $crate::sim::scenario::node::read_object(self.fields(), json, at)
            }
            fn json(&mut self) -> $crate::sim::scenario::json::Json {
                let mut blank = <$type as $crate::sim::scenario::node::Blank>::blank();
                $crate::sim::scenario::node::write_object(self.fields(), blank.fields())
            }
        }
    };
}

macro_rules! name_of {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident as $name:literal) => {
        $name
    };
}

macro_rules! is_needed {
    () => {
        false
    };
    (needed) => {
        true
    };
}

/// An enum's names, all of them; the first is where reading starts.
macro_rules! names {
    ($type:ident { $($variant:ident = $name:literal),* $(,)? }) => {
        impl $type {
            /// Every value with its name, in the order of the schema.
            pub const NAMES: &[&str] = &[$($name),*];
            const VALUES: &[$type] = &[$($type::$variant),*];

            /// Its name in a scenario.
            pub const fn name(self) -> &'static str {
                match self {
                    $($type::$variant => $name,)*
                }
            }
        }
        impl $crate::sim::scenario::node::Blank for $type {
            fn blank() -> Self {
                Self::VALUES[0]
            }
        }
        impl $crate::sim::scenario::node::Node for $type {
            fn read(
                &mut self,
                json: &$crate::sim::scenario::json::Json,
                at: &mut $crate::sim::locate::Path,
            ) -> Result<(), $crate::sim::error::Flaw> {
                let place = $crate::sim::scenario::node::read_name(Self::NAMES, json, at)?;
                *self = Self::VALUES[place];
                Ok(())
            }
            fn json(&mut self) -> $crate::sim::scenario::json::Json {
                $crate::sim::scenario::json::Json::Text(self.name().to_owned())
            }
        }
    };
}

pub(crate) use {is_needed, name_of, names, object};

macro_rules! blank_is_default {
    ($($type:ty),* $(,)?) => {
        $(impl $crate::sim::scenario::node::Blank for $type {
            fn blank() -> Self {
                <$type>::default()
            }
        })*
    };
}
pub(crate) use blank_is_default;

blank_is_default!(bool, u16, u32, u64, f64, String);

impl Blank for IpAddr {
    fn blank() -> Self {
        IpAddr::from([0, 0, 0, 0])
    }
}

impl<T> Blank for Option<T> {
    fn blank() -> Self {
        None
    }
}

impl<T: Node + Blank> Node for Option<T> {
    fn read(&mut self, json: &Json, at: &mut Path) -> Result<(), Flaw> {
        match json {
            Json::Null => *self = None,
            _ => self.insert(T::blank()).read(json, at)?,
        }
        Ok(())
    }
    fn json(&mut self) -> Json {
        self.as_mut().map_or(Json::Null, Node::json)
    }
}

impl<T> Blank for Vec<T> {
    fn blank() -> Self {
        Vec::new()
    }
}

impl<T: Node + Blank> Node for Vec<T> {
    fn read(&mut self, json: &Json, at: &mut Path) -> Result<(), Flaw> {
        let Json::List(items) = json else {
            return Err(allowed(at, "a list […]", "列表 […]"));
        };
        for (i, item) in items.iter().enumerate() {
            at.0.push(Segment::Index(i));
            let mut value = T::blank();
            value.read(item, at)?;
            self.push(value);
            at.0.pop();
        }
        Ok(())
    }
    fn json(&mut self) -> Json {
        Json::List(self.iter_mut().map(Node::json).collect())
    }
}

impl Node for String {
    fn read(&mut self, json: &Json, at: &mut Path) -> Result<(), Flaw> {
        let Json::Text(text) = json else {
            return Err(allowed(at, "a string", "字符串"));
        };
        *self = text.clone();
        Ok(())
    }
    fn json(&mut self) -> Json {
        Json::Text(self.clone())
    }
}

impl Node for bool {
    fn read(&mut self, json: &Json, at: &mut Path) -> Result<(), Flaw> {
        let Json::Bool(value) = json else {
            return Err(allowed(at, "true or false", "true 或 false"));
        };
        *self = *value;
        Ok(())
    }
    fn json(&mut self) -> Json {
        Json::Bool(*self)
    }
}

/// A whole number that fits.
macro_rules! whole {
    ($($type:ident: $en:literal, $zh:literal;)*) => {
        $(impl Node for $type {
            fn read(&mut self, json: &Json, at: &mut Path) -> Result<(), Flaw> {
                *self = match json {
                    Json::Whole(n) => $type::try_from(*n).ok(),
                    _ => None,
                }
                .ok_or_else(|| allowed(at, $en, $zh))?;
                Ok(())
            }
            fn json(&mut self) -> Json {
                Json::Whole(u64::from(*self))
            }
        })*
    };
}

whole! {
    u16: "u16 (a whole number from 0 to 65535)", "0 到 65535 的整数";
    u32: "u32 (a whole number from 0 to 4294967295)", "0 到 4294967295 的整数";
    u64: "u64 (a whole number from 0 on)", "非负整数";
}

impl Node for f64 {
    fn read(&mut self, json: &Json, at: &mut Path) -> Result<(), Flaw> {
        *self = match json {
            Json::Whole(n) => *n as f64,
            Json::Number(n) => *n,
            _ => return Err(allowed(at, "a number", "数")),
        };
        Ok(())
    }
    fn json(&mut self) -> Json {
        Json::Number(*self)
    }
}

impl Node for IpAddr {
    fn read(&mut self, json: &Json, at: &mut Path) -> Result<(), Flaw> {
        let parsed = match json {
            Json::Text(text) => text.parse().ok(),
            _ => None,
        };
        *self = parsed.ok_or_else(|| {
            Flaw::new(at.clone(), "allowed: an IP address, for example \"10.0.0.1\"", "不是合法的 IP 地址")
        })?;
        Ok(())
    }
    fn json(&mut self) -> Json {
        Json::Text(self.to_string())
    }
}
