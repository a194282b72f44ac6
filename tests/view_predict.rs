//! Predict mode: what is asked of the built-in scenarios, how answers are judged, and what the explanations say.

use framewire::lang::Lang;
use framewire::sim::{BUILTINS, Run, builtin};
use framewire::trace::capture::{export, import};
use framewire::trace::{Trace, Vantage};
use framewire::view::predict::{Answer, Kind, Question, Verdict};
use framewire::view::session::Session;

fn trace(name: &str) -> Trace {
    let scenario = builtin(name).unwrap_or_else(|| panic!("{name} is built in"));
    Run::new(&scenario, &[]).unwrap_or_else(|error| panic!("{name}: {error}")).into_trace()
}

fn session(name: &str) -> Session {
    Session::new(trace(name))
}

/// The answer that a verdict calls the right one.
fn truth(verdict: &Verdict) -> Answer {
    let mut answer = Answer::default();
    for part in &verdict.parts {
        let text = part.expected.clone();
        match part.name.as_str() {
            "flags" => answer.flags = text,
            "seq" => answer.seq = text,
            "ack" if text != "none" && text != "无" => answer.ack = text,
            "state" => answer.state = text,
            // `b'hello' (5 B)`: the text, or where it is too long the number.
            "recv" => answer.received = text.split(" (").next().unwrap_or_default().to_owned(),
            _ => {}
        }
    }
    answer
}

#[test]
fn the_truth_is_right_and_silence_is_wrong_everywhere() {
    let mut asked = [0; 3];
    for known in BUILTINS {
        let session = session(known.name);
        for lang in [Lang::En, Lang::Zh] {
            for relative in [true, false] {
                let questions = session.questions(12, relative, lang);
                assert!(questions.len() <= 12, "{}", known.name);
                for q in &questions {
                    let at = format!("{} {lang} {q:?}", known.name);
                    let silent = session.check(q.id, &Answer::default(), relative, lang).unwrap();
                    assert!(!silent.right, "{at}");
                    let told = session.check(q.id, &truth(&silent), relative, lang).unwrap();
                    assert!(told.right && told.parts.iter().all(|p| p.right), "{at}: {told:?}");
                    assert!(
                        !told.because.is_empty() && told.because.iter().all(|text| !text.contains('{')),
                        "{at}"
                    );
                    assert_eq!(q.text.is_ascii(), lang == Lang::En, "{at}");
                    asked[q.kind as usize] += 1;
                }
            }
        }
    }
    assert!(asked.iter().all(|&n| n > 60), "{asked:?}");
}

/// What a segment answers is drawn to its arrival while the question waits: the SYN ACK, whose numbers the reader needs.
#[test]
fn what_is_answered_can_be_seen() {
    let session = session("three-way-handshake");
    let asked = session.questions(12, true, Lang::En);
    let q =
        asked.iter().find(|q| q.id & 0x0fff_ffff == 2 && q.kind == Kind::Segment).expect("the third segment");
    let arrived = session.scale().ended[1];
    assert!((arrived - 0.1..arrived).contains(&q.wait), "{} {arrived} {q:?}", q.wait);
}

/// Nothing that a question asks for can be seen while it waits, nor before the next one is asked.
#[test]
fn the_playhead_waits_before_each_answer() {
    for known in BUILTINS {
        let session = session(known.name);
        let questions = session.questions(12, true, Lang::En);
        let position = |q: &Question| match q.kind {
            Kind::Segment => session.scale().sent[(q.id & 0x0fff_ffff) as usize],
            Kind::State => session.scale().states[(q.id & 0x0fff_ffff) as usize].0,
            Kind::Receive => q.wait + 0.011,
        };
        for (i, q) in questions.iter().enumerate() {
            assert!(q.wait + 0.01 < position(q), "{}: {q:?}", known.name);
            assert!(q.reveal >= q.wait, "{}: {q:?}", known.name);
            // Where it waits tells when the last thing happened, not when the next will.
            let scale = session.scale();
            let first = scale.stops().first().is_some_and(|&stop| position(q) <= stop + 0.5);
            let known_thing = scale.stops().iter().any(|stop| (stop - q.wait).abs() < 0.6);
            assert!(first || known_thing, "{}: {q:?}", known.name);
            if matches!(q.kind, Kind::Segment) && q.wait >= 0.0 {
                let (waits, comes) =
                    (scale.instant(q.wait), session.figure().flights[(q.id & 0x0fff_ffff) as usize].sent.at);
                let between =
                    scale.stops().iter().any(|&stop| stop > q.wait + 0.6 && stop < position(q) - 0.6);
                assert!(waits <= comes && !between, "{}: {q:?}", known.name);
            }
            if let Some(next) = questions.get(i + 1) {
                assert!(q.reveal <= next.wait.max(q.wait), "{}: {q:?} {next:?}", known.name);
            }
        }
    }
}

fn find(session: &Session, kind: Kind, text: &str) -> Question {
    let all = session.questions(99, true, Lang::En);
    let found = all.iter().find(|q| q.kind == kind && q.text.contains(text));
    found.unwrap_or_else(|| panic!("{text}: {all:#?}")).clone()
}

