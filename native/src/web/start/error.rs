//! Why something was not started, in the reader's language, with what to do about it.

use std::net::SocketAddr;

use axum::http::StatusCode;
use framewire::framing::NameError;
use framewire::lang::Lang;

use crate::listen::AddressError;
use crate::relay::knobs::{self, KnobError};

/// Why not.
#[derive(Debug)]
pub enum StartError {
    /// The secret is missing or wrong.
    Locked,
    /// What was sent is no wish at all.
    Garbled,
    /// Commands may not be run from the page.
    CommandsOff,
    /// So many run already.
    Full(usize),
    /// There is no such program, or it has ended.
    Gone,
    /// No port.
    Port(String),
    /// No address.
    Address(String),
    /// An address of another machine.
    Elsewhere(SocketAddr),
    /// The port is taken; another one is free.
    InUse {
        /// The address that was asked for.
        addr: SocketAddr,
        /// A port near it that is free just now.
        free: Option<u16>,
    },
    /// The system refused the address for another reason.
    Bind {
        /// The address.
        addr: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// A relay that would call itself.
    Itself,
    /// No framing is called so.
    Framing(NameError),
    /// A greeting or framing for datagrams.
    UdpFraming,
    /// A field that must hold a number in a range does not.
    Number {
        /// Which field.
        field: &'static str,
        /// From.
        low: u64,
        /// To.
        high: u64,
    },
    /// A field that must hold something is empty.
    Empty(&'static str),
    /// A knob cannot be turned so.
    Knob(KnobError),
    /// It is no scenario, or one that cannot be performed; why, in the reader's language.
    Scenario(String),
    /// Another scenario is being performed.
    Playing,
    /// The program ended before it had begun; what it said.
    Ended(String),
    /// The system refused something.
    System(String),
}

impl StartError {
    /// The field of the form that is meant.
    pub fn field(&self) -> &'static str {
        match self {
            StartError::Port(_) | StartError::InUse { .. } | StartError::Bind { .. } => "port",
            StartError::Address(_) | StartError::Elsewhere(_) | StartError::Itself => "to",
            StartError::Framing(_) | StartError::UdpFraming => "framing",
            StartError::Number { field, .. } | StartError::Empty(field) => field,
            StartError::CommandsOff | StartError::Ended(_) => "line",
            _ => "",
        }
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            StartError::Locked | StartError::CommandsOff => StatusCode::FORBIDDEN,
            StartError::Gone => StatusCode::NOT_FOUND,
            StartError::Full(_) => StatusCode::SERVICE_UNAVAILABLE,
            StartError::InUse { .. } | StartError::Bind { .. } | StartError::Playing => StatusCode::CONFLICT,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// What is wrong and what to do.
    pub fn message(&self, lang: Lang) -> String {
        let pick = |en: String, zh: String| lang.pick(en, zh);
        match self {
            StartError::Locked => pick(
                "The secret is missing or wrong. Open the address that `framewire web` printed in its terminal.".into(),
                "密钥缺失或不正确。请打开 `framewire web` 在终端里显示的网址。".into(),
            ),
            StartError::Garbled => pick(
                "The page and this `framewire web` do not understand each other. Reload the page.".into(),
                "页面与当前的 `framewire web` 版本不一致，请重新加载页面。".into(),
            ),
            StartError::CommandsOff => pick(
                "Commands are not run from the page. Start `framewire web --allow-commands` to permit it.".into(),
                "不允许从页面运行命令。要允许，请以 `framewire web --allow-commands` 启动。".into(),
            ),
            StartError::Full(most) => pick(
                format!("{most} programs run already. Stop one of them first (`--max-programs` sets the limit)."),
                format!("已有 {most} 个程序在运行，请先停止其中一个（上限由 `--max-programs` 设定）。"),
            ),
            StartError::Gone => pick(
                "It does not run any more.".into(),
                "它已经不再运行。".into(),
            ),
            StartError::Port(text) => pick(
                format!("“{text}” is no port. Write a number from 0 to 65535; 0 takes a free one."),
                format!("“{text}”不是端口号。请填 0 到 65535 的数字，0 表示任选一个空闲端口。"),
            ),
            StartError::Address(text) => pick(
                format!("“{text}” is no address. Write HOST:PORT, for example 127.0.0.1:9001, or a port of this machine."),
                format!("“{text}”不是地址。请写成“主机:端口”，例如 127.0.0.1:9001；只写端口号则指本机。"),
            ),
            StartError::Elsewhere(addr) => pick(
                format!("{addr} is not on this machine. From the page only 127.0.0.1 may be used, unless `framewire web --allow-network` was started so."),
                format!("{addr} 不在本机上。从页面只能使用 127.0.0.1；要使用其他地址，请以 `framewire web --allow-network` 启动。"),
            ),
            StartError::InUse { addr, free } => {
                let en = free.map_or_else(String::new, |port| format!(" {port} is free."));
                let zh = free.map_or_else(String::new, |port| format!("目前 {port} 是空闲的。"));
                pick(
                    format!("Port {} is in use by another program. Choose another one, or 0 for any that is free.{en}", addr.port()),
                    format!("端口 {} 已被其他程序占用。请换一个端口，或填 0 任选一个空闲端口。{zh}", addr.port()),
                )
            }
            StartError::Bind { addr, source } => match source.kind() {
                std::io::ErrorKind::PermissionDenied => pick(
                    format!("Port {} needs special rights: choose one above 1023.", addr.port()),
                    format!("端口 {} 需要特殊权限，请选择 1023 以上的端口。", addr.port()),
                ),
                _ => pick(
                    format!("{addr} cannot be listened on: {source}"),
                    format!("无法在 {addr} 上监听：{source}"),
                ),
            },
            StartError::Itself => pick(
                "The relay would call itself. Name the server that stands behind it.".into(),
                "中继会连接到它自己。请填写中继后面那台服务器的地址。".into(),
            ),
            StartError::Framing(error) => error.message(lang),
            StartError::UdpFraming => pick(
                "Datagrams need no framing: each is a message already. Leave it at “none”.".into(),
                "数据报不需要成帧：每个数据报本身就是一条消息。请保留 none。".into(),
            ),
            StartError::Number { low, high, .. } => pick(
                format!("A whole number from {low} to {high} is wanted."),
                format!("请填 {low} 到 {high} 之间的整数。"),
            ),
            StartError::Empty(_) => pick(
                "This must not be empty.".into(),
                "这一项不能为空。".into(),
            ),
            StartError::Knob(KnobError::Unknown(path)) => pick(
                format!("This relay has no knob “{path}”."),
                format!("这个中继没有“{path}”这一项。"),
            ),
            StartError::Knob(KnobError::Bad { path, value }) => {
                let name = knobs::name(path, lang);
                pick(
                    format!("{name}: “{value}” cannot be set (times up to 60 s, probabilities from 0 to 100%)."),
                    format!("{name}：不能设为“{value}”（时间最长 60 秒，概率为 0 到 100%）。"),
                )
            }
            StartError::Scenario(why) => pick(
                format!("This scenario cannot be run here: {why}"),
                format!("无法在本机运行这个场景：{why}"),
            ),
            StartError::Playing => pick(
                "Another scenario is being run just now. Try again in a moment.".into(),
                "正在运行另一个场景，请稍后再试。".into(),
            ),
            StartError::Ended(said) => pick(
                format!("It ended at once: {said}"),
                format!("程序刚启动就结束了：{said}"),
            ),
            StartError::System(said) => pick(
                format!("The system refuses: {said}"),
                format!("系统拒绝了这个操作：{said}"),
            ),
        }
    }
}

impl From<AddressError> for StartError {
    fn from(error: AddressError) -> Self {
        match error {
            AddressError::Bad { text, .. } => StartError::Address(text),
            AddressError::InUse { addr, free, .. } => StartError::InUse { addr, free },
            AddressError::Bind { addr, source, .. } => StartError::Bind { addr, source },
        }
    }
}
