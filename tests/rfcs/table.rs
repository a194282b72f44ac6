//! `docs/rfcs.md`: every demand with its tests, or with the reason why it does not apply.

use crate::demand::{Demand, Proof, Rfc};
use std::fmt::Write;

const RFCS: &[&Rfc] = &[
    &crate::rfc768::RFC,
    &crate::rfc791::RFC,
    &crate::rfc896::RFC,
    &crate::rfc1122::RFC,
    &crate::rfc1191::RFC,
    &crate::rfc2018::RFC,
    &crate::rfc2883::RFC,
    &crate::rfc3042::RFC,
    &crate::rfc3168::RFC,
    &crate::rfc4443::RFC,
    &crate::rfc5681::RFC,
    &crate::rfc5682::RFC,
    &crate::rfc5961::RFC,
    &crate::rfc6191::RFC,
    &crate::rfc6298::RFC,
    &crate::rfc6528::RFC,
    &crate::rfc6582::RFC,
    &crate::rfc6675::RFC,
    &crate::rfc6928::RFC,
    &crate::rfc7323::RFC,
    &crate::rfc7661::RFC,
    &crate::rfc8200::RFC,
    &crate::rfc8201::RFC,
    &crate::rfc8985::RFC,
    &crate::rfc9406::RFC,
    &crate::rfc9438::RFC,
    &crate::rfc9937::RFC,
];

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Where a test stands: its file, below the project's root, and its name.
fn place<'a>(rfc: &Rfc, test: &'a str) -> (String, &'a str) {
    match test.rsplit_once("::") {
        None => (within(&format!("rfc{}", rfc.number), test), test),
        Some((file, name)) if file.starts_with("src/") => (format!("{file}.rs"), name),
        Some((file, name)) if is_rfc(file) => (within(file, name), name),
        Some((file, name)) => (format!("tests/{file}.rs"), name),
    }
}

/// The file of an RFC's tests that has this one: a long RFC has a folder of them.
fn within(rfc: &str, test: &str) -> String {
    let parts = std::fs::read_dir(format!("{ROOT}/tests/rfcs/{rfc}")).into_iter().flatten().flatten();
    let names = parts.filter_map(|part| part.file_name().into_string().ok());
    let mut files: Vec<String> = names.map(|name| format!("tests/rfcs/{rfc}/{name}")).collect();
    files.sort();
    files.into_iter().find(|file| has_test(file, test)).unwrap_or_else(|| format!("tests/rfcs/{rfc}.rs"))
}

/// Whether `file` is one of this folder: `rfc` and a number.
fn is_rfc(file: &str) -> bool {
    file.strip_prefix("rfc").is_some_and(|number| number.parse::<u16>().is_ok())
}

fn section(rfc: &Rfc, demand: &Demand) -> String {
    let page = format!("https://www.rfc-editor.org/rfc/rfc{}.html", rfc.number);
    match demand.section.chars().next() {
        Some('0'..='9') => format!("[{0}]({page}#section-{0})", demand.section),
        _ => format!("[{}]({page})", demand.section),
    }
}

/// As Markdown shows it: `<SYN>` is no tag.
fn shown(text: &str) -> String {
    text.replace('<', "&lt;")
}

fn proof(rfc: &Rfc, demand: &Demand) -> String {
    match demand.proof {
        Proof::Apart(why) => why.to_owned(),
        Proof::Labels(labels) => format!("[rfc9293.md](rfc9293.md): {}", labels.join(", ")),
        Proof::Tests(tests) => {
            let full = |test: &&str| match test.contains("::") {
                true => format!("`{test}`"),
                false => format!("`rfc{}::{test}`", rfc.number),
            };
            tests.iter().map(full).collect::<Vec<_>>().join("<br>")
        }
    }
}

fn is_proven(demand: &Demand) -> bool {
    !matches!(demand.proof, Proof::Apart(_))
}

