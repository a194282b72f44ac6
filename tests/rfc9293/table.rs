//! `docs/rfc9293.md`: every requirement with its tests, or with the reason why it does not apply.

use crate::labels::REQUIREMENTS;
use std::fmt::Write;

/// Requirements that ask nothing of this TCP, and why.
const NOT_APPLICABLE: &[(&str, &str)] = &[
    ("MUST-51", "IPv4 source routing is not offered: RFC 7126 section 4.3 tells networks to drop it"),
    ("MUST-52", "IPv4 source routing is not offered (RFC 7126 section 4.3)"),
    ("MUST-53", "IPv4 source routing is not offered (RFC 7126 section 4.3)"),
    ("SHLD-24", "IPv4 source routing is not offered (RFC 7126 section 4.3)"),
    ("SHLD-13", "asks it of applications; `send_urgent` says so in its documentation"),
    ("SHLD-23", "asks it of applications"),
    ("MAY-4", "not taken: a retransmission is a new datagram with an identification of its own (RFC 6864)"),
    ("MAY-9", "not taken: a received Diffserv field is not passed up"),
    ("MAY-10", "not taken: the IP Timestamp option is not offered"),
    ("MAY-11", "not taken: the IP Record Route option is not offered"),
    ("MAY-14", "not taken: there is no FLUSH call; ABORT and SO_LINGER discard what is queued"),
    ("MAY-15", "not taken: SEND has no PUSH flag, PSH is set by the sender (MUST-61)"),
    ("MAY-17", "not taken: RECEIVE does not report PSH, since its boundaries mean nothing to a stream"),
];

fn proven() -> impl Iterator<Item = &'static (&'static str, &'static [&'static str])> {
    [
        crate::s3_1::PROVEN,
        crate::s3_4::PROVEN,
        crate::s3_5::PROVEN,
        crate::s3_6::PROVEN,
        crate::s3_7::PROVEN,
        crate::s3_8_1::PROVEN,
        crate::s3_8_3::PROVEN,
        crate::s3_8_4::PROVEN,
        crate::s3_8_5::PROVEN,
        crate::s3_8_6::PROVEN,
        crate::s3_9_1::PROVEN,
        crate::s3_9_2::PROVEN,
        crate::s3_10_7_4::PROVEN,
    ]
    .into_iter()
    .flatten()
}

fn table() -> String {
    let mut text = String::from(
        "# RFC 9293, requirement by requirement\n\n\
         Made from the tests in `tests/rfc9293/`; `FRAMEWIRE_BLESS=1 cargo test --test rfc9293` writes it anew.\n\
         The labels are those of RFC 9293, Appendix B; each links to the section that states it.\n\n",
    );
    let tested =
        REQUIREMENTS.iter().filter(|r| proven().any(|(_, labels)| labels.contains(&r.label))).count();
    let _ = writeln!(
        text,
        "{} requirements: {tested} tested, {} do not apply or are not taken.\n",
        REQUIREMENTS.len(),
        NOT_APPLICABLE.len()
    );
    text += "| label | group | requirement | section | proof |\n| --- | --- | --- | --- | --- |\n";
    for r in REQUIREMENTS {
        let mut proofs: Vec<String> = proven()
            .filter(|(_, labels)| labels.contains(&r.label))
            .map(|(test, _)| format!("`{}`", test.trim_start_matches("rfc9293::")))
            .collect();
        proofs.extend(NOT_APPLICABLE.iter().filter(|(l, _)| *l == r.label).map(|(_, why)| (*why).to_owned()));
        let sections: Vec<String> = r
            .section
            .split(", ")
            .map(|s| format!("[{s}](https://www.rfc-editor.org/rfc/rfc9293.html#section-{s})"))
            .collect();
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            r.label,
            r.group,
            r.text,
            sections.join(", "),
            proofs.join("<br>")
        );
    }
    text
}

#[test]
fn every_label_has_a_test_or_a_reason() {
    assert_eq!(REQUIREMENTS.len(), 119);
    for r in REQUIREMENTS {
        let tested = proven().any(|(_, labels)| labels.contains(&r.label));
        let excused = NOT_APPLICABLE.iter().any(|(label, _)| *label == r.label);
        assert!(
            tested != excused,
            "{}: {}",
            r.label,
            if tested { "tested and excused" } else { "no test, no reason" }
        );
    }
    for (test, labels) in proven() {
        for label in *labels {
            assert!(REQUIREMENTS.iter().any(|r| r.label == *label), "{test}: no label {label}");
        }
    }
}

#[test]
fn the_table_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/rfc9293.md");
    let table = table();
    if std::env::var_os("FRAMEWIRE_BLESS").is_some() {
        std::fs::write(path, &table).unwrap();
    }
    let stands = std::fs::read_to_string(path).unwrap_or_default();
    assert!(stands == table, "docs/rfc9293.md is out of date: run with FRAMEWIRE_BLESS=1");
}
