//! The state machine and the charts of every built-in scenario: labels keep apart and inside, what is shown is what happened,
//! losses are never hidden; snapshots of the drawings.

mod view_support;

use framewire::lang::Lang;
use framewire::sim::BUILTINS;
use framewire::view::list::{DisplayList, Kind, Role, Thing, look};
use framewire::view::session::Session;
use framewire::view::svg::{self, Theme};
use framewire::view::{charts, machine, metrics};
use view_support::session;

fn states(session: &Session, width: f32, position: f64, lang: Lang) -> DisplayList {
    session.machine(machine::Window { width, connection: 0, position, lang })
}

fn drawn(session: &mut Session, width: f32, lang: Lang) -> DisplayList {
    let [stream, from, until] = session.chart_range(None);
    let (stream, from, until) = (stream as u32, from as u64, until as u64);
    session.charts(charts::Window { width, stream, from, until, lang })
}

/// A level text's box: text, left, right, baseline.
fn texts(list: &DisplayList) -> Vec<(String, f32, f32, f32)> {
    (0..list.len())
        .filter_map(|i| {
            let (text, &[x, y]) = (list.text_of(i)?, list.points_of(i)) else { return None };
            let width = metrics::width(text, metrics::SMALL);
            let left = match list.look[i] {
                l if l & look::CENTRE != 0 => x - width / 2.0,
                l if l & look::END != 0 => x - width,
                _ => x,
            };
            Some((text.to_owned(), left, left + width, y))
        })
        .collect()
}

fn keeps_apart(list: &DisplayList, what: &str) {
    let placed = texts(list);
    assert!(!placed.is_empty(), "{what}");
    for (i, a) in placed.iter().enumerate() {
        let inside = a.1 >= -1.0 && a.2 <= list.width + 1.0 && a.3 > 8.0 && a.3 + 3.0 < list.height;
        assert!(inside, "{what}: {a:?} leaves {} x {}", list.width, list.height);
        for b in &placed[i + 1..] {
            let across = a.1.max(b.1) + 1.0 < a.2.min(b.2) - 1.0;
            assert!(!(across && (a.3 - b.3).abs() < 11.0), "{what}: {a:?} and {b:?}");
        }
    }
}

fn count(list: &DisplayList, kind: Kind, role: Role) -> usize {
    (0..list.len()).filter(|&i| list.kind[i] == kind as u8 && list.role[i] == role as u8).count()
}

#[test]
fn labels_of_the_state_machine_keep_apart_at_every_width_and_moment() {
    for entry in BUILTINS {
        let session = session(entry.name);
        let end = session.scale().height;
        for width in [machine::LEAST, 390.0, 460.0, 900.0] {
            for &lang in Lang::ALL {
                for part in [0.0, 0.3, 0.6, 1.0] {
                    let list = states(&session, width, end * part, lang);
                    keeps_apart(&list, &format!("{} at {width} {lang:?} {part}", entry.name));
                }
            }
        }
    }
}

#[test]
fn labels_of_the_charts_keep_apart_at_every_width() {
    for entry in BUILTINS {
        let mut session = session(entry.name);
        for width in [300.0, 390.0, 640.0, 1000.0] {
            for &lang in Lang::ALL {
                keeps_apart(
                    &drawn(&mut session, width, lang),
                    &format!("{} at {width} {lang:?}", entry.name),
                );
            }
        }
    }
}

#[test]
fn both_ends_stand_where_the_playhead_is() {
    let session = session("three-way-handshake");
    let told = |position: f64| {
        session.machine_told(machine::Window { width: 0.0, connection: 0, position, lang: Lang::En })
    };
    let syn_sent = session.figure().states.iter().position(|s| s.state == "SYN-SENT").unwrap();
    let at = session.scale().states[syn_sent].0;
    assert_eq!(told(at)[0], "client: CLOSED → SYN-SENT");
    let received = session.figure().states.iter().position(|s| s.state == "SYN-RECEIVED").unwrap();
    let at = session.scale().states[received].0;
    assert_eq!(told(at - 1.0), ["client: CLOSED → SYN-SENT", "server: CLOSED → LISTEN"]);
    assert_eq!(told(at), ["client: CLOSED → SYN-SENT", "server: LISTEN → SYN-RECEIVED"]);
    // A state is named in full where an end stands, too.
    let list = states(&session, 400.0, at, Lang::En);
    let texts: Vec<&str> = (0..list.len()).filter_map(|i| list.text_of(i)).collect();
    assert!(texts.contains(&"SYN-RECEIVED") && !texts.iter().any(|text| text.contains('…')), "{texts:?}");
    let open = session.figure().states.iter().position(|s| s.state == "ESTABLISHED" && s.host == 1).unwrap();
    let at = session.scale().states[open].0;
    assert_eq!(told(at), ["client: SYN-SENT → ESTABLISHED", "server: SYN-RECEIVED → ESTABLISHED"]);
    // The two boxes that are occupied are filled: here it is one.
    assert_eq!(count(&states(&session, 400.0, at, Lang::En), Kind::Rect, Role::State), 1);
}

