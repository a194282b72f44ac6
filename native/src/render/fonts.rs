//! Which fonts a picture is set in, and whether they have all of its characters.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};
use resvg::usvg;
use resvg::usvg::fontdb::{Database, Family, ID, Query};

/// Preferred families, best first; the first that is there is taken.
const SANS: &[&str] = &["Noto Sans", "DejaVu Sans", "Liberation Sans", "Segoe UI", "Helvetica Neue", "Arial"];
const MONO: &[&str] = &["DejaVu Sans Mono", "Noto Sans Mono", "Liberation Mono", "Menlo", "Consolas"];
/// Families for Chinese, best first.
const CHINESE: &[&str] = &[
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "PingFang SC",
    "Microsoft YaHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
];

/// The fonts at hand.
pub struct Fonts {
    database: Arc<Database>,
    /// Fonts for what the first one lacks, in the order in which they are asked.
    fallback: Vec<ID>,
    sans: String,
}

impl Fonts {
    /// Loads `files` and, if `system`, the fonts of this machine.
    ///
    /// # Errors
    /// When a file is no font.
    pub fn load(files: &[PathBuf], system: bool) -> anyhow::Result<Fonts> {
        let mut database = Database::new();
        for file in files {
            let before = database.len();
            database.load_font_file(file).with_context(|| format!("cannot read {}", file.display()))?;
            if database.len() == before {
                bail!("{}: no font that can be read (TrueType and OpenType can)", file.display());
            }
        }
        let own: Vec<ID> = database.faces().map(|face| face.id).collect();
        if system {
            database.load_system_fonts();
        }
        Ok(Fonts::of(database, &own))
    }

    fn of(mut database: Database, own: &[ID]) -> Fonts {
        let name_of = |database: &Database, id: ID| {
            database.face(id).and_then(|face| face.families.first()).map(|(name, _)| name.clone())
        };
        let there = |database: &Database, names: &[&str]| {
            let known = |name: &&&str| face_of(database, name).is_some();
            names.iter().find(known).map(|name| (*name).to_owned())
        };
        let first = own.first().and_then(|&id| name_of(&database, id));
        let any = database.faces().next().map(|face| face.id).and_then(|id| name_of(&database, id));
        let sans = first.clone().or_else(|| there(&database, SANS)).or(any).unwrap_or_default();
        let mono = first.or_else(|| there(&database, MONO)).unwrap_or_else(|| sans.clone());
        database.set_sans_serif_family(&sans);
        database.set_monospace_family(&mono);
        // The files given, the Chinese families, then all others by name: never by the order of a directory.
        let mut fallback = own.to_vec();
        fallback.extend(CHINESE.iter().filter_map(|name| face_of(&database, name)));
        let mut rest: Vec<(String, ID)> =
            database.faces().map(|face| (face.post_script_name.clone(), face.id)).collect();
        rest.sort_by(|a, b| a.0.cmp(&b.0));
        fallback.extend(rest.into_iter().map(|(_, id)| id));
        Fonts { database: Arc::new(database), fallback, sans }
    }

    /// How the picture is to be laid out with these fonts.
    pub fn options(&self) -> usvg::Options<'static> {
        let fallback = self.fallback.clone();
        let select_fallback: usvg::FallbackSelectionFn<'static> = Box::new(move |c, used, database| {
            fallback.iter().copied().find(|id| !used.contains(id) && has(database, *id, c))
        });
        usvg::Options {
            fontdb: Arc::clone(&self.database),
            font_family: self.sans.clone(),
            font_resolver: usvg::FontResolver {
                select_font: usvg::FontResolver::default_font_selector(),
                select_fallback,
            },
            ..usvg::Options::default()
        }
    }

    /// Checks that every character of `texts` has a glyph in some font.
    ///
    /// # Errors
    /// Names the characters that have none, and what helps.
    pub fn check<'a>(&self, texts: impl Iterator<Item = &'a str>) -> anyhow::Result<()> {
        let all: BTreeSet<char> = texts.flat_map(str::chars).filter(|c| !c.is_whitespace()).collect();
        let lacking: Vec<char> = all
            .into_iter()
            .filter(|&c| !self.fallback.iter().any(|&id| has(&self.database, id, c)))
            .collect();
        if lacking.is_empty() {
            return Ok(());
        }
        let shown: Vec<String> =
            lacking.iter().take(5).map(|c| format!("{c} (U+{:04X})", *c as u32)).collect();
        let more = if lacking.len() > 5 { format!(" and {} more", lacking.len() - 5) } else { String::new() };
        bail!(
            "no font at hand has {}{more}: install one (Debian and Ubuntu: apt install fonts-noto-cjk) or name a file \
             with --font; SVG (-o figure.svg) needs no font here",
            shown.join(", ")
        )
    }
}

/// The plain face of a family.
fn face_of(database: &Database, family: &str) -> Option<ID> {
    database.query(&Query { families: &[Family::Name(family)], ..Query::default() })
}

fn has(database: &Database, id: ID, c: char) -> bool {
    let look = |data: &[u8], index: u32| {
        ttf_parser::Face::parse(data, index).ok().is_some_and(|face| face.glyph_index(c).is_some())
    };
    database.with_face_data(id, look).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_font_has_is_named_with_what_helps() {
        let none = Fonts::of(Database::new(), &[]);
        let error = none.check(["SYN 三次握手"].into_iter()).unwrap_err().to_string();
        assert!(error.contains("N (U+004E)") && error.contains("and 2 more"), "{error}");
        assert!(error.contains("fonts-noto-cjk") && error.contains("--font"), "{error}");
        assert!(none.check([" \n"].into_iter()).is_ok());
    }
}
