//! The direction of imports, and what the core may not touch.
//!
//! A room (a module directly under `src/`) imports only from floors below its own; the core names no clock, thread,
//! file, socket or hash table whose order is chance. Read from the syntax trees, so comments and strings do not count.

use std::path::Path;

use anyhow::{Context, Result, bail};
use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::shell;

/// The rooms and their floors; ARCHITECTURE.md tells what lives there.
const FLOORS: &[(&str, u8)] = &[
    ("time", 0),
    ("seq", 0),
    ("rng", 0),
    ("rule", 0),
    ("probe", 0),
    ("lang", 0),
    ("framing", 1),
    ("packet", 1),
    ("tcp", 2),
    ("udp", 2),
    ("net", 3),
    ("trace", 4),
    ("sim", 5),
    ("view", 6),
    ("wasm", 7),
];

/// What makes a run depend on more than its arguments.
const FORBIDDEN: &[(&str, &str)] = &[
    ("std::time", "time comes in as an argument (crate::time)"),
    ("std::thread", "the core has no threads"),
    ("std::fs", "the core reads no files: take bytes"),
    ("std::env", "the core reads no environment: take an argument"),
    ("std::process", "the core starts and ends nothing"),
    ("std::net::TcpStream", "the core opens no sockets"),
    ("std::net::TcpListener", "the core opens no sockets"),
    ("std::net::UdpSocket", "the core opens no sockets"),
    ("std::collections::HashMap", "its order is chance: BTreeMap or Vec"),
    ("std::collections::HashSet", "its order is chance: BTreeSet or Vec"),
];

/// Modules that may name what is forbidden elsewhere, each for the reason that it gives.
const EXCUSED: &[(&[&str], &str)] = &[(&["trace", "courier"], "std::thread")];

/// A file is asked to become two past this many lines (tests not counted) …
const LINES_ADVISED: usize = 450;
/// … and must be, past this many.
const LINES_ALLOWED: usize = 700;

/// Reads every file under `src/` and reports each breach with its place.
pub fn check() -> Result<()> {
    let src = shell::root().join("src");
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(&src).sort_by_file_name() {
        let entry = entry?;
        if entry.path().extension().is_some_and(|e| e == "rs") {
            files.push(SourceFile::read(&src, entry.path())?);
        }
    }
    // A file is test code when the line that declares it says so: `#[cfg(test)] mod model;`.
    let test_modules: Vec<Vec<String>> = files.iter().flat_map(SourceFile::test_modules).collect();
    let mut breaches = Vec::new();
    for file in &files {
        let in_test = test_modules.iter().any(|module| file.module.starts_with(module));
        breaches.extend(file.breaches(in_test));
        let lines = file.text.split("#[cfg(test)]\nmod ").next().unwrap_or_default().lines().count();
        if lines > LINES_ALLOWED && !in_test {
            breaches.push(format!("{}: {lines} lines: make two rooms of it", file.shown));
        } else if lines > LINES_ADVISED && !in_test {
            println!("note: {} has {lines} lines", file.shown);
        }
    }
    if !breaches.is_empty() {
        bail!("{}\nThe floors stand in xtask/src/floors.rs.", breaches.join("\n"));
    }
    println!("{} files: imports go down the floors only, the core is sans-IO", files.len());
    Ok(())
}

/// A file of the core, parsed.
struct SourceFile {
    shown: String,
    module: Vec<String>,
    text: String,
    tree: syn::File,
}

impl SourceFile {
    fn read(src: &Path, path: &Path) -> Result<SourceFile> {
        let shown = path.strip_prefix(shell::root()).unwrap_or(path).display().to_string();
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
        SourceFile::parse(shown, path.strip_prefix(src)?, text)
    }

    fn parse(shown: String, path: &Path, text: String) -> Result<SourceFile> {
        let tree = syn::parse_file(&text).with_context(|| format!("cannot parse {shown}"))?;
        Ok(SourceFile { shown, module: module_path(path), text, tree })
    }

    /// The modules in files of their own that this file declares for tests only.
    fn test_modules(&self) -> Vec<Vec<String>> {
        let declared = self.tree.items.iter().filter_map(|item| match item {
            syn::Item::Mod(item) if item.content.is_none() && is_cfg_test(&item.attrs) => {
                Some(item.ident.to_string())
            }
            _ => None,
        });
        declared.map(|name| self.module.iter().cloned().chain([name]).collect()).collect()
    }

