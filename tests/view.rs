//! What is drawn of every built-in scenario: nothing overlaps, nothing leaves the picture, both languages tell it.

use framewire::lang::Lang;
use framewire::sim::{BUILTINS, Simulation, builtin};
use framewire::trace::Trace;
use framewire::view::list::{DisplayList, Kind, Thing, look};
use framewire::view::session::Session;
use framewire::view::{ladder, ledger, metrics};

fn session(name: &str) -> Session {
    let scenario = builtin(name).unwrap_or_else(|| panic!("{name} is built in"));
    let mut trace = Trace::new();
    let mut simulation =
        Simulation::new(&scenario, &mut trace).unwrap_or_else(|flaw| panic!("{name}: {flaw:?}"));
    simulation.run(&mut trace);
    Session::new(trace)
}

fn whole(session: &Session, width: f32, lang: Lang) -> DisplayList {
    let height = (session.scale().height as f32 + 60.0).min(4_000.0);
    session.ladder(ladder::Window { width, height, top: 0.0, zoom: 1.0, relative: true, lang })
}

/// A text's box: left, right, and the heights of its middle line at both.
struct Placed {
    text: String,
    left: f32,
    right: f32,
    y_left: f32,
    y_right: f32,
    turned: bool,
}

fn texts(list: &DisplayList) -> Vec<Placed> {
    let mut out = Vec::new();
    for i in 0..list.len() {
        let Some(text) = list.text_of(i) else { continue };
        let p = list.points_of(i);
        let size = if list.look[i] & look::LARGE != 0 { metrics::LARGE } else { metrics::SMALL };
        let width = match list.look[i] & look::MONO {
            0 => metrics::width(text, size),
            _ => metrics::mono_width(text, size),
        };
        let turned = p.len() == 4 && (p[2] - p[0]).abs() < 1.0;
        let slope = if p.len() == 4 && !turned { (p[3] - p[1]) / (p[2] - p[0]) } else { 0.0 };
        let across = if turned { 12.0 } else { width / (1.0 + slope * slope).sqrt() };
        let left = match list.look[i] {
            l if l & look::CENTRE != 0 => p[0] - across / 2.0,
            l if l & look::END != 0 => p[0] - across,
            _ => p[0],
        };
        let middle = p[1] - 4.0;
        out.push(Placed {
            text: text.to_owned(),
            left,
            right: left + across,
            y_left: middle + slope * (left - p[0]),
            y_right: middle + slope * (left + across - p[0]),
            turned,
        });
    }
    out
}

fn overlap(a: &Placed, b: &Placed) -> bool {
    let (left, right) = (a.left.max(b.left) + 1.0, a.right.min(b.right) - 1.0);
    if a.turned || b.turned || left >= right {
        return false;
    }
    let y =
        |p: &Placed, x: f32| p.y_left + (p.y_right - p.y_left) * (x - p.left) / (p.right - p.left).max(1.0);
    let (one, two) = (y(a, left) - y(b, left), y(a, right) - y(b, right));
    one * two <= 0.0 || one.abs().min(two.abs()) < 8.0
}

#[test]
fn no_label_leaves_the_picture() {
    for entry in BUILTINS {
        let session = session(entry.name);
        for width in [320.0, 390.0, 600.0, 1000.0] {
            for &lang in Lang::ALL {
                let list = whole(&session, width, lang);
                for t in texts(&list) {
                    let inside = t.left >= -1.0 && t.right <= width + 1.0;
                    assert!(inside, "{} at {width}: {:?} from {} to {}", entry.name, t.text, t.left, t.right);
                }
            }
        }
    }
}

#[test]
fn labels_of_two_hosts_never_overlap() {
    for entry in BUILTINS {
        let session = session(entry.name);
        if session.figure().hosts.len() != 2 {
            continue;
        }
        for width in [390.0, 600.0, 1000.0] {
            let placed = texts(&whole(&session, width, Lang::En));
            for (i, a) in placed.iter().enumerate() {
                for b in &placed[i + 1..] {
                    assert!(!overlap(a, b), "{} at {width}: {:?} and {:?}", entry.name, a.text, b.text);
                }
            }
        }
    }
}

