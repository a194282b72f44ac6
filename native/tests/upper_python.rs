//! Upper case as Python's str.upper() makes it, character by character.
#![allow(clippy::unwrap_used, reason = "a panic in a test is a failure with a line number")]

mod common;

use std::collections::BTreeMap;

use common::{python, run};
use framewire_native::upper::upper_into;

fn hex(text: &str) -> u32 {
    u32::from_str_radix(text, 16).unwrap()
}

#[test]
fn every_character_as_python_has_it() {
    let table = run(&mut python("upper_table.py"));
    let (version, table) = table.split_once('\n').unwrap();
    let mut changed = BTreeMap::new();
    let mut unknown = Vec::new();
    for line in table.lines() {
        if let Some(range) = line.strip_prefix('?') {
            let (first, last) = range.split_once('-').unwrap();
            unknown.push(hex(first)..=hex(last));
        } else {
            let (code, upper) = line.split_once(':').unwrap();
            changed.insert(hex(code), upper);
        }
    }
    let is_unknown = |c: char| unknown.iter().any(|range| range.contains(&(c as u32)));
    let mut compared = 0;
    for c in '\0'..=char::MAX {
        let (mut bytes, mut ours) = ([0; 4], Vec::new());
        upper_into(c.encode_utf8(&mut bytes).as_bytes(), &mut ours);
        let python = changed.get(&(c as u32));
        if python.is_none() && ours == c.encode_utf8(&mut bytes).as_bytes() {
            continue;
        }
        // Characters newer than this Python, and old ones that got an upper case after it, may differ.
        if is_unknown(c) || std::str::from_utf8(&ours).unwrap().chars().any(is_unknown) {
            continue;
        }
        let ours: String = ours.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(Some(&ours.as_str()), python, "U+{:04X}, Python's Unicode {version}", c as u32);
        compared += 1;
    }
    assert!(compared > 1300, "only {compared} characters have an upper case");
}
