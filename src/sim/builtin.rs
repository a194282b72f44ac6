//! The built-in scenarios. To add one, put `NAME.json` into `scenarios/` and its name into the list below.

use super::Scenario;

/// A built-in scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Builtin {
    /// Its name.
    pub name: &'static str,
    /// What it is about.
    pub topic: Topic,
    /// Its JSON text.
    pub json: &'static str,
}

/// What built-in scenarios are about, in the order of a course.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// Programs, byte streams and messages.
    Stream,
    /// UDP.
    Datagrams,
    /// Opening a connection.
    Opening,
    /// Closing it.
    Closing,
    /// Flow control, loss and congestion.
    Flow,
}

impl Topic {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Topic::Stream => "stream",
            Topic::Datagrams => "datagrams",
            Topic::Opening => "opening",
            Topic::Closing => "closing",
            Topic::Flow => "flow",
        }
    }
}

macro_rules! builtins {
    ($($topic:ident: $($name:literal)*;)*) => {
        /// Every built-in scenario, in the order in which a course would show them.
        pub const BUILTINS: &[Builtin] = &[$($(Builtin {
            name: $name,
            topic: Topic::$topic,
            json: include_str!(concat!("../../scenarios/", $name, ".json")),
        },)*)*];
    };
}

builtins! {
    Stream:
        "hello-tcp" "sticky-packets" "sticky-with-nodelay" "split-message" "localhost-vs-internet" "short-read" "utf8-cut"
        "length-bomb" "framed-hello" "framed-echo" "four-ticks";
    Datagrams: "hello-udp" "udp-keeps-boundaries" "udp-truncation" "udp-fragment-lost" "udp-reordered";
    Opening:
        "three-way-handshake" "lost-syn" "lost-syn-ack" "lost-handshake-ack" "stale-syn" "closed-port" "syn-backlog"
        "simultaneous-open";
    Closing:
        "four-way-close" "close-in-three" "half-close" "lost-fin" "time-wait-last-ack-lost" "no-time-wait"
        "address-in-use" "close-wait-leak" "simultaneous-close" "reset-unread-data";
    Flow:
        "nagle-delayed-ack-stall" "zero-window" "silly-window" "retransmission-backoff" "fast-retransmit" "sack"
        "slow-start-reno" "slow-start-cubic" "keep-alive" "path-mtu";
}

/// The built-in scenario of this name, if there is one.
///
/// ```
/// let scenario = framewire::sim::builtin("hello-tcp").expect("it is built in");
/// assert_eq!(scenario.title.zh, "你好，TCP");
/// ```
pub fn builtin(name: &str) -> Option<Scenario> {
    let found = BUILTINS.iter().find(|builtin| builtin.name == name)?;
    // All of them are read in the tests.
    Scenario::from_json(found.json).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_builtin_is_read_complete_and_in_both_languages() {
        for Builtin { name, json, .. } in BUILTINS {
            let scenario = Scenario::from_json(json).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(scenario.name, *name);
            for text in [&scenario.title, &scenario.look, &scenario.question, &scenario.notes] {
                assert!(!text.en.is_empty() && !text.zh.is_empty(), "{name} lacks a text");
                assert!(text.en.is_ascii(), "{name}: {}", text.en);
                assert!(text.zh.chars().any(|c| c > '\u{2fff}'), "{name}: {} is not Chinese", text.zh);
            }
            assert_eq!(Scenario::from_json(&scenario.to_json()).unwrap(), scenario, "{name}");
        }
    }

    #[test]
    fn every_file_is_in_the_list_and_no_name_is_there_twice() {
        let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios")).unwrap();
        let files = files.filter(|f| f.as_ref().unwrap().path().extension().is_some_and(|e| e == "json"));
        assert_eq!(files.count(), BUILTINS.len());
        for (i, builtin) in BUILTINS.iter().enumerate() {
            assert!(BUILTINS[..i].iter().all(|other| other.name != builtin.name), "{}", builtin.name);
        }
    }
}
