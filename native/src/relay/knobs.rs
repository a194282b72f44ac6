//! What of a relay can be turned while it runs, with the names, units and ranges by which the page shows it.
//!
//! Values travel as text, in the units of the page's knobs: times as nanoseconds (`5000000ns`), sizes as octets, shares from
//! 0 to 1, switches as `true` and `false`; `off` takes a limit away, `null` is the value at the start.

use std::time::Duration;

use framewire::lang::Lang;
use serde::Serialize;

use super::shape::Shape;
use super::udp::Mishaps;
use super::{Plan, Which};

/// The longest time that may be set.
pub const MOST_TIME: Duration = Duration::from_secs(60);
/// The largest number of octets that may be set.
pub const MOST_OCTETS: u64 = 1 << 30;

/// All that can be turned.
#[derive(Clone, Debug, PartialEq)]
pub struct Knobs {
    /// Datagrams are relayed: other knobs than for a stream.
    pub udp: bool,
    /// The direction that is changed.
    pub only: Which,
    /// What is done to a stream; delay and jitter are for datagrams too.
    pub shape: Shape,
    /// What is done to datagrams.
    pub mishaps: Mishaps,
}

/// A knob as the page shows it (`KnobInfo` in `www/player/types.d.ts`).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shown {
    /// By which it is turned.
    pub path: &'static str,
    /// Whose it is: nobody's in particular.
    pub of: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// The group that it stands in: there is one only.
    pub group: &'static str,
    /// `octets`, `ns`, `share`, `switch` or `choice`.
    pub unit: &'static str,
    /// The slider's least value, in the unit.
    pub low: f64,
    /// The slider's greatest.
    pub high: f64,
    /// What may be chosen; `off` where there may be no limit.
    pub words: Vec<&'static str>,
    /// What holds.
    pub value: serde_json::Value,
    /// What holds at the start.
    pub default: serde_json::Value,
    /// It was turned.
    pub changed: bool,
    /// It stands in the foreground.
    pub first: bool,
}

/// A knob cannot be turned so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KnobError {
    /// There is none of this name.
    Unknown(String),
    /// The value is none, or beyond what may be set.
    Bad {
        /// The knob.
        path: &'static str,
        /// What was given.
        value: String,
    },
}

/// Which relays have a knob.
#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    Tcp,
    Udp,
    Both,
}

struct Row {
    path: &'static str,
    names: (&'static str, &'static str),
    unit: &'static str,
    range: (f64, f64),
    of: For,
}

const MS: f64 = 1e6;

const fn row(
    path: &'static str,
    names: (&'static str, &'static str),
    unit: &'static str,
    range: (f64, f64),
    of: For,
) -> Row {
    Row { path, names, unit, range, of }
}

const ROWS: [Row; 12] = [
    row("slice", ("Slice: bytes at a time", "切片：每次转发的字节数"), "octets", (1.0, 1460.0), For::Tcp),
    row("gap", ("Pause between slices", "切片之间的间隔"), "ns", (0.0, 500.0 * MS), For::Tcp),
    row("coalesce", ("Gather before passing on", "合并：积攒多久再转发"), "ns", (0.0, 1000.0 * MS), For::Tcp),
    row("delay", ("Delay", "延迟"), "ns", (0.0, 2000.0 * MS), For::Both),
    row("jitter", ("Jitter: up to so much more", "抖动：最多再增加"), "ns", (0.0, 1000.0 * MS), For::Both),
    row("rate", ("Rate: bytes a second", "限速：每秒字节数"), "octets", (1.0, 1_000_000.0), For::Tcp),
    row("stall", ("Hold everything back", "停住：暂时全部不转发"), "switch", (0.0, 1.0), For::Tcp),
    row("loss", ("Loss", "丢失"), "share", (0.0, 1.0), For::Udp),
    row("dup", ("Duplication", "重复"), "share", (0.0, 1.0), For::Udp),
    row("reorder", ("Overtaken by later ones", "乱序：被后面的数据报超过"), "share", (0.0, 1.0), For::Udp),
    row(
        "reorder-by",
        ("Held back for (overtaken ones)", "乱序时扣住多久"),
        "ns",
        (0.0, 500.0 * MS),
        For::Udp,
    ),
    row("only", ("Direction", "作用的方向"), "choice", (0.0, 1.0), For::Both),
];

