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
    /// How long a turned text is.
    long: f32,
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
            _ if turned => p[0] - 9.0,
            // From the baseline to the middle of the letters is square to the line.
            l if l & look::CENTRE != 0 => p[0] + 4.0 * slope / (1.0 + slope * slope).sqrt() - across / 2.0,
            l if l & look::END != 0 => p[0] - across,
            _ => p[0],
        };
        let middle = if turned { p[1] } else { p[1] - 4.0 / (1.0 + slope * slope).sqrt() };
        // How far right of its left end the text's own point stands.
        let along = match list.look[i] & look::CENTRE {
            0 => p[0] - left,
            _ => across / 2.0,
        };
        out.push(Placed {
            text: text.to_owned(),
            left,
            right: left + across,
            y_left: middle - slope * along,
            y_right: middle + slope * (across - along),
            turned,
            long: width,
        });
    }
    out
}

fn overlap(a: &Placed, b: &Placed) -> bool {
    let (left, right) = (a.left.max(b.left) + 1.0, a.right.min(b.right) - 1.0);
    if left >= right {
        return false;
    }
    if a.turned || b.turned {
        // Turned text runs up the page: its box is upright; of slanted text counts what shares an x with it.
        let upright = |p: &Placed| match p.turned {
            true => (p.y_left - p.long / 2.0, p.y_left + p.long / 2.0),
            false => {
                let y =
                    |x: f32| p.y_left + (p.y_right - p.y_left) * (x - p.left) / (p.right - p.left).max(1.0);
                (y(left).min(y(right)) - 4.0, y(left).max(y(right)) + 4.0)
            }
        };
        let ((a0, a1), (b0, b1)) = (upright(a), upright(b));
        return a0 < b1 - 2.0 && b0 < a1 - 2.0;
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

/// The pairs of texts of a picture that overlap, in words.
fn overlaps(list: &DisplayList, what: &str) -> Vec<String> {
    let placed = texts(list);
    let mut out = Vec::new();
    for (i, a) in placed.iter().enumerate() {
        let hit = placed[i + 1..].iter().filter(|b| overlap(a, b));
        out.extend(hit.map(|b| format!("{what}: {:?} and {:?}", a.text, b.text)));
    }
    out
}

#[test]
fn labels_never_overlap() {
    let mut found = Vec::new();
    for entry in BUILTINS {
        let session = session(entry.name);
        for width in [320.0, 390.0, 600.0, 1000.0] {
            for &lang in Lang::ALL {
                found.extend(overlaps(
                    &whole(&session, width, lang),
                    &format!("ladder of {} at {width}", entry.name),
                ));
                let window = ledger::Window { width, lang, ..ledger::Window::default() };
                found.extend(overlaps(
                    &session.ledger(&window).0,
                    &format!("ledger of {} at {width}", entry.name),
                ));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn nothing_of_the_ledger_leaves_the_picture() {
    for entry in BUILTINS {
        let session = session(entry.name);
        for width in [320.0, 390.0, 600.0, 976.0] {
            for &lang in Lang::ALL {
                let window = ledger::Window { width, lang, ..ledger::Window::default() };
                let list = session.ledger(&window).0;
                for t in texts(&list) {
                    let inside = t.left >= -1.0 && t.right <= width + 1.0 && t.y_left < list.height + 2.0;
                    assert!(inside, "{} at {width}: {:?} from {} to {}", entry.name, t.text, t.left, t.right);
                }
                for i in (0..list.len()).filter(|&i| list.kind[i] == Kind::Rect as u8) {
                    let p = list.points_of(i);
                    assert!(p[0] >= -0.5 && p[0] + p[2] <= width + 1.0, "{} at {width}: {p:?}", entry.name);
                }
            }
        }
    }
}

#[test]
fn every_octet_is_found_where_it_stands() {
    for name in ["hello-tcp", "utf8-cut", "udp-truncation", "framed-hello", "slow-start-reno"] {
        let session = session(name);
        let window = ledger::Window { width: 976.0, ..ledger::Window::default() };
        let (_, placed) = session.ledger(&window);
        assert!(!placed.is_empty(), "{name}");
        for at in &placed {
            let len = session.figure().streams[at.stream as usize].len;
            for offset in [0, len / 2, len - 1] {
                let [x, y, w, h] = at.band(&(offset..offset + 1)).unwrap();
                let found = at.octet_at((x + w / 2.0, y + h / 2.0)).unwrap();
                // Where several share a pixel the nearest is found.
                assert!(found.abs_diff(offset) <= 1 + len / 300, "{name}: {found} for {offset}");
                let text = ledger::octet_text(session.figure(), at.stream, offset, Lang::En);
                assert!(text.starts_with(&format!("offset {offset}: ")) && text.len() > 12, "{name}: {text}");
            }
        }
    }
}

/// The texts that a ladder of 700 pixels shows.
fn ladder_texts(name: &str) -> Vec<String> {
    let list = whole(&session(name), 700.0, Lang::En);
    (0..list.len()).filter_map(|i| list.text_of(i)).map(str::to_owned).collect()
}

#[test]
fn windows_are_told_as_they_are_meant() {
    let texts = ladder_texts("close-in-three");
    assert!(texts.iter().any(|t| t.contains("win 64240")), "{texts:?}");
    assert!(!texts.iter().any(|t| t.contains("win 501") || t.contains("win 502")), "{texts:?}");
}

#[test]
fn probes_are_no_retransmissions() {
    let texts = ladder_texts("keep-alive");
    assert!(texts.iter().any(|t| t.contains("keep-alive")), "{texts:?}");
    assert!(!texts.iter().any(|t| t.contains("retransmission")), "{texts:?}");
}

#[test]
fn a_lost_arrow_ends_above_the_silence_after_it() {
    for name in ["lost-syn", "lost-fin", "retransmission-backoff", "lost-syn-ack"] {
        let session = session(name);
        let list = whole(&session, 700.0, Lang::En);
        let crosses = (0..list.len()).filter(|&i| list.kind[i] == Kind::Cross as u8);
        let crosses: Vec<(f32, f32)> =
            crosses.map(|i| (list.points_of(i)[0], list.points_of(i)[1])).collect();
        for t in texts(&list).iter().filter(|t| t.text.ends_with(" pass")) {
            for &(x, y) in &crosses {
                let far = x < t.left - 6.0 || x > t.right + 6.0 || (y - t.y_left).abs() > 11.0;
                assert!(far, "{name}: a cross at {x}, {y} in {:?}", t.text);
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
    let window = ledger::Window { width: 1000.0, lang, ..ledger::Window::default() };
    let list = session.ledger(&window).0;
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
