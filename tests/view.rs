//! What is drawn of every built-in scenario: nothing overlaps, nothing leaves the picture, both languages tell it.

#[path = "view_support/texts.rs"]
mod texts;
mod view_support;

use framewire::lang::Lang;
use framewire::sim::BUILTINS;
use framewire::view::figure::Fate;
use framewire::view::list::{Id, Kind, Thing};
use framewire::view::{ladder, ledger};
use texts::{overlaps, texts};
use view_support::{session, whole};

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

/// Whatever part of it is in sight, however small the picture is.
#[test]
fn every_part_of_the_ladder_is_drawn_at_any_size() {
    for entry in BUILTINS {
        let session = session(entry.name);
        let end = session.scale().height;
        for (width, height) in [(1.0, 1.0), (60.0, 46.0), (200.0, 90.0), (430.0, 140.0), (1000.0, 400.0)] {
            for part in [-0.1, 0.0, 0.3, 0.7, 1.0, 1.5] {
                for zoom in [0.01, 1.0, 20.0] {
                    let top = end * part;
                    let window = ladder::Window { width, height, top, zoom, relative: true, lang: Lang::Zh };
                    assert_eq!(session.ladder(window).width, width, "{}", entry.name);
                }
            }
        }
    }
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
        // What returns with nothing to say just returns.
        for row in en.iter().chain(&zh) {
            let empty = [" nothing", "  ", "返回 。", "返回 ，"].iter().any(|hole| row.text.contains(hole));
            assert!(!empty, "{}: {}", entry.name, row.text);
        }
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

#[test]
fn what_was_lost_is_named_in_the_ladder() {
    let mut missing = Vec::new();
    for entry in BUILTINS {
        let session = session(entry.name);
        let (flights, sent) = (&session.figure().flights, &session.scale().sent);
        // What is lost in the middle of a burst is told by its cross.
        let in_burst = |i: usize| {
            let near = (0..flights.len()).filter(|&j| flights[j].from == flights[i].from);
            near.filter(|&j| (sent[j] - sent[i]).abs() < 60.0).count() > 3
        };
        let is_lost = |i: &usize| matches!(flights[*i].fate, Fate::Lost(_)) && !in_burst(*i);
        let lost: Vec<usize> = (0..flights.len()).filter(is_lost).collect();
        for width in [390.0, 600.0, 1000.0] {
            for &lang in Lang::ALL {
                let list = whole(&session, width, lang);
                let named = |flight: usize| {
                    let id = Id::new(Thing::Flight, flight).0;
                    let text = |i: usize| list.text_of(i).filter(|text| !text.starts_with('+'));
                    (0..list.len()).any(|i| list.id[i] == id && text(i).is_some())
                };
                let unnamed = lost.iter().filter(|&&flight| !named(flight));
                missing.extend(unnamed.map(|flight| format!("{} at {width}: flight {flight}", entry.name)));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn names_of_calls_are_whole_or_long_enough_to_be_read() {
    for entry in BUILTINS {
        let session = session(entry.name);
        for (width, least) in [(320.0, 5), (390.0, 5), (600.0, 8), (1000.0, 12)] {
            for &lang in Lang::ALL {
                let list = whole(&session, width, lang);
                let calls = (0..list.len()).filter(|&i| list.id[i] >> 28 == Thing::Call as u32);
                for text in calls.filter_map(|i| list.text_of(i)).filter(|text| text.ends_with('…')) {
                    let letters = text.chars().count();
                    assert!(letters >= least, "{} at {width}: {text:?}", entry.name);
                }
            }
        }
    }
    // On a phone, the calls of every first lesson are told in full.
    for name in ["hello-tcp", "sticky-packets", "three-way-handshake", "hello-udp"] {
        let list = whole(&session(name), 390.0, Lang::En);
        let cut: Vec<&String> = list.texts.iter().filter(|text| text.ends_with('…')).collect();
        assert!(cut.is_empty(), "{name}: {cut:?}");
    }
}

#[test]
fn a_listening_socket_has_a_bar_until_it_is_closed() {
    let session = session("hello-tcp");
    let spans: Vec<_> = session.figure().states.iter().filter(|s| s.state == "LISTEN").collect();
    let [listening] = spans[..] else { panic!("{spans:?}") };
    assert_eq!(session.figure().hosts[listening.host as usize].name, "server");
    assert!(listening.until.is_some_and(|end| end.at > listening.from.at));
    for width in [390.0, 1000.0] {
        let texts = whole(&session, width, Lang::En).texts;
        assert_eq!(texts.iter().filter(|text| *text == "LISTEN").count(), 1, "at {width}");
    }
    let index = session.figure().states.iter().position(|s| s.state == "LISTEN").expect("it is there");
    let detail = session.inspect(Id::new(Thing::State, index).0, true, Lang::En).expect("it is told");
    assert!(detail.why[0].text.contains("LISTEN"), "{:?}", detail.why);
}

#[test]
fn a_decoder_refuses_in_the_reader_s_language() {
    let session = session("length-bomb");
    for &lang in Lang::ALL {
        // 374: what a telephone of 390 pixels leaves.
        for width in [320.0, 374.0, 390.0, 800.0] {
            let window = ledger::Window { width, lang, ..ledger::Window::default() };
            let told = session.ledger(&window).0.texts.concat();
            let (wanted, other) = if lang == Lang::En {
                ("of the stream", "字节流偏移")
            } else {
                ("字节流偏移", "of the stream")
            };
            assert!(told.contains(wanted) && !told.contains(other), "{told}");
            // All of it, down to the guess at its end.
            assert!(told.contains("HTTP"), "{told}");
        }
        let rows = session.rows(0, 999, true, lang);
        let failed =
            rows.iter().find(|row| row.text.contains("read_frame") && row.text.contains("1,195,725,856"));
        let told = failed.map(|row| row.text.clone()).unwrap_or_default();
        assert_eq!(told.contains("of the stream"), lang == Lang::En, "{told}");
    }
}

#[test]
fn headings_of_the_ledger_keep_clear_of_the_page_s_buttons() {
    for entry in BUILTINS {
        let session = session(entry.name);
        for width in [320.0, 390.0, 600.0] {
            for &lang in Lang::ALL {
                let window = ledger::Window { width, lang, ..ledger::Window::default() };
                let (list, placed) = session.ledger(&window);
                // Where connections are chosen from the buttons stand beside the choice, above the headings.
                let above = session.figure().streams.len() > 2;
                if above || !placed.first().is_some_and(ledger::Placed::is_squeezed) {
                    continue;
                }
                for t in texts(&list).iter().filter(|t| t.y_left < 18.0) {
                    assert!(
                        t.right <= width - 88.0,
                        "{} at {width}: {:?} until {}",
                        entry.name,
                        t.text,
                        t.right
                    );
                }
            }
        }
    }
}
