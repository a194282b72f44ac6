//! Every word that people read, in English and Chinese, from one table, whose rows stand in files by what they are about.
//!
//! The layouts take words by name; the page fetches the whole table of a language once. A sentence may hold
//! placeholders `{0}`, `{1}`, …, filled by [`fill`].

#[macro_use]
mod figure;
#[macro_use]
mod tools;

pub use crate::lang::Lang;

macro_rules! words {
    ($($name:ident $key:literal: $en:literal, $zh:literal;)*) => {
        /// A word or sentence of the page.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u16)]
        pub enum Word { $(#[doc = $en] $name,)* }

        impl Word {
            /// Every word.
            pub const ALL: &[Word] = &[$(Word::$name),*];

            /// The name by which the page asks for it.
            pub fn key(self) -> &'static str {
                const ENDS: [u16; Word::ALL.len()] = ends([$($key.len()),*]);
                piece(concat!($($key),*), &ENDS, self as usize)
            }

            /// The text in a language.
            pub fn text(self, lang: Lang) -> &'static str {
                const EN: [u16; Word::ALL.len()] = ends([$($en.len()),*]);
                const ZH: [u16; Word::ALL.len()] = ends([$($zh.len()),*]);
                match lang {
                    Lang::En => piece(concat!($($en),*), &EN, self as usize),
                    Lang::Zh => piece(concat!($($zh),*), &ZH, self as usize),
                }
            }
        }
    };
}

/// Where each of some texts ends that stand one behind the other: two octets a text in the page's module, where a list of texts takes
/// eight.
const fn ends<const N: usize>(lens: [usize; N]) -> [u16; N] {
    let mut out = [0; N];
    let (mut i, mut end) = (0, 0);
    while i < N {
        end += lens[i];
        assert!(end <= u16::MAX as usize, "the words of a language fit into 64 KiB");
        out[i] = end as u16;
        i += 1;
    }
    out
}

fn piece(all: &'static str, ends: &[u16], i: usize) -> &'static str {
    let end = |i: usize| ends.get(i).copied().map_or(0, usize::from);
    let start = i.checked_sub(1).map_or(0, end);
    all.get(start..end(i)).unwrap_or_default()
}

figure_words! { tools_words! words! }

/// The text of `word` with `{0}`, `{1}`, … replaced.
pub fn fill(word: Word, lang: Lang, values: &[&str]) -> String {
    let text = word.text(lang);
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let (before, from) = rest.split_at(open);
        out.push_str(before);
        let number =
            from.get(1..2).and_then(|d| d.parse::<usize>().ok()).filter(|_| from.get(2..3) == Some("}"));
        match number {
            Some(n) => {
                out.push_str(values.get(n).copied().unwrap_or_default());
                rest = &from[3..];
            }
            None => {
                out.push('{');
                rest = &from[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_stands_in_both_languages() {
        // Units, and what the RFCs call by letters.
        let same = ["{0} B", "{0} → {1}", "RTO", "2 MSL", "TLP", "RACK", "SWS", "FIN-WAIT-2"];
        for &word in Word::ALL {
            let (en, zh) = (word.text(Lang::En), word.text(Lang::Zh));
            assert!(!en.is_empty() && !zh.is_empty(), "{} lacks a text", word.key());
            // The page gets them a line each.
            assert!(!en.contains('\n') && !zh.contains('\n'), "{} has two lines", word.key());
            assert!(en != zh || same.contains(&en), "{} is the same in both", word.key());
            for n in 0..4 {
                let place = format!("{{{n}}}");
                assert_eq!(en.contains(&place), zh.contains(&place), "{}: {place}", word.key());
            }
        }
    }

    #[test]
    fn keys_are_unique() {
        let mut keys: Vec<_> = Word::ALL.iter().map(|w| w.key()).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), Word::ALL.len());
    }

    #[test]
    fn placeholders_are_filled() {
        assert_eq!(fill(Word::FromTo, Lang::En, &["a", "b"]), "a → b");
        assert_eq!(
            fill(Word::SaysState, Lang::Zh, &["client", "ESTABLISHED"]),
            "client 进入 ESTABLISHED 状态。"
        );
        assert_eq!(fill(Word::Passes, Lang::En, &["{0}"]), "{0} pass");
    }
}
