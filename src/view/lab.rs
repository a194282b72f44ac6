//! The laboratory in words and numbers: knobs, rules, and what was changed.

use serde::Serialize;

use crate::sim::scenario::{Act, Break, ScriptedAction, What};
use crate::sim::units::{Rate, Span};
use crate::sim::{Change, Kind, Knob, Lab, RULES, Setting, breaks, knobs, turns_later};
use crate::time::{Duration, Instant};
use crate::view::words::{Lang, Word, fill};

/// A knob as the page shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KnobInfo {
    /// Its path.
    pub path: String,
    /// What it is of; empty for the whole scenario.
    pub of: String,
    /// Its name.
    pub name: &'static str,
    /// The title of its group.
    pub group: &'static str,
    /// `switch`, `count`, `octets`, `ns`, `bit/s`, `share`, `choice`.
    pub unit: &'static str,
    /// The least number; 0 where it takes none.
    pub low: f64,
    /// The greatest number; 0 where it takes none.
    pub high: f64,
    /// Words that it takes.
    pub words: &'static [&'static str],
    /// What it is set to: a number in its unit, a word, on or off; nothing while the default holds.
    pub value: Value,
    /// What holds while it is not set.
    pub default: Value,
    /// Was it turned?
    pub changed: bool,
    /// The scenario wants it offered first.
    pub first: bool,
    /// It can be turned in the middle of a run.
    pub later: bool,
}

/// A setting as it crosses to the page.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// None.
    Missing,
    /// On or off.
    On(bool),
    /// A number.
    Number(f64),
    /// A word.
    Word(&'static str),
}

impl From<Setting> for Value {
    fn from(setting: Setting) -> Value {
        match setting {
            Setting::Missing => Value::Missing,
            Setting::On(on) => Value::On(on),
            Setting::Number(number) => Value::Number(number),
            Setting::Word(word) => Value::Word(word),
        }
    }
}

/// A rule that can be broken.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleInfo {
    /// Its name in a scenario.
    pub name: &'static str,
    /// What holds when it is broken.
    pub title: &'static str,
    /// All hosts break it.
    pub broken: bool,
    /// The hosts, and which of them break it.
    pub hosts: Vec<(String, bool)>,
}

/// The knobs of what is in the laboratory: as they hold from the start, or `from` an event of the run on.
pub fn knob_infos(lab: &Lab, from: Option<u32>, lang: Lang) -> Vec<KnobInfo> {
    let turned = |knob: &Knob| {
        lab.changes().iter().any(|change| match change {
            Change::Knob { path, .. } => from.is_none() && *path == knob.path,
            Change::Later { path, .. } => from.is_some() && *path == knob.path,
            _ => false,
        })
    };
    let info = |knob: Knob| {
        let (low, high) = knob.kind.range().unwrap_or_default();
        KnobInfo {
            changed: turned(&knob),
            name: lang.pick(knob.name.0, knob.name.1),
            group: knob.group.title(lang),
            unit: knob.kind.unit(),
            low,
            high,
            words: knob.kind.words(),
            value: knob.value.into(),
            default: knob.default.into(),
            first: knob.first,
            later: turns_later(&knob.path),
            path: knob.path,
            of: knob.of,
        }
    };
    let scenario = from.map(|event| lab.scenario_at(event));
    knobs(scenario.as_ref().unwrap_or(lab.scenario())).into_iter().map(info).collect()
}

/// The rules that can be broken, and who breaks them.
pub fn rule_infos(lab: &Lab, lang: Lang) -> Vec<RuleInfo> {
    let scenario = lab.scenario();
    let of = |&(rule, en, zh): &(Break, &'static str, &'static str)| RuleInfo {
        name: rule.name(),
        title: lang.pick(en, zh),
        broken: breaks(scenario, rule, None),
        hosts: scenario
            .hosts
            .iter()
            .map(|host| (host.name.clone(), breaks(scenario, rule, Some(&host.name))))
            .collect(),
    };
    RULES.iter().map(of).collect()
}