#[test]
fn every_packet_that_flew_is_drawn_and_every_loss_has_its_cross() {
    for entry in BUILTINS {
        let session = session(entry.name);
        if session.figure().flights.len() > 100 {
            continue;
        }
        let list = whole(&session, 1000.0, Lang::En);
        let count = |kind: Kind| list.kind.iter().filter(|&&k| k == kind as u8).count();
        assert_eq!(count(Kind::Arrow), session.figure().flights.len(), "{}", entry.name);
        let lost = session.figure().flights.iter();
        let lost = lost.filter(|f| matches!(f.fate, framewire::view::figure::Fate::Lost(_))).count();
        assert_eq!(count(Kind::Cross), lost, "{}", entry.name);
    }
}

#[test]
fn the_transcript_tells_every_scenario_in_both_languages() {
    for entry in BUILTINS {
        let session = session(entry.name);
        let en = session.rows(0, usize::MAX, true, Lang::En);
        let zh = session.rows(0, usize::MAX, true, Lang::Zh);
        assert!(en.len() > 4, "{}", entry.name);
        assert_eq!(en.len(), zh.len(), "{}", entry.name);
        assert!(zh.iter().all(|row| row.text.ends_with('。')), "{}", entry.name);
        assert!(en.iter().all(|row| row.text.ends_with('.')), "{}", entry.name);
        assert!(en.windows(2).all(|w| w[0].position <= w[1].position), "{}", entry.name);
    }
}

#[test]
fn everything_that_can_be_pointed_at_can_be_inspected() {
    for entry in BUILTINS {
        let session = session(entry.name);
        let list = whole(&session, 800.0, Lang::En);
        let mut ids = list.id.clone();
        ids.sort_unstable();
        ids.dedup();
        for id in ids.into_iter().filter(|&id| id != 0).take(400) {
            let detail = session.inspect(id, true, Lang::Zh);
            let detail = detail.unwrap_or_else(|| panic!("{}: {id:x} tells nothing", entry.name));
            assert!(!detail.title.is_empty() && !detail.facts.is_empty(), "{}: {id:x}", entry.name);
            if id >> 28 == Thing::Flight as u32 {
                assert!(!detail.headers.is_empty(), "{}: {}", entry.name, detail.title);
            }
        }
    }
}

fn ledger_texts(name: &str, lang: Lang) -> String {
    let session = session(name);
    let window = ledger::Window { width: 1000.0, connection: 0, first: 0, count: 0, lang };
    let list = session.ledger(window);
    (0..list.len()).filter_map(|i| list.text_of(i)).collect::<Vec<_>>().join("|")
}

#[test]
fn datagrams_stand_in_all_three_lanes() {
    let texts = ledger_texts("hello-udp", Lang::En);
    // Sent, carried and received: the same bytes three times in each direction.
    assert_eq!(texts.matches("w|o|r|l|d").count(), 3, "{texts}");
    assert_eq!(texts.matches("W|O|R|L|D").count(), 3, "{texts}");
    assert!(texts.contains("datagrams") && !texts.contains("not recorded"), "{texts}");
}

#[test]
fn fragments_stand_where_the_datagram_stands_that_they_were_cut_from() {
    let session = session("udp-fragment-lost");
    let stream = &session.figure().streams[0];
    assert_eq!((stream.len, stream.messages.len()), (3_005, 2));
    let ranges: Vec<_> =
        session.figure().flights.iter().filter_map(|f| f.range.clone()).map(|p| p.range).collect();
    assert_eq!(ranges, [0..1_472, 1_472..2_952, 2_952..3_000, 3_000..3_005]);
}

#[test]
fn two_sends_and_one_recv_are_seen() {
    let session = session("sticky-packets");
    let stream = &session.figure().streams[0];
    assert_eq!(stream.messages, [0..5, 5..10]);
    let received =
        session.figure().calls.iter().filter(|c| c.range.as_ref().is_some_and(|p| p.range == (0..10)));
    assert_eq!(received.count(), 1);
}
