//! Quantities as people write them: `"40ms"`, `"64kB"`, `"100Mbit/s"`, `"1%"`.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::error::Flaw;
use super::locate::Path;
use super::scenario::json::Json;
use super::scenario::node::{Blank, Node, allowed};
use crate::time::Duration;

/// A span of time, written with its unit: `"250us"`, `"40ms"`, `"1.5s"`, `"2min"`; `0` needs none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub Duration);

/// A number of octets: `1460`, `"64kB"` (1000s) or `"64KiB"` (1024s).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

/// Bits in a second: `"100Mbit/s"`, `"64kbit/s"`, `"1Gbit/s"`, or a plain number of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(pub u64);

/// A probability from 0 to 1: `0.01` or `"1%"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Chance(pub f64);

/// The number at the start of `text` and the unit after it, without blanks.
fn number_and_unit(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    decimal(number).map(|n| (n, unit.trim()))
}

/// Reads `12.5`: digits with at most one point among them. Eighteen digits count; the rest is finer than any use.
fn decimal(text: &str) -> Option<f64> {
    let (mut mantissa, mut scale, mut digits, mut point) = (0_u64, 1.0_f64, 0, false);
    for byte in text.bytes() {
        match byte {
            b'.' if !point => point = true,
            b'0'..=b'9' if mantissa < 100_000_000_000_000_000 => {
                digits += 1;
                mantissa = mantissa * 10 + u64::from(byte - b'0');
                // Powers of ten are exact up to 1e22: the quotient is the nearest number up to 15 digits.
                scale *= if point { 10.0 } else { 1.0 };
            }
            b'0'..=b'9' => {
                digits += 1;
                scale *= if point { 1.0 } else { 0.1 };
            }
            _ => return None,
        }
    }
    (digits > 0).then_some(mantissa as f64 / scale)
}

/// `value`, when it is one that a `u64` holds exactly enough.
fn whole(value: f64) -> Option<u64> {
    (value.is_finite() && (0.0..=9.0e18).contains(&value)).then_some(value.round() as u64)
}

impl Span {
    /// Reads `"40ms"`; `None` for anything that is no span.
    pub fn parse(text: &str) -> Option<Self> {
        let (n, unit) = number_and_unit(text)?;
        let nanos = match unit {
            "ns" => 1.0,
            "us" | "µs" | "μs" => 1e3,
            "ms" => 1e6,
            "s" => 1e9,
            "min" => 60e9,
            "h" => 3600e9,
            "" if n == 0.0 => 0.0,
            _ => return None,
        };
        whole(n * nanos).map(|n| Span(Duration::from_nanos(n)))
    }
    fn number(n: f64) -> Option<Self> {
        (n == 0.0).then_some(Span(Duration::ZERO))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        for c in text.chars().filter(|c| *c != ' ') {
            write!(f, "{}", if c == 'µ' { 'u' } else { c })?;
        }
        Ok(())
    }
}

impl Size {
    /// Reads `"64kB"`; `None` for anything that is no size.
    pub fn parse(text: &str) -> Option<Self> {
        let (n, unit) = number_and_unit(text)?;
        let factor = match unit {
            "" | "B" => 1.0,
            "kB" | "KB" | "k" => 1e3,
            "MB" | "M" => 1e6,
            "GB" | "G" => 1e9,
            "KiB" => 1024.0,
            "MiB" => 1024.0 * 1024.0,
            "GiB" => 1024.0 * 1024.0 * 1024.0,
            _ => return None,
        };
        let bytes = n * factor;
        (bytes.fract() == 0.0).then(|| whole(bytes)).flatten().map(Size)
    }
    fn number(n: f64) -> Option<Self> {
        (n.fract() == 0.0).then(|| whole(n)).flatten().map(Size)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (unit, name) in [(1_048_576, "MiB"), (1024, "KiB"), (1_000_000, "MB"), (1000, "kB")] {
            if self.0 >= unit && self.0.is_multiple_of(unit) {
                return write!(f, "{}{name}", self.0 / unit);
            }
        }
        write!(f, "{}B", self.0)
    }
}

