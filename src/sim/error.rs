//! What is wrong with a scenario: where, what stands there, and what is allowed.

use std::fmt;

use super::locate::{Path, Place, locate};
use crate::lang::Lang;

/// A scenario cannot be read: the first thing that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioError {
    /// The path in the JSON, for example `hosts[0].programs[0].steps[2].n`; empty for the whole.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What stands there, shortened; empty where something is missing.
    pub value: String,
    flaw: Box<Flaw>,
}

/// What is wrong, in both languages, at a path that has not been looked up in the text yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// Where.
    pub path: Path,
    en: String,
    zh: String,
}

impl Flaw {
    /// A flaw at `path`.
    pub fn new(path: Path, en: impl Into<String>, zh: impl Into<String>) -> Self {
        Flaw { path, en: en.into(), zh: zh.into() }
    }

    /// The error, with its place in `text`.
    pub fn locate(self, text: &str) -> ScenarioError {
        let range = locate(text, &self.path);
        let place = Place::of(text, range.start);
        ScenarioError {
            path: self.path.to_string(),
            line: place.line,
            column: place.column,
            value: shorten(text.get(range).unwrap_or_default()),
            flaw: Box::new(self),
        }
    }
}

/// `value` on one line, cut where it gets long.
fn shorten(value: &str) -> String {
    let mut text: String = value.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((at, _)) = text.char_indices().nth(60) {
        text.truncate(text[..at].trim_end().len());
        text.push('…');
    }
    text
}

impl ScenarioError {
    /// An error of the JSON text itself: its place is where the reader stopped.
    pub(crate) fn from_json(text: &str, error: &serde_json::Error) -> Self {
        let line_start =
            text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
        let place = Place::of(text, line_start + error.column().saturating_sub(1));
        let en = message_of(error);
        let zh = syntax_in_chinese(&en);
        ScenarioError {
            path: String::new(),
            line: place.line,
            column: place.column,
            value: shorten(text.get(place.offset..).and_then(|rest| rest.lines().next()).unwrap_or_default()),
            flaw: Box::new(Flaw::new(
                Path::default(),
                ["not JSON: ", &en].concat(),
                ["不是合法的 JSON：", zh].concat(),
            )),
        }
    }

    /// An error of `whole`, told as one of `part`, which stands in it from octet `start` on.
    pub(crate) fn within(mut self, part: &str, whole: &str, start: usize) -> Self {
        let before: usize = whole.split_inclusive('\n').take(self.line.saturating_sub(1)).map(str::len).sum();
        let line = whole.get(before..).unwrap_or_default();
        let across: usize = line.chars().take(self.column.saturating_sub(1)).map(char::len_utf8).sum();
        let place = Place::of(part, (before + across).saturating_sub(start));
        (self.line, self.column) = (place.line, place.column);
        self
    }

    /// The whole message in `lang`: place, path, value, and what is allowed.
    pub fn message(&self, lang: Lang) -> String {
        let ScenarioError { path, line, column, value, flaw } = self;
        let mut text = match lang {
            Lang::En => format!("line {line}, column {column}: "),
            Lang::Zh => format!("第 {line} 行第 {column} 列："),
        };
        if !path.is_empty() {
            text += path;
            text += lang.pick(": ", "：");
        }
        if !value.is_empty() {
            text += value;
            text += lang.pick(": ", "：");
        }
        text + lang.pick(&flaw.en, &flaw.zh)
    }

    /// What is wrong, in `lang`, without the place.
    pub fn problem(&self, lang: Lang) -> &str {
        lang.pick(&self.flaw.en, &self.flaw.zh)
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message(Lang::En))
    }
}

impl std::error::Error for ScenarioError {}

/// serde_json's message without the place behind it.
fn message_of(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.match_indices(" at line ").last() {
        Some((at, _)) => text[..at].to_owned(),
        None => text,
    }
}

/// The commonest complaints of the JSON reader.
fn syntax_in_chinese(message: &str) -> &str {
    match message {
        "trailing comma" => "最后一项后面多了逗号",
        "expected `,` or `}`" => "此处应为 `，` 或 `}`",
        "expected `,` or `]`" => "此处应为 `，` 或 `]`",
        "expected `:`" => "此处应为 `:`",
        "expected value" => "此处应有一个值",
        "key must be a string" => "键必须是带双引号的字符串",
        "trailing characters" => "后面还有多余的内容",
        "recursion limit exceeded" => "嵌套过深",
        "invalid number" => "数字写法有误",
        "invalid escape" => "转义写法有误",
        "EOF while parsing an object" => "文件在对象 {…} 中间结束",
        "EOF while parsing a list" => "文件在列表 […] 中间结束",
        "EOF while parsing a string" => "文件在字符串中间结束",
        "EOF while parsing a value" => "文件在应有一个值的地方结束",
        _ => message,
    }
}