const DIRECTIONS: [(Which, &str, &str); 3] = [
    (Which::Both, "both directions", "双向"),
    (Which::Up, "client to server", "客户端到服务器"),
    (Which::Down, "server to client", "服务器到客户端"),
];

impl Knobs {
    /// Nothing is changed on the way.
    pub fn new(udp: bool) -> Self {
        let mishaps = Mishaps { reorder_by: Duration::from_millis(20), ..Mishaps::default() };
        Knobs { udp, only: Which::Both, shape: Shape::default(), mishaps }
    }

    fn rows(&self) -> impl Iterator<Item = &'static Row> {
        let own = if self.udp { For::Udp } else { For::Tcp };
        ROWS.iter().filter(move |row| row.of == For::Both || row.of == own)
    }

    fn value(&self, path: &str, lang: Lang) -> serde_json::Value {
        let time = |time: Duration| serde_json::json!(time.as_nanos() as f64);
        let limit = |limit: Option<u64>| limit.map_or_else(|| "off".into(), |n| serde_json::json!(n));
        let (shape, mishaps) = (&self.shape, &self.mishaps);
        match path {
            "slice" => limit(shape.slice.map(|n| n as u64)),
            "gap" => time(shape.gap),
            "coalesce" => time(shape.coalesce),
            "delay" => time(shape.delay),
            "jitter" => time(shape.jitter),
            "rate" => limit(shape.rate),
            "stall" => shape.halted.into(),
            "loss" => mishaps.loss.into(),
            "dup" => mishaps.dup.into(),
            "reorder" => mishaps.reorder.into(),
            "reorder-by" => time(mishaps.reorder_by),
            _ => {
                let found = DIRECTIONS.iter().find(|(which, ..)| *which == self.only);
                found.map_or("", |(_, en, zh)| lang.pick(en, zh)).into()
            }
        }
    }

    /// All that there are, as the page shows them.
    pub fn shown(&self, lang: Lang) -> Vec<Shown> {
        let start = Knobs::new(self.udp);
        let one = |row: &'static Row| {
            let (value, default) = (self.value(row.path, lang), start.value(row.path, lang));
            let words = match row.path {
                "slice" | "rate" => vec!["off"],
                "only" => DIRECTIONS.iter().map(|(_, en, zh)| lang.pick(*en, *zh)).collect(),
                _ => Vec::new(),
            };
            let (name, (low, high)) = (lang.pick(row.names.0, row.names.1), row.range);
            let changed = value != default;
            let (path, unit) = (row.path, row.unit);
            Shown {
                path,
                of: "",
                name,
                group: "",
                unit,
                low,
                high,
                words,
                value,
                default,
                changed,
                first: true,
            }
        };
        self.rows().map(one).collect()
    }

    /// Turns one.
    ///
    /// # Errors
    /// When there is no such knob, or it takes no such value; then nothing has changed.
    pub fn turn(&mut self, path: &str, value: &str) -> Result<(), KnobError> {
        let row = self.rows().find(|row| row.path == path);
        let row = row.ok_or_else(|| KnobError::Unknown(path.chars().take(40).collect()))?;
        let value = value.trim();
        let bad = || KnobError::Bad { path: row.path, value: value.chars().take(40).collect() };
        let start = Knobs::new(self.udp);
        let at_start = value == "null";
        let time = |of: fn(&Knobs) -> Duration| -> Result<Duration, KnobError> {
            if at_start {
                return Ok(of(&start));
            }
            let nanos = value.strip_suffix("ns").and_then(|text| text.parse::<u64>().ok());
            nanos.map(Duration::from_nanos).filter(|time| *time <= MOST_TIME).ok_or_else(bad)
        };
        let limit = || -> Result<Option<u64>, KnobError> {
            match value {
                "off" | "null" => Ok(None),
                _ => match value.parse() {
                    Ok(n) if (1..=MOST_OCTETS).contains(&n) => Ok(Some(n)),
                    _ => Err(bad()),
                },
            }
        };
        let share = || match value.parse::<f64>() {
            _ if at_start => Ok(0.0),
            Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
            _ => Err(bad()),
        };
        let (shape, mishaps) = (&mut self.shape, &mut self.mishaps);
        match row.path {
            "slice" => shape.slice = limit()?.map(|n| n as usize),
            "gap" => shape.gap = time(|knobs| knobs.shape.gap)?,
            "coalesce" => shape.coalesce = time(|knobs| knobs.shape.coalesce)?,
            "delay" => shape.delay = time(|knobs| knobs.shape.delay)?,
            "jitter" => shape.jitter = time(|knobs| knobs.shape.jitter)?,
            "rate" => shape.rate = limit()?,
            "stall" => shape.halted = if at_start { false } else { value.parse().map_err(|_| bad())? },
            "loss" => mishaps.loss = share()?,
            "dup" => mishaps.dup = share()?,
            "reorder" => mishaps.reorder = share()?,
            "reorder-by" => mishaps.reorder_by = time(|knobs| knobs.mishaps.reorder_by)?,
            _ => {
                let named = |(_, en, zh): &&(Which, &str, &str)| value == *en || value == *zh;
                let found = DIRECTIONS.iter().find(named).map(|(which, ..)| *which);
                self.only = if at_start { Which::Both } else { found.ok_or_else(bad)? };
            }
        }
        Ok(())
    }

    /// Writes what is turned into a relay's plan.
    pub fn apply(&self, plan: &mut Plan) {
        let when = |changed: bool| if changed { self.shape.clone() } else { Shape::default() };
        plan.up = when(self.only != Which::Down);
        plan.down = when(self.only != Which::Up);
        plan.mishaps = self.mishaps;
    }
}