#[test]
fn only_transitions_of_the_figure_are_taken_by_the_scenarios_without_trouble() {
    for name in [
        "hello-tcp",
        "three-way-handshake",
        "four-way-close",
        "half-close",
        "simultaneous-open",
        "simultaneous-close",
    ] {
        let session = session(name);
        for i in 0..session.figure().states.len() {
            let at = session.scale().states[i].0;
            let list = states(&session, 400.0, at, Lang::En);
            let told = session.machine_told(machine::Window {
                width: 0.0,
                connection: 0,
                position: at,
                lang: Lang::En,
            });
            assert_eq!(count(&list, Kind::Arrow, Role::Trouble), 0, "{name} at {at}: {told:?}");
            let heavy = (0..list.len())
                .filter(|&i| list.kind[i] == Kind::Arrow as u8 && list.look[i] & look::BOLD != 0);
            assert!(heavy.count() >= 1, "{name} at {at}: the transition just taken is not heavy");
        }
    }
}

#[test]
fn datagrams_have_no_states() {
    let list = states(&session("hello-udp"), 400.0, f64::MAX, Lang::En);
    assert_eq!(count(&list, Kind::Rect, Role::State), 0);
    assert!(
        session("hello-udp")
            .machine_told(machine::Window { width: 0.0, connection: 0, position: 0.0, lang: Lang::En })
            .iter()
            .all(|t| t.contains("no state is known"))
    );
}

#[test]
fn every_loss_and_retransmission_of_the_stream_is_in_the_chart() {
    for entry in BUILTINS {
        let mut session = session(entry.name);
        let [stream, ..] = session.chart_range(None);
        let of_stream = |f: &&framewire::view::figure::Flight| {
            f.range.as_ref().is_some_and(|p| p.stream == stream as u32 && !p.range.is_empty())
        };
        let lost = session.figure().flights.iter().filter(of_stream);
        let lost = lost.filter(|f| matches!(f.fate, framewire::view::figure::Fate::Lost(_))).count();
        let list = drawn(&mut session, 1000.0, Lang::En);
        let crosses =
            (0..list.len()).filter(|&i| list.kind[i] == Kind::Cross as u8 && list.id[i] != 0).count();
        assert_eq!(crosses, lost, "{}", entry.name);
    }
}

#[test]
fn slow_start_doubles_and_the_chart_says_what_it_shows() {
    let mut session = session("slow-start-reno");
    let [stream, from, until] = session.chart_range(None);
    let values = session.chart_values(stream as u32, until as u64, Lang::En);
    let of = |name: &str| values.iter().position(|v| v == name).map(|i| values[i + 1].as_str());
    assert!(of("cwnd").is_some() && of("SRTT").is_some() && of("RTO").is_some(), "{values:?}");
    let early = session.chart_values(stream as u32, from as u64, Lang::En);
    assert_ne!(early, values);
    let list = drawn(&mut session, 600.0, Lang::En);
    let all: Vec<&str> = list.texts.iter().map(String::as_str).collect();
    for name in ["cwnd", "ssthresh", "FlightSize", "SND.WND", "SRTT", "RTO", "RTT sample", "acknowledged"] {
        assert!(all.iter().any(|t| t.starts_with(name)), "{name} is not in the legend: {all:?}");
    }
    assert!(all.contains(&"ms") || all.contains(&"s"), "the time axis names no unit");
    for id in list.id.iter().filter(|&&id| id != 0).take(200) {
        assert_eq!(id >> 28, Thing::Flight as u32);
        assert!(session.inspect(*id, true, Lang::En).is_some());
    }
}

#[test]
fn snapshots() {
    let pictures = std::env::var_os("FRAMEWIRE_PICTURES").map(std::path::PathBuf::from);
    for entry in BUILTINS {
        let mut session = session(entry.name);
        let title = entry.name;
        // The long ones would make long snapshots, and show nothing that the short ones do not.
        let short = session.figure().flights.len() < 150;
        let middle = states(&session, 400.0, session.scale().height * 0.5, Lang::En);
        let machine = svg::write(&middle, Theme::Light, title);
        let charts = svg::write(&drawn(&mut session, 600.0, Lang::Zh), Theme::Light, title);
        if let Some(dir) = &pictures {
            std::fs::write(dir.join(format!("{title}-states.svg")), &machine).unwrap();
            std::fs::write(dir.join(format!("{title}-charts.svg")), &charts).unwrap();
        }
        insta::assert_snapshot!(format!("{title}-states"), machine);
        if short {
            insta::assert_snapshot!(format!("{title}-charts"), charts);
        }
    }
}
