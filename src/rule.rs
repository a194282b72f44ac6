//! One name for each protocol rule, with the document and section that demand it.
//!
//! An endpoint tells its [probe](crate::probe::Probe) which rule made it act; the page turns the name into a
//! sentence and a link. To add a rule, add a row to the table at the end of this file: name, source, section, title in
//! English, title in Chinese.

/// Where a rule is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// An RFC by number.
    Rfc(u16),
    /// What Linux does beyond or beside the RFCs, by manual page.
    Linux(&'static str),
}

/// What is known of a rule; see [`Rule::info`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleInfo {
    /// The variant's name, stable: it stands in traces and links.
    pub name: &'static str,
    /// The document.
    pub source: Source,
    /// The section within it (`"3.10.7.4"`), empty for a whole document.
    pub section: &'static str,
    /// What the rule says, in one English phrase.
    pub en: &'static str,
    /// What the rule says, in one Chinese phrase.
    pub zh: &'static str,
}

impl RuleInfo {
    /// Where to read it, for example `https://www.rfc-editor.org/rfc/rfc9293.html#section-3.5`.
    pub fn url(&self) -> String {
        match (self.source, self.section) {
            (Source::Rfc(n), "") => format!("https://www.rfc-editor.org/rfc/rfc{n}.html"),
            (Source::Rfc(n), section) if section.starts_with(|c: char| c.is_ascii_uppercase()) => {
                format!("https://www.rfc-editor.org/rfc/rfc{n}.html#appendix-{section}")
            }
            (Source::Rfc(n), section) => {
                format!("https://www.rfc-editor.org/rfc/rfc{n}.html#section-{section}")
            }
            (Source::Linux(page), _) => format!("https://man7.org/linux/man-pages/man7/{page}.7.html"),
        }
    }

    /// How it is cited: `RFC 9293 §3.5`, `tcp(7)`.
    pub fn citation(&self) -> String {
        match (self.source, self.section) {
            (Source::Rfc(n), "") => format!("RFC {n}"),
            (Source::Rfc(n), section) => format!("RFC {n} §{section}"),
            (Source::Linux(page), _) => format!("{page}(7)"),
        }
    }
}

macro_rules! rules {
    ($($name:ident: $source:expr, $section:literal, $en:literal, $zh:literal;)*) => {
        /// A protocol rule. [`Rule::info`] says where it is written and what it demands.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Rule {
            $(#[doc = $en] $name,)*
        }

        impl Rule {
            /// Every rule, in the order of the table.
            pub const ALL: &[Rule] = &[$(Rule::$name),*];

            const INFO: &[RuleInfo] = &[$(RuleInfo {
                name: stringify!($name), source: $source, section: $section, en: $en, zh: $zh,
            }),*];
        }
    };
}

impl Rule {
    /// Name, source and titles.
    pub fn info(self) -> &'static RuleInfo {
        &Rule::INFO[self as usize]
    }

    /// The rule of that stable name, if there is one.
    pub fn from_name(name: &str) -> Option<Rule> {
        Rule::ALL.iter().copied().find(|rule| rule.info().name == name)
    }
}

use Source::Rfc;

// Rows in the order of RFC number and section.
rules! {
    UdpDatagram: Rfc(768), "", "a datagram is sent as it is handed over, whole", "数据报原样整体发送";
    ActiveOpen: Rfc(9293), "3.10.1", "an active OPEN sends SYN", "主动打开:发送 SYN";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_again_and_titles_are_there() {
        for &rule in Rule::ALL {
            let info = rule.info();
            assert_eq!(Rule::from_name(info.name), Some(rule));
            assert!(!info.en.is_empty() && !info.zh.is_empty(), "{} lacks a title", info.name);
            assert!(!info.zh.is_ascii(), "{}: the Chinese title is not Chinese", info.name);
            assert!(info.url().starts_with("https://"));
        }
    }
}