/// The name of a knob for people.
pub fn name(path: &str, lang: Lang) -> &'static str {
    let row = ROWS.iter().find(|row| row.path == path);
    row.map_or("", |row| lang.pick(row.names.0, row.names.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_knob_can_be_turned_and_taken_back() {
        for udp in [false, true] {
            let start = Knobs::new(udp);
            for shown in start.shown(Lang::En) {
                let value = match shown.unit {
                    "octets" => "17".to_owned(),
                    "ns" => "5000000ns".to_owned(),
                    "share" => "0.25".to_owned(),
                    "switch" => "true".to_owned(),
                    _ => DIRECTIONS[2].2.to_owned(),
                };
                let mut turned = start.clone();
                turned.turn(shown.path, &value).unwrap();
                let now: Vec<_> = turned.shown(Lang::Zh).into_iter().filter(|knob| knob.changed).collect();
                assert_eq!((now.len(), now[0].path), (1, shown.path));
                turned.turn(shown.path, "null").unwrap();
                assert_eq!(turned, start, "{}", shown.path);
            }
        }
    }

    #[test]
    fn what_is_no_value_changes_nothing() {
        for (udp, path, values) in [
            (false, "slice", &["0", "-1", "x", "", "2147483648"][..]),
            (false, "delay", &["5", "5ms", "-5ns", "60000000001ns"]),
            (false, "stall", &["yes"]),
            (false, "only", &["sideways"]),
            (true, "loss", &["1.5", "-0.1", "nan", "inf"]),
        ] {
            for value in values {
                let mut knobs = Knobs::new(udp);
                let error = knobs.turn(path, value).unwrap_err();
                assert!(matches!(error, KnobError::Bad { .. }), "{path} {value}");
                assert_eq!(knobs, Knobs::new(udp));
            }
        }
        assert!(matches!(Knobs::new(false).turn("loss", "0.1"), Err(KnobError::Unknown(_))));
        assert!(matches!(Knobs::new(true).turn("slice", "1"), Err(KnobError::Unknown(_))));
    }

    #[test]
    fn the_plan_follows_in_the_chosen_direction() {
        let mut knobs = Knobs::new(false);
        knobs.turn("slice", "3").unwrap();
        knobs.turn("only", "server to client").unwrap();
        let mut plan = Plan {
            target: ([127, 0, 0, 1], 1).into(),
            up: Shape::default(),
            down: Shape::default(),
            breaks: super::super::Breaks::default(),
            resets: 0,
            mishaps: Mishaps::default(),
            seed: 1,
            max_connections: 1,
            idle_timeout: MOST_TIME,
        };
        knobs.apply(&mut plan);
        assert_eq!((plan.up.slice, plan.down.slice), (None, Some(3)));
    }

    #[test]
    fn every_name_stands_in_both_languages() {
        for row in &ROWS {
            assert!(row.names.0.is_ascii() && !row.names.1.is_ascii(), "{}", row.path);
            assert_eq!(name(row.path, Lang::Zh), row.names.1);
        }
    }
}