    fn breaches(&self, in_test: bool) -> Vec<String> {
        let Some(room) = self.module.first() else { return Vec::new() };
        let Some(floor) = floor_of(room) else {
            return vec![format!("{}: the room `{room}` stands on no floor", self.shown)];
        };
        let module = self.module.clone();
        let mut visitor = Visitor {
            shown: &self.shown,
            room,
            floor,
            module,
            in_test,
            in_assertion: false,
            breaches: Vec::new(),
        };
        visitor.visit_file(&self.tree);
        visitor.breaches
    }
}

/// `tcp/output.rs` is `["tcp", "output"]`, `tcp/mod.rs` is `["tcp"]`, `lib.rs` is `[]`.
fn module_path(file: &Path) -> Vec<String> {
    let mut path: Vec<String> =
        file.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if path.last().is_some_and(|last| last == "mod" || last == "lib") {
        path.pop();
    }
    path
}

fn floor_of(room: &str) -> Option<u8> {
    FLOORS.iter().find(|(name, _)| *name == room).map(|&(_, floor)| floor)
}

struct Visitor<'a> {
    shown: &'a str,
    room: &'a str,
    floor: u8,
    module: Vec<String>,
    in_test: bool,
    in_assertion: bool,
    breaches: Vec<String>,
}

impl Visitor<'_> {
    fn judge(&mut self, segments: &[String], line: usize) {
        if let Some(target) = self.room_of(segments)
            && target != self.room
        {
            match floor_of(&target) {
                // The modules of the ground floor may know each other.
                Some(0) if self.floor == 0 => {}
                Some(floor) if floor < self.floor => {}
                Some(floor) => self.breaches.push(format!(
                    "{}:{line}: `{}` (floor {}) imports `{target}` (floor {floor})",
                    self.shown, self.room, self.floor
                )),
                None => {} // an item of the crate's root
            }
        }
        if self.in_test || self.floor > 6 {
            return;
        }
        let path = segments.join("::");
        let excused = |what: &str| {
            EXCUSED.iter().any(|(module, excuse)| *excuse == what && self.module.iter().eq(module.iter()))
        };
        for (forbidden, reason) in FORBIDDEN.iter().filter(|(forbidden, _)| !excused(forbidden)) {
            if path == *forbidden || path.starts_with(&format!("{forbidden}::")) {
                self.breaches.push(format!("{}:{line}: {forbidden}: {reason}", self.shown));
            }
        }
    }

    /// The room that a path leads to, if it is one of ours.
    fn room_of(&self, segments: &[String]) -> Option<String> {
        match segments.first()?.as_str() {
            "crate" => segments.get(1).cloned(),
            "super" => {
                let supers = segments.iter().take_while(|s| *s == "super").count();
                let rest = self.module.len().checked_sub(supers)?;
                self.module[..rest].first().or(segments.get(supers)).cloned()
            }
            _ => None,
        }
    }

    fn use_tree(&mut self, tree: &syn::UseTree, prefix: &mut Vec<String>) {
        match tree {
            syn::UseTree::Path(path) => {
                prefix.push(path.ident.to_string());
                self.use_tree(&path.tree, prefix);
                prefix.pop();
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.use_tree(item, prefix)),
            syn::UseTree::Name(name) => self.leaf(name.ident.to_string(), name.span(), prefix),
            syn::UseTree::Rename(rename) => self.leaf(rename.ident.to_string(), rename.span(), prefix),
            syn::UseTree::Glob(glob) => self.judge(prefix, glob.span().start().line),
        }
    }

    fn leaf(&mut self, name: String, span: proc_macro2::Span, prefix: &mut Vec<String>) {
        prefix.push(name);
        self.judge(prefix, span.start().line);
        prefix.pop();
    }

    /// `{:?}` is for tests: the page's module is built without it, and would print nothing in its place.
    fn literal(&mut self, literal: &proc_macro2::Literal) {
        let text = literal.to_string();
        if !self.in_test
            && !self.in_assertion
            && text.starts_with('"')
            && (text.contains(":?}") || text.contains(":#?}"))
        {
            let line = literal.span().start().line;
            self.breaches.push(format!("{}:{line}: {{:?}} is for tests: write what people read", self.shown));
        }
    }

    /// Paths inside macro calls are tokens, not syntax.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut line = 0;
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 && !path.is_empty() {
                        self.judge(&std::mem::take(&mut path), line);
                    }
                    line = ident.span().start().line;
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                other => {
                    if let TokenTree::Literal(literal) = &other {
                        self.literal(literal);
                    }
                    self.judge(&std::mem::take(&mut path), line);
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.judge(&path, line);
    }
}

