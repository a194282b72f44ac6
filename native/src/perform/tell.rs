//! What is said of a performance, for people in both languages.

use framewire::lang::Lang;
use serde::{Deserialize, Serialize};

use super::stage::Ending;
use super::verdict::SocketVerdict;
use super::{Performance, verdict};

/// At most so many sizes are written out.
const SIZES: usize = 12;

/// What a line means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    /// As modelled.
    Same,
    /// Not as modelled.
    Differs,
    /// Evidence, which is told and not judged.
    Note,
    /// The whole.
    Head,
}

/// One thing that is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What it means.
    pub mark: Mark,
    /// In words.
    pub text: String,
}

impl Line {
    /// As a line of a terminal.
    pub fn plain(&self, lang: Lang) -> String {
        match self.mark {
            Mark::Head => self.text.clone(),
            Mark::Note => format!("  {}", self.text),
            Mark::Same => format!("  {}  {}", lang.pick("as modelled    ", "与模型一致  "), self.text),
            Mark::Differs => format!("  {}  {}", lang.pick("NOT AS MODELLED", "与模型不一致"), self.text),
        }
    }
}

fn sizes(all: &[usize], lang: Lang) -> String {
    let shown: Vec<String> = all.iter().take(SIZES).map(ToString::to_string).collect();
    let calls = all.len();
    let more = match calls > SIZES {
        true => lang.pick(format!(" … ({calls} calls)"), format!(" …（共 {calls} 次）")),
        false => String::new(),
    };
    if all.is_empty() { lang.pick("nothing", "无").to_owned() } else { format!("{}{more}", shown.join(" ")) }
}

fn of_socket(socket: &SocketVerdict, lang: Lang) -> Vec<Line> {
    let SocketVerdict { program, socket: kind, transport, sent, received, .. } = socket;
    let zh = if *kind == "accepted" { "accept() 得到的" } else { "socket() 创建的" };
    let transport_zh = transport.to_uppercase();
    let mark = if socket.as_modelled { Mark::Same } else { Mark::Differs };
    let mut text = lang.pick(
        format!("{program}, {transport} socket {kind}: sent {sent} bytes, received {received}"),
        format!("{program}，{zh} {transport_zh} 套接字：发送 {sent} 字节，接收 {received} 字节"),
    );
    if let Some(difference) = &socket.difference {
        text = lang.pick(format!("{text}; {difference}"), format!("{text}；{difference}"));
    }
    let mut lines = vec![Line { mark, text }];
    if socket.model_receives != socket.kernel_receives {
        let (model, kernel) = (sizes(&socket.model_receives, lang), sizes(&socket.kernel_receives, lang));
        let text = lang.pick(
            format!("{program}: receives gave, by the model: {model}; in the kernel: {kernel}"),
            format!("{program}：各次接收的字节数，模型：{model}；内核：{kernel}"),
        );
        lines.push(Line { mark: Mark::Note, text });
    }
    lines
}

impl Performance {
    /// What came out as modelled, what did not, and the evidence beside.
    pub fn told(&self, lang: Lang) -> Vec<Line> {
        let verdict::Verdict { as_modelled, sockets, failures, evidence, .. } = &self.verdict;
        let mut lines = Vec::new();
        let mut say = |mark, text| lines.push(Line { mark, text });
        let hosts: Vec<String> = self.hosts.iter().map(|(name, at)| format!("{name} {at}")).collect();
        say(
            Mark::Head,
            lang.pick(
                format!("{} on this machine's loopback: {}", self.name, hosts.join(", ")),
                format!("{} 在本机回环网络上：{}", self.name, hosts.join("，")),
            ),
        );
        for (host, port, real) in &self.moved {
            say(
                Mark::Note,
                lang.pick(
                    format!("port {port} of {host} is {real} here: it may not be had"),
                    format!("{host} 的端口 {port} 在这里是 {real}：原端口无法使用"),
                ),
            );
        }
        for socket in sockets {
            of_socket(socket, lang).into_iter().for_each(|line| say(line.mark, line.text));
        }
        failures.iter().for_each(|failure| say(Mark::Differs, failure.clone()));
        evidence.iter().chain(&self.remarks).for_each(|text| say(Mark::Note, text.clone()));
        let (model, kernel) = (self.verdict.model_seconds, self.verdict.kernel_seconds);
        say(
            Mark::Note,
            lang.pick(
                format!("the last call: after {model:.4} s by the model, {kernel:.4} s here"),
                format!("最后一次调用：模型在 {model:.4} 秒，本机在 {kernel:.4} 秒"),
            ),
        );
        let packets = self.verdict.model_packets;
        say(
            Mark::Note,
            match self.verdict.kernel_packets {
                Some(captured) => lang.pick(
                    format!("packets: {packets} by the model, {captured} captured"),
                    format!("报文：模型 {packets} 个，抓到 {captured} 个"),
                ),
                None => lang
                    .pick(
                        "packets were not captured: that needs CAP_NET_RAW (`framewire help capture`)",
                        "没有抓包：需要 CAP_NET_RAW 权限（见 `framewire help capture`）",
                    )
                    .to_owned(),
            },
        );
        let ending = match self.ending {
            Ending::Over => None,
            Ending::Quiet => Some(lang.pick(
                "at the end programs wait for what nobody sends",
                "结束时还有程序在等待不会到来的数据",
            )),
            Ending::Limit => Some(lang.pick(
                "it was ended at a limit (`--limit`, or the scenario's own)",
                "因达到上限而结束（`--limit`，或场景自身的上限）",
            )),
        };
        if let Some(text) = ending {
            say(Mark::Note, text.to_owned());
        }
        let verdict = match as_modelled {
            true => lang.pick("content and failures: as modelled", "内容和失败的调用：与模型一致"),
            false => lang.pick("content and failures: NOT as modelled", "内容和失败的调用：与模型不一致"),
        };
        say(Mark::Head, verdict.to_owned());
        lines
    }
}