fn table() -> String {
    let all = RFCS.iter().flat_map(|rfc| rfc.demands);
    let (count, proven) = (all.clone().count(), all.filter(|demand| is_proven(demand)).count());
    let mut text = format!(
        "# The RFCs behind the endpoints, demand by demand\n\n\
         Made from the lists in `tests/rfcs/`; `FRAMEWIRE_BLESS=1 cargo test --test rfcs` writes it anew. RFC 9293 has a table of \
         its own: [rfc9293.md](rfc9293.md).\n\n\
         A demand is what an RFC says MUST, MUST NOT or SHALL be (or, before RFC 2119, simply must), and each SHOULD that concerns an \
         endpoint, a host or a router like ours; in its own words, where … stands for what is left out and square brackets hold \
         words of ours: the RFC's text is what counts. The column \"read\" says how much of that text was read, line by line, \
         beside the list and the code. `rfc5961::name` is a test of `tests/rfcs/rfc5961.rs`, `file::name` one of `tests/file.rs`.\n\n\
         {count} demands of {} RFCs: {proven} tested, {} do not apply or are not taken.\n\n\
         | RFC | title | read | tested | not |\n| --- | --- | --- | --- | --- |\n",
        RFCS.len(),
        count - proven
    );
    for rfc in RFCS {
        let proven = rfc.demands.iter().filter(|demand| is_proven(demand)).count();
        let apart = rfc.demands.len() - proven;
        let (number, title, read) = (rfc.number, rfc.title, rfc.read);
        let _ = writeln!(text, "| [{number}](#rfc-{number}) | {title} | {read} | {proven} | {apart} |");
    }
    text += "\nBeside them: RFC 792 (ICMP) in `tests/net_router.rs`, `tests/udp.rs` and RFC 1122 below; RFC 1071 (the checksum) \
              in `src/packet/checksum.rs` and `tests/net_tshark.rs`.\n";
    for rfc in RFCS {
        let _ = write!(text, "\n## RFC {}\n\n{}.", rfc.number, rfc.title);
        if !rfc.note.is_empty() {
            let _ = write!(text, " {}", rfc.note);
        }
        text += "\n\n| section | demand | proof |\n| --- | --- | --- |\n";
        for demand in rfc.demands {
            let _ = writeln!(
                text,
                "| {} | {} | {} |",
                section(rfc, demand),
                shown(demand.text),
                proof(rfc, demand)
            );
        }
    }
    text
}

/// Whether `file` has a test of this name. Within `requirements!` every function is one.
fn has_test(file: &str, name: &str) -> bool {
    let text = std::fs::read_to_string(format!("{ROOT}/{file}")).unwrap_or_default();
    text.match_indices(&format!("fn {name}(")).any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default();
        let attributes = before.rfind(['}', ';', '{']).map_or(before, |from| &before[from..]);
        attributes.contains("#[test]") || text.contains("requirements! {")
    })
}

#[test]
fn every_demand_has_a_test_that_is_there_or_a_reason() {
    let labels = std::fs::read_to_string(format!("{ROOT}/tests/rfc9293/labels.rs")).unwrap();
    for rfc in RFCS {
        assert!(!rfc.demands.is_empty() && !rfc.read.is_empty());
        for demand in rfc.demands {
            let about = format!("RFC {} section {}: {}", rfc.number, demand.section, demand.text);
            match demand.proof {
                Proof::Apart(why) => assert!(!why.is_empty(), "{about}"),
                Proof::Labels(named) => {
                    assert!(!named.is_empty(), "{about}");
                    for label in named {
                        assert!(labels.contains(&format!("row(\"{label}\",")), "{about}: no {label}");
                    }
                }
                Proof::Tests(tests) => {
                    assert!(!tests.is_empty(), "{about}: no test, no reason");
                    for test in tests {
                        let (file, name) = place(rfc, test);
                        assert!(has_test(&file, name), "{about}: no test {name} in {file}");
                    }
                }
            }
        }
    }
}

#[test]
fn the_table_is_up_to_date() {
    let path = format!("{ROOT}/docs/rfcs.md");
    let table = table();
    if std::env::var_os("FRAMEWIRE_BLESS").is_some() {
        std::fs::write(&path, &table).unwrap();
    }
    let stands = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(stands == table, "docs/rfcs.md is out of date: run with FRAMEWIRE_BLESS=1");
}