#[test]
fn a_handshake_is_asked_and_explained() {
    let session = session("three-way-handshake");
    let syn = find(&session, Kind::Segment, "client now sends a segment to server");
    let said = Answer { flags: "syn".into(), seq: "0".into(), ..Answer::default() };
    let verdict = session.check(syn.id, &said, true, Lang::En).unwrap();
    assert!(verdict.right, "{verdict:?}");
    assert!(verdict.because[0].starts_with("SYN alone asks for a connection"));
    assert_eq!(verdict.why[0].cite, "RFC 9293 §3.10.1");
    // The figure knows the connect() that made it; so does the question.
    assert!(syn.given.iter().any(|text| text.contains("connect(")), "{syn:?}");

    let answer = find(&session, Kind::Segment, "server now sends a segment to client");
    let said = Answer { flags: "SYN,ACK".into(), seq: "seq=0".into(), ack: "2".into(), ..Answer::default() };
    let verdict = session.check(answer.id, &said, true, Lang::Zh).unwrap();
    let right: Vec<bool> = verdict.parts.iter().map(|p| p.right).collect();
    assert_eq!(right, [true, true, false]);
    assert_eq!(verdict.parts[2].expected, "1");
    assert!(
        verdict.because.iter().any(|text| text.contains("期望从 client 收到的下一个序号")),
        "{verdict:?}"
    );
    // PSH is not asked for: naming it does no harm.
    let said = Answer { flags: "SYN ACK PSH".into(), seq: "0".into(), ack: "1".into(), ..Answer::default() };
    assert!(session.check(answer.id, &said, true, Lang::En).unwrap().right);

    let state = find(&session, Kind::State, "server is in LISTEN");
    let said = Answer { state: "syn_rcvd".into(), ..Answer::default() };
    let verdict = session.check(state.id, &said, true, Lang::En).unwrap();
    assert!(verdict.right, "{verdict:?}");
    assert_eq!(verdict.because, ["server goes from LISTEN to SYN-RECEIVED."]);
    assert_eq!(verdict.why[0].cite, "RFC 9293 §3.10.7.2");
}

#[test]
fn what_recv_returns_can_be_said_as_bytes_or_as_their_number() {
    let session = session("sticky-packets");
    let q = find(&session, Kind::Receive, "recv(1024)");
    let silent = session.check(q.id, &Answer::default(), true, Lang::En).unwrap();
    let text =
        silent.parts[0].expected.split_once("b'").and_then(|(_, t)| t.split_once('\'')).unwrap().0.to_owned();
    assert!(text.len() > 5, "two messages came together: {text}");
    let is_right = |said: &str, lang| {
        session
            .check(q.id, &Answer { received: said.to_owned(), ..Answer::default() }, true, lang)
            .unwrap()
            .right
    };
    for said in [
        text.clone(),
        format!("b'{text}'"),
        format!("\"{text}\""),
        text.len().to_string(),
        format!("{} B", text.len()),
    ] {
        assert!(is_right(&said, Lang::En), "{said}");
    }
    assert!(is_right(&format!("{} 字节", text.len()), Lang::Zh));
    for said in [&text[1..], "b''", "1", "''", "0"] {
        assert!(!is_right(said, Lang::En), "{said}");
    }
    assert!(silent.because[0].contains("receive buffer"), "{silent:?}");
    assert_eq!(silent.why[0].cite, "RFC 9293 §3.10.3");
}

#[test]
fn the_end_of_a_stream_and_a_cut_datagram_are_explained() {
    let end = session("half-close");
    let ends =
        end.questions(99, true, Lang::Zh).into_iter().filter(|q| q.kind == Kind::Receive).find_map(|q| {
            let verdict =
                end.check(q.id, &Answer { received: "b''".into(), ..Answer::default() }, true, Lang::Zh)?;
            verdict.right.then_some(verdict)
        });
    let ends = ends.expect("the server reads to the end");
    assert!(ends.because[0].contains("表示流结束"), "{ends:?}");
    let cut = session("udp-truncation");
    let q = find(&cut, Kind::Receive, "recv");
    let verdict =
        cut.check(q.id, &Answer { received: "1024".into(), ..Answer::default() }, true, Lang::En).unwrap();
    assert!(verdict.right, "{verdict:?}");
    assert_eq!(verdict.because, ["The buffer holds 1024 bytes: of the datagram the last 1 B are lost."]);
}

#[test]
fn a_capture_can_be_asked_about_too() {
    let file = export(&trace("four-way-close"), Vantage::Sent);
    let (trace, _) = import(&file).unwrap();
    let session = Session::new(trace);
    let questions = session.questions(12, true, Lang::En);
    assert!(
        questions.iter().any(|q| q.kind == Kind::State) && questions.iter().any(|q| q.kind == Kind::Segment)
    );
    for q in questions {
        let silent = session.check(q.id, &Answer::default(), true, Lang::En).unwrap();
        assert!(session.check(q.id, &truth(&silent), true, Lang::En).unwrap().right);
    }
    assert!(session.check(0, &Answer::default(), true, Lang::En).is_none());
    assert!(session.check(u32::MAX, &Answer::default(), true, Lang::En).is_none());
}