fn is_cfg_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|argument| argument.is_ident("test"))
    })
}

impl<'ast> Visit<'ast> for Visitor<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let outside = self.in_test;
        self.in_test |= is_cfg_test(&item.attrs);
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
        self.in_test = outside;
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.use_tree(&item.tree, &mut Vec::new());
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        self.judge(&segments, path.span().start().line);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        // What a broken assertion says is for developers.
        let outside = self.in_assertion;
        let name = call.path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
        self.in_assertion |= name.contains("assert") || name == "panic" || name == "unreachable";
        self.tokens(call.tokens.clone());
        visit::visit_macro(self, call);
        self.in_assertion = outside;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaches(file: &str, text: &str) -> Vec<String> {
        SourceFile::parse(file.to_owned(), Path::new(file), text.to_owned()).unwrap().breaches(false)
    }

    #[test]
    fn imports_go_down() {
        for fine in [
            "use crate::time::Instant;",
            "use crate::{seq::SeqNumber, packet::{self, TcpHeader}};",
            "use super::state::State;",
            "fn f() { crate::tcp::state::g() }",
            "mod inner { use super::super::tcb::Tcb; }",
            "// use crate::sim::Scenario;\nconst S: &str = \"crate::sim\";",
            "#[cfg(test)] mod tests { use std::collections::HashMap; }",
        ] {
            assert_eq!(breaches("tcp/output.rs", fine), [""; 0], "{fine}");
        }
    }

    #[test]
    fn imports_up_or_sideways_are_named_with_their_line() {
        for (bad, room) in [
            ("\nuse crate::net::Host;", "net"),
            ("\nuse crate::{time::Instant, sim};", "sim"),
            ("\nfn f(_: crate::trace::Trace) {}", "trace"),
            ("\nuse super::super::udp;", "udp"),
            ("\nfn f() { assert!(crate::view::g()); }", "view"),
            ("\nuse crate::wasm::*;", "wasm"),
        ] {
            let found = breaches("tcp/output.rs", bad);
            assert_eq!(found.len(), 1, "{bad}: {found:?}");
            assert!(found[0].starts_with("tcp/output.rs:2:") && found[0].contains(room), "{found:?}");
        }
    }

    #[test]
    fn the_core_is_sans_io() {
        for bad in [
            "use std::time::Instant;",
            "use std::{collections::HashMap};",
            "fn f() { std::thread::yield_now() }",
        ] {
            assert_eq!(breaches("sim/run.rs", bad).len(), 1, "{bad}");
        }
        assert_eq!(breaches("wasm/mod.rs", "use std::time::Instant;"), [""; 0]);
        assert_eq!(breaches("trace/courier/mod.rs", "use std::thread;"), [""; 0]);
        assert_eq!(breaches("trace/courier/mod.rs", "use std::time::Instant;").len(), 1);
        assert_eq!(breaches("trace/courier/batch.rs", "use std::thread;").len(), 1);
    }

    #[test]
    fn debug_formatting_is_for_tests() {
        assert_eq!(breaches("sim/run.rs", "fn f() -> String { format!(\"{:?}\", 1) }").len(), 1);
        for fine in [
            "fn f() -> String { format!(\"{:>3}\", 1) }",
            "fn f() { assert!(true, \"{:?}\", 1) }",
            "#[cfg(test)] mod tests { fn f() -> String { format!(\"{:?}\", 1) } }",
        ] {
            assert_eq!(breaches("sim/run.rs", fine), [""; 0], "{fine}");
        }
    }

    #[test]
    fn files_declared_for_tests_are_found() {
        let text = "#[cfg(test)]\nmod model;\nmod output;\n#[cfg(test)]\nmod tests {}";
        let file = SourceFile::parse(String::new(), Path::new("tcp/sack/mod.rs"), text.to_owned()).unwrap();
        assert_eq!(file.test_modules(), [["tcp", "sack", "model"]]);
    }

    #[test]
    fn a_room_without_a_floor_is_refused() {
        assert_eq!(breaches("attic/mod.rs", "").len(), 1);
        assert_eq!(breaches("lib.rs", "pub mod time;"), [""; 0]);
    }
}