/// Everything that was changed, a line each.
pub fn change_texts(lab: &Lab, lang: Lang) -> Vec<String> {
    let all = knobs(lab.scenario());
    let text = |change: &Change| match change {
        Change::Later { path, value, event, time } => {
            let knob = knobs(&lab.scenario_at(*event)).into_iter().find(|knob| knob.path == *path);
            let what = match knob {
                Some(knob) => knob_text(&knob, lang),
                None => fill(Word::LabKnobTo, lang, &[path, value]),
            };
            fill(Word::LabFrom, lang, &[&moment_text(*time), &what])
        }
        other => change_text(other, &all, lang),
    };
    lab.changes().iter().map(text).collect()
}

/// A moment of the run, rounded as people read it.
pub fn moment_text(time: Instant) -> String {
    let nanos = time.as_nanos();
    let step = if nanos >= 1_000_000 { 10_000 } else { 1 };
    Span(Duration::from_nanos(nanos - nanos % step)).to_string()
}

fn knob_text(knob: &Knob, lang: Lang) -> String {
    let name = lang.pick(knob.name.0, knob.name.1);
    let name =
        if knob.of.is_empty() { name.to_owned() } else { fill(Word::LabKnobTo, lang, &[&knob.of, name]) };
    fill(Word::LabKnobTo, lang, &[&name, &setting_text(knob.kind, knob.value, lang)])
}

fn change_text(change: &Change, all: &[Knob], lang: Lang) -> String {
    match change {
        Change::Knob { path, value } => match all.iter().find(|knob| knob.path == *path) {
            Some(knob) => knob_text(knob, lang),
            None => fill(Word::LabKnobTo, lang, &[path, value]),
        },
        // They are told with the scenario as it is then.
        Change::Later { path, value, .. } => fill(Word::LabKnobTo, lang, &[path, value]),
        Change::Rule { rule, host, broken } => {
            let found = RULES.iter().find(|row| row.0 == *rule);
            let title = found.map_or(rule.name(), |row| lang.pick(row.1, row.2));
            let who = host.as_deref().unwrap_or(Word::LabEveryHost.text(lang));
            let word = if *broken { Word::LabRuleBroken } else { Word::LabRuleKept };
            fill(word, lang, &[who, title])
        }
        Change::Packet(action) => action_text(action, lang),
        Change::Spare(action) => fill(Word::LabSpared, lang, &[&action_text(action, lang)]),
        Change::Text { before, .. } if before.is_empty() => Word::LabEdited.text(lang).to_owned(),
        Change::Text { before, .. } => fill(Word::LabEditedAfter, lang, &[&before.len().to_string()]),
    }
}

/// "client: data no. 2: lost"
pub fn action_text(action: &ScriptedAction, lang: Lang) -> String {
    let what = match action.what {
        What::Any => Word::Packet.text(lang),
        What::Data => Word::LabData.text(lang),
        What::Syn => "SYN",
        What::SynAck => "SYN+ACK",
        What::Ack => "ACK",
        What::Fin => "FIN",
        What::Rst => "RST",
        What::Retransmission => Word::Retransmission.text(lang),
        What::Fragment => Word::Fragment.text(lang),
        What::Icmp => "ICMP",
    };
    let from = action.from.as_deref().unwrap_or(Word::LabEveryHost.text(lang));
    let packet = match action.nth {
        Some(nth) => fill(Word::LabNth, lang, &[from, what, &nth.to_string()]),
        None => fill(Word::LabEach, lang, &[from, what]),
    };
    let by = action.by.unwrap_or_default().to_string();
    match action.act {
        Act::Drop => fill(Word::LabDropped, lang, &[&packet]),
        Act::Delay => fill(Word::LabDelayed, lang, &[&packet, &by]),
        Act::Duplicate => fill(Word::LabDuplicated, lang, &[&packet, &by]),
        Act::Corrupt => fill(Word::LabCorrupted, lang, &[&packet]),
        Act::Replay => fill(Word::LabReplayed, lang, &[&packet, &action.at.unwrap_or_default().to_string()]),
    }
}

