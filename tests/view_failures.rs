//! Calls that fail: the transcript says so in words, and the ladder in letters.

mod view_support;

use framewire::lang::Lang;
use framewire::sim::BUILTINS;
use framewire::view::list::{Id, Thing};
use framewire::view::session::Session;
use view_support::{session, whole};

/// The transcript's sentences.
fn told(session: &Session, lang: Lang) -> Vec<String> {
    session.rows(0, usize::MAX, true, lang).into_iter().map(|row| row.text).collect()
}

#[test]
fn a_call_that_fails_is_told_as_failing() {
    let sentences = [
        (
            "reset-unread-data",
            "client calls recv(1024), which fails with ECONNRESET.",
            "client 调用 recv(1024) 失败：ECONNRESET。",
        ),
        (
            "address-in-use",
            "server calls bind(0.0.0.0:8000), which fails with EADDRINUSE.",
            "server 调用 bind(0.0.0.0:8000) 失败：EADDRINUSE。",
        ),
        (
            "closed-port",
            "client: connect() fails with ECONNREFUSED, after blocking for 40 ms.",
            "client：connect() 阻塞 40 ms 后失败：ECONNREFUSED。",
        ),
        (
            "utf8-cut",
            "server calls decode(), which fails with UnicodeDecodeError: 'utf-8' codec can't decode byte 0xe5 in position 3: unexpected end of data.",
            "server 调用 decode() 失败：UnicodeDecodeError: 'utf-8' codec can't decode byte 0xe5 in position 3: unexpected end of data。",
        ),
    ];
    for (name, en, zh) in sentences {
        let session = session(name);
        for (lang, wanted) in [(Lang::En, en), (Lang::Zh, zh)] {
            let told = told(&session, lang);
            assert!(told.iter().any(|text| text == wanted), "{name}: {told:#?}");
        }
    }
    for entry in BUILTINS {
        let session = session(entry.name);
        let failed = session.figure().calls.iter().filter(|call| call.failed).count();
        let fails = told(&session, Lang::En).iter().filter(|text| text.contains(" fails with ")).count();
        assert_eq!(fails, failed, "{}", entry.name);
    }
}

#[test]
fn a_failed_call_says_so_in_letters_not_by_its_colour_alone() {
    for entry in BUILTINS {
        let session = session(entry.name);
        let failed: Vec<usize> =
            (0..).zip(&session.figure().calls).filter(|(_, c)| c.failed).map(|(i, _)| i).collect();
        for width in [374.0, 700.0] {
            let list = whole(&session, width, Lang::En);
            for &i in &failed {
                let id = Id::new(Thing::Call, i).0;
                let mut said = (0..list.len()).filter(|&n| list.id[n] == id).filter_map(|n| list.text_of(n));
                let texts: Vec<&str> = said.by_ref().collect();
                let result = session.figure().calls[i].result.text();
                let plain =
                    |text: &&str| text.contains("error") || text.contains("Error") || text.contains(&*result);
                assert!(texts.is_empty() || texts.iter().any(plain), "{} at {width}: {texts:?}", entry.name);
            }
        }
    }
}
