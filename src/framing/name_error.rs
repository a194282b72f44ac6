//! Why a text names no framing.

use std::fmt;

use super::name::Framing;
use crate::lang::Lang;

/// A name that names no framing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameError {
    /// The name as it was given.
    pub name: String,
    /// What is wrong with it.
    pub problem: NameProblem,
}

/// What is wrong with the name or the parameters of a framing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameProblem {
    /// No such kind.
    Kind(String),
    /// An argument is needed, or part of it is empty.
    EmptyArgument,
    /// This kind takes no argument.
    Argument(String),
    /// No such option for this kind, or an option in the wrong form; the options there are.
    Option(String, &'static [&'static str]),
    /// No integer format.
    Int(String),
    /// No number, or none in range.
    Number(String),
    /// `%` without two hexadecimal digits.
    Percent(String),
    /// A key that is no UTF-8.
    NotUtf8(String),
    /// The same thing twice.
    Twice(String),
    /// More or longer delimiters than allowed.
    TooMuch {
        /// Most delimiters.
        count: usize,
        /// Longest delimiter.
        len: usize,
    },
}

impl NameProblem {
    /// The problem as a phrase.
    pub fn message(&self, lang: Lang) -> String {
        let kinds = Framing::EXAMPLES.join(", ");
        let (en, zh) = match self {
            NameProblem::Kind(kind) => (
                format!("there is no framing `{kind}`; examples of what there is: {kinds}"),
                format!("没有名为 `{kind}` 的分帧方式；可用的例子：{kinds}"),
            ),
            NameProblem::EmptyArgument => (
                "an argument is missing after the colon (a key, an integer format, a delimiter or a size)"
                    .to_owned(),
                "冒号后缺少参数（键名、整数格式、分隔符或大小）".to_owned(),
            ),
            NameProblem::Argument(argument) => (
                format!("this framing takes no argument, but `{argument}` is given"),
                format!("这种分帧方式不带参数，却给了 `{argument}`"),
            ),
            NameProblem::Option(option, []) => (
                format!("this framing has no options, but `{option}` is given"),
                format!("这种分帧方式没有选项，却给了 `{option}`"),
            ),
            NameProblem::Option(option, known) => (
                format!("no option `{option}` here; there are: {}", known.join(", ")),
                format!("此处没有选项 `{option}`；可用的有：{}", known.join("、")),
            ),
            NameProblem::Int(text) => (
                format!("`{text}` is no integer format; there are u8, u16be, u24le, i32le, u64be, …"),
                format!("`{text}` 不是整数格式；可用的有 u8、u16be、u24le、i32le、u64be 等"),
            ),
            NameProblem::Number(text) => {
                (format!("`{text}` is no number in range"), format!("`{text}` 不是允许范围内的整数"))
            }
            NameProblem::Percent(text) => (
                format!("`{text}`: after % come two hexadecimal digits, as in %0D%0A"),
                format!("`{text}`：% 之后应是两位十六进制数，例如 %0D%0A"),
            ),
            NameProblem::NotUtf8(text) => {
                (format!("the key `{text}` is no UTF-8"), format!("键 `{text}` 不是合法的 UTF-8"))
            }
            NameProblem::Twice(text) => (format!("`{text}` is given twice"), format!("`{text}` 给了两次")),
            NameProblem::TooMuch { count, len } => (
                format!("at most {count} delimiters of at most {len} bytes are allowed"),
                format!("最多允许 {count} 个分隔符，每个最长 {len} 字节"),
            ),
        };
        lang.pick(en, zh)
    }
}

impl NameError {
    /// The error as a sentence.
    pub fn message(&self, lang: Lang) -> String {
        let problem = self.problem.message(lang);
        lang.pick(
            format!("the framing `{}` cannot be read: {problem}", self.name),
            format!("无法识别分帧方式 `{}`：{problem}", self.name),
        )
    }
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message(Lang::En))
    }
}

impl std::error::Error for NameError {}

impl fmt::Display for NameProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message(Lang::En))
    }
}

impl std::error::Error for NameProblem {}