fn setting_text(kind: Kind, setting: Setting, lang: Lang) -> String {
    match setting {
        Setting::Missing => Word::LabDefault.text(lang).to_owned(),
        Setting::On(on) => (if on { Word::LabOn } else { Word::LabOff }).text(lang).to_owned(),
        Setting::Word("off") => Word::LabOff.text(lang).to_owned(),
        Setting::Word(word) => word.to_owned(),
        Setting::Number(number) => match kind.unit() {
            "ns" => Span(Duration::from_nanos(number as u64)).to_string(),
            "bit/s" => Rate(number as u64).to_string(),
            "share" => format!("{}%", (number * 1e6).round() / 1e4),
            "octets" => fill(Word::Octets, lang, &[&number.to_string()]),
            _ => number.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::builtin;
    use crate::sim::scenario::Break;

    fn lab(name: &str) -> Lab {
        Lab::new(builtin(name).unwrap())
    }

    #[test]
    fn whose_knob_it_is_is_told_in_the_signs_of_the_language() {
        let mut knob = knobs(lab("sticky-packets").scenario()).remove(0);
        knob.of = "server".into();
        assert!(knob_text(&knob, Lang::En).starts_with("server: "));
        assert!(knob_text(&knob, Lang::Zh).starts_with("server："));
    }

    #[test]
    fn changes_are_told_in_both_languages() {
        let mut lab = lab("hello-tcp");
        lab.turn("network.latency", Some("300ms")).unwrap();
        lab.turn("tcp.nagle", Some("false")).unwrap();
        lab.turn("network.loss", Some("0.025")).unwrap();
        lab.turn("tcp.delayed_ack", Some("off")).unwrap();
        lab.switch(Break::NoTimeWait, None, true).unwrap();
        lab.switch(Break::NoBackoff, Some("server"), true).unwrap();
        let data = |act| ScriptedAction {
            act,
            from: Some("client".into()),
            to: None,
            what: What::Data,
            nth: Some(1),
            after: None,
            by: matches!(act, Act::Delay).then_some(Span(Duration::from_millis(70))),
            at: None,
        };
        lab.act(data(Act::Drop)).unwrap();
        lab.act(data(Act::Delay)).unwrap();
        assert_eq!(
            change_texts(&lab, Lang::En),
            [
                "latency: 300ms",
                "Nagle's algorithm: off",
                "loss: 2.5%",
                "delayed ACK: off",
                "all hosts: no TIME-WAIT",
                "server: the time-out does not double",
                "client, data no. 1: lost",
                "client, data no. 1: held back 70ms",
            ]
        );
        let chinese = change_texts(&lab, Lang::Zh);
        assert_eq!(chinese[4], "所有主机：没有 TIME-WAIT");
        assert_eq!(chinese[6], "client 的第 1 个数据报文：丢弃");
        lab.edit(r#"{ "framewire": 1, "hosts": [{ "name": "a" }] }"#, &Default::default()).unwrap();
        assert_eq!(change_texts(&lab, Lang::En), ["edited by hand, with 8 earlier changes"]);
    }

    #[test]
    fn knobs_say_what_was_turned() {
        let mut lab = lab("hello-tcp");
        lab.turn("network.latency", Some("300ms")).unwrap();
        let infos = knob_infos(&lab, None, Lang::Zh);
        let latency = infos.iter().find(|knob| knob.path == "network.latency").unwrap();
        assert!(latency.changed && latency.name == "单向时延");
        assert_eq!((latency.value, latency.default), (Value::Number(300e6), Value::Number(20e6)));
        assert_eq!(infos.iter().filter(|knob| knob.changed).count(), 1);
        assert!(infos.iter().all(|knob| knob.words.is_empty() || knob.unit == "choice" || knob.unit == "ns"));
    }

    #[test]
    fn what_is_turned_in_the_middle_is_told_with_its_moment() {
        let mut lab = lab("hello-tcp");
        lab.turn_later("network.latency", Some("300ms"), 30, Instant::from_nanos(81_234_567)).unwrap();
        assert_eq!(change_texts(&lab, Lang::En), ["from 81.23ms on: latency: 300ms"]);
        assert_eq!(change_texts(&lab, Lang::Zh), ["从 81.23ms 起，单向时延：300ms"]);
        let of = |from: Option<u32>, path: &str| {
            let infos = knob_infos(&lab, from, Lang::En);
            infos.into_iter().find(|knob| knob.path == path).unwrap()
        };
        assert_eq!(
            (of(None, "network.latency").changed, of(None, "network.latency").value),
            (false, Value::Missing)
        );
        assert_eq!(of(Some(29), "network.latency").value, Value::Missing);
        let then = of(Some(30), "network.latency");
        assert_eq!((then.changed, then.later, then.value), (true, true, Value::Number(300e6)));
        assert!(knob_infos(&lab, None, Lang::En).iter().any(|knob| !knob.later));
    }
}