impl Rate {
    /// Reads `"10Mbit/s"`; `None` for anything that is no rate.
    pub fn parse(text: &str) -> Option<Self> {
        let (n, unit) = number_and_unit(text)?;
        let unit = unit.strip_suffix("/s").or_else(|| unit.strip_suffix("ps")).unwrap_or(unit);
        let factor = match unit {
            "" | "bit" | "b" => 1.0,
            "kbit" | "kb" => 1e3,
            "Mbit" | "Mb" => 1e6,
            "Gbit" | "Gb" => 1e9,
            _ => return None,
        };
        whole(n * factor).filter(|&n| n > 0).map(Rate)
    }
    fn number(n: f64) -> Option<Self> {
        whole(n).filter(|&n| n > 0).map(Rate)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (unit, name) in [(1_000_000_000, "Gbit/s"), (1_000_000, "Mbit/s"), (1000, "kbit/s")] {
            if self.0 >= unit && self.0.is_multiple_of(unit / 10) {
                return write!(f, "{}{name}", self.0 as f64 / unit as f64);
            }
        }
        write!(f, "{}bit/s", self.0)
    }
}

impl Chance {
    /// Reads `"1%"` or `"0.01"`; `None` for anything that is no probability.
    pub fn parse(text: &str) -> Option<Self> {
        let (n, unit) = number_and_unit(text)?;
        match unit {
            "%" => Chance::number(n / 100.0),
            "" => Chance::number(n),
            _ => None,
        }
    }
    /// Kept as it is printed, to the hundred-millionth: a scenario that is written and read again is the same.
    fn number(n: f64) -> Option<Self> {
        (0.0..=1.0).contains(&n).then_some(Chance((n * 1e8).round() / 1e8))
    }
}

impl fmt::Display for Chance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Six decimals of a percent are finer than any figure needs and hide 0.07 * 100 = 7.000000000000001.
        write!(f, "{}%", (self.0 * 1e8).round() / 1e6)
    }
}

macro_rules! quantity {
    ($name:ident, $schema:literal, $en:literal, $zh:literal) => {
        impl Blank for $name {
            fn blank() -> Self {
                $name::default()
            }
        }

        impl Node for $name {
            fn read(&mut self, json: &Json, at: &mut Path) -> Result<(), Flaw> {
                *self = match json {
                    Json::Text(text) => $name::parse(text),
                    Json::Whole(n) => $name::number(*n as f64),
                    Json::Number(n) => $name::number(*n),
                    _ => None,
                }
                .ok_or_else(|| allowed(at, $en, $zh))?;
                Ok(())
            }
            fn json(&mut self) -> Json {
                Json::Text(self.to_string())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let (json, mut read) = (Json::deserialize(deserializer)?, $name::default());
                read.read(&json, &mut Path::default()).map_err(|_| de::Error::custom(concat!("allowed: ", $en)))?;
                Ok(read)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "description": $en,
                    "type": ["string", "number"],
                    "pattern": $schema,
                    "minimum": 0
                })
            }
        }
    };
}

quantity!(
    Span,
    r"^\s*[0-9.]+\s*(ns|us|µs|μs|ms|s|min|h)?\s*$",
    "a time with its unit: ns, us, ms, s, min or h, for example \"40ms\"",
    "带单位的时间（ns、us、ms、s、min、h），例如 \"40ms\""
);
quantity!(
    Size,
    r"^\s*[0-9.]+\s*(B|kB|KB|k|MB|M|GB|G|KiB|MiB|GiB)?\s*$",
    "a number of bytes, for example 1460 or \"64kB\"",
    "字节数，例如 1460 或 \"64kB\""
);
quantity!(
    Rate,
    r"^\s*[0-9.]+\s*[kMG]?(bit|b)?(/s|ps)?\s*$",
    "a rate above 0, for example \"100Mbit/s\"",
    "大于 0 的速率，例如 \"100Mbit/s\""
);
quantity!(
    Chance,
    r"^\s*[0-9.]+\s*%?\s*$",
    "a probability from 0 to 1 or from \"0%\" to \"100%\"",
    "概率：0 到 1，或 \"0%\" 到 \"100%\""
);

/// A thing that can be off: `"off"` (or `false`), or its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch<T> {
    /// Switched off.
    Off,
    /// On, with this value.
    On(T),
}

impl<T> Switch<T> {
    /// The value when on.
    pub fn value(self) -> Option<T> {
        match self {
            Switch::Off => None,
            Switch::On(value) => Some(value),
        }
    }
}

impl Blank for Switch<Span> {
    fn blank() -> Self {
        Switch::Off
    }
}

impl Node for Switch<Span> {
    fn read(&mut self, json: &Json, at: &mut Path) -> Result<(), Flaw> {
        *self = match json {
            Json::Bool(false) => Some(Switch::Off),
            Json::Text(text) if text == "off" => Some(Switch::Off),
            Json::Text(text) => Span::parse(text).map(Switch::On),
            _ => None,
        }
        .ok_or_else(|| {
            allowed(
                at,
                "\"off\" or a time with its unit, for example \"40ms\"",
                "\"off\"，或带单位的时间，例如 \"40ms\"",
            )
        })?;
        Ok(())
    }
    fn json(&mut self) -> Json {
        match self {
            Switch::Off => Json::Text("off".to_owned()),
            Switch::On(span) => span.json(),
        }
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Switch<Span> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SpanOrOff".into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let span = generator.subschema_for::<Span>();
        schemars::json_schema!({ "anyOf": [{ "enum": ["off", false] }, span] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_as_people_write_them() {
        assert_eq!(Span::parse("40ms"), Some(Span(Duration::from_millis(40))));
        assert_eq!(Span::parse("1.5 s"), Some(Span(Duration::from_millis(1500))));
        assert_eq!(Span::parse("0"), Some(Span(Duration::ZERO)));
        assert_eq!(Size::parse("64kB"), Some(Size(64_000)));
        assert_eq!(Size::parse("64KiB"), Some(Size(65_536)));
        assert_eq!(Rate::parse("100Mbit/s"), Some(Rate(100_000_000)));
        assert_eq!(Rate::parse("1.5 Gbit/s"), Some(Rate(1_500_000_000)));
        assert_eq!(Chance::parse("1%"), Some(Chance(0.01)));
        for bad in ["", "40", "ms", "4 weeks", "-1s", "1e3s"] {
            assert_eq!(Span::parse(bad), None, "{bad}");
        }
        assert_eq!(Size::parse("1.5B"), None);
        assert_eq!(Rate::parse("0"), None);
        assert_eq!(Chance::parse("150%"), None);
    }

    #[test]
    fn quantities_print_what_they_read() {
        for text in ["250us", "40ms", "1.5s", "0s", "7ns"] {
            assert_eq!(Span::parse(text).unwrap().to_string(), text);
        }
        for text in ["64kB", "64KiB", "1460B", "1MB", "3MiB"] {
            assert_eq!(Size::parse(text).unwrap().to_string(), text);
        }
        for text in ["100Mbit/s", "1.5Gbit/s", "64kbit/s", "1.2kbit/s"] {
            assert_eq!(Rate::parse(text).unwrap().to_string(), text);
        }
        for text in ["1%", "7%", "0.1%", "100%"] {
            assert_eq!(Chance::parse(text).unwrap().to_string(), text);
        }
        let chance = Chance::number(0.694_000_000_000_000_1).unwrap();
        assert_eq!(Chance::parse(&chance.to_string()), Some(chance));
    }
}
