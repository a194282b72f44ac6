//! The kernel held against the model: what came out as predicted, and what did not.
//!
//! Content must match: what each socket of each program sent and received, and which calls failed. How receives were cut,
//! how long it took and how many packets went is evidence, told and not judged.

use std::collections::BTreeMap;

use framewire::lang::Lang;
use framewire::time::Instant;
use framewire::trace::tables::StoredOutcome;
use framewire::trace::{Errno, EventId, Op, SocketId, ThreadId, Trace, Transport};
use serde::Serialize;

/// Content of one socket is compared up to here.
const MOST: usize = 64 << 20;

/// What a program did with one socket.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Use {
    accepted: bool,
    udp: bool,
    /// What was sent: of a stream one piece, else each datagram.
    sent: Vec<Vec<u8>>,
    /// What was received, likewise.
    received: Vec<Vec<u8>>,
    /// The sizes that receives gave, in order.
    cuts: Vec<usize>,
}

impl Use {
    /// What must match: datagrams may come in any order.
    fn content(&self) -> [Vec<Vec<u8>>; 2] {
        let of = |pieces: &[Vec<u8>]| {
            let mut pieces = pieces.to_vec();
            pieces.sort();
            pieces
        };
        [of(&self.sent), of(&self.received)]
    }
}

/// What happened to one program.
#[derive(Debug, Default)]
struct Told {
    name: String,
    uses: Vec<Use>,
    /// Calls that failed, and how.
    failures: BTreeMap<(&'static str, u16), usize>,
    /// Calls that never returned.
    waiting: BTreeMap<&'static str, usize>,
}

/// A socket's content, both ways.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SocketVerdict {
    /// The program.
    pub program: String,
    /// `made` by socket(), or `accepted`.
    pub socket: &'static str,
    /// `tcp` or `udp`.
    pub transport: &'static str,
    /// Octets that it sent.
    pub sent: usize,
    /// Octets that it received.
    pub received: usize,
    /// The content is as the model says.
    pub as_modelled: bool,
    /// Where it is not: in words.
    pub difference: Option<String>,
    /// The sizes of what receives gave by the model.
    pub model_receives: Vec<usize>,
    /// The sizes of what they really gave.
    pub kernel_receives: Vec<usize>,
}

/// The kernel held against the model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// Content and failures are as the model says.
    pub as_modelled: bool,
    /// Socket by socket.
    pub sockets: Vec<SocketVerdict>,
    /// Calls that failed in one and not in the other, in words.
    pub failures: Vec<String>,
    /// What came out otherwise and is no fault: in words.
    pub evidence: Vec<String>,
    /// When the last call returned by the model, in seconds from the start.
    pub model_seconds: f64,
    /// When it really did.
    pub kernel_seconds: f64,
    /// Packets by the model.
    pub model_packets: usize,
    /// Packets that were captured; `null` without the right to hear them.
    pub kernel_packets: Option<u32>,
}

/// When the last call begun or returned.
pub fn last_call(trace: &Trace) -> Instant {
    let calls = trace.tables().calls.iter();
    let known = |event: EventId| trace.time(event);
    let times = calls.flat_map(|call| [known(call.begun), known(call.returned)]).flatten();
    times.max().unwrap_or(Instant::START)
}

/// What each program of a trace did, in the order of the programs.
fn told(trace: &Trace) -> Vec<Told> {
    let tables = trace.tables();
    let mut all: Vec<Told> =
        tables.programs.iter().map(|row| Told { name: row.name.clone(), ..Told::default() }).collect();
    let program_of = |thread: ThreadId| {
        let row = tables.threads.iter().find(|row| row.id == thread)?;
        tables.programs.iter().position(|program| Some(program.id) == row.program)
    };
    let mut places: BTreeMap<SocketId, (usize, usize)> = BTreeMap::new();
    for call in &tables.calls {
        let Some(told) = program_of(call.thread).and_then(|program| Some((program, all.get_mut(program)?)))
        else {
            continue;
        };
        let (program, told) = told;
        let returned = trace.return_of(call.returned);
        let compound = matches!(call.op, Op::RecvExactly | Op::ReadFrame | Op::WriteFrame);
        let Some(returned) = returned else {
            if !compound {
                *told.waiting.entry(call.op.name()).or_default() += 1;
            }
            continue;
        };
        let value = match returned.outcome {
            StoredOutcome::Value(value) => usize::try_from(value).unwrap_or(0),
            StoredOutcome::Errno(errno) if !compound => {
                *told.failures.entry((call.op.name(), errno)).or_default() += 1;
                continue;
            }
            _ => continue,
        };
        let Some(socket) = call.socket.filter(|_| !compound) else { continue };
        let (_, at) = *places.entry(socket).or_insert_with(|| {
            let row = tables.sockets.iter().find(|row| row.id == socket);
            let accepted = row.is_some_and(|row| row.listener.is_some());
            let udp = row.is_some_and(|row| row.transport == Transport::Udp);
            told.uses.push(Use { accepted, udp, ..Use::default() });
            (program, told.uses.len() - 1)
        });
        let Some(of) = told.uses.get_mut(at) else { continue };
        let (pieces, bytes) = match call.op {
            Op::Send | Op::SendAll | Op::SendTo => {
                (&mut of.sent, trace.data_bytes(call.data, call.range, value.min(MOST)))
            }
            Op::Recv | Op::RecvFrom => {
                of.cuts.push(value);
                (&mut of.received, trace.data_bytes(returned.data, call.range, value.min(MOST)))
            }
            _ => continue,
        };
        match pieces.first_mut().filter(|_| !of.udp) {
            Some(stream) => stream.extend(bytes),
            None => pieces.push(bytes),
        }
    }
    all
}

/// Where two contents part, in words; `None`: nowhere.
fn difference(model: &Use, kernel: &Use, lang: Lang) -> Option<String> {
    for (what, (model, kernel)) in lang
        .pick(["sent", "received"], ["发送", "接收"])
        .into_iter()
        .zip(model.content().into_iter().zip(kernel.content()))
    {
        if model == kernel {
            continue;
        }
        if model.len() != kernel.len() {
            let (model, kernel) = (model.len(), kernel.len());
            return Some(lang.pick(
                format!("{what}: {model} pieces by the model, {kernel} in the kernel"),
                format!("{what}：模型为 {model} 段，内核为 {kernel} 段"),
            ));
        }
        let other = model.iter().zip(&kernel).find(|(model, kernel)| model != kernel);
        let Some((model, kernel)) = other else { continue };
        let at = model.iter().zip(kernel).take_while(|(a, b)| a == b).count();
        let (m, k) = (model.len(), kernel.len());
        return Some(lang.pick(
            format!("{what}: parts at byte {at} ({m} bytes by the model, {k} in the kernel)"),
            format!("{what}：从第 {at} 字节起不同（模型 {m} 字节，内核 {k} 字节）"),
        ));
    }
    None
}

fn plural(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

fn error_name(errno: u16) -> String {
    Errno(errno).name().map_or_else(|| format!("errno {errno}"), str::to_owned)
}

/// Holds what happened against what was predicted; says so in a language.
pub fn judge(model: &Trace, kernel: &Trace, packets: Option<u32>, lang: Lang) -> Verdict {
    let mut verdict = Verdict {
        as_modelled: true,
        sockets: Vec::new(),
        failures: Vec::new(),
        evidence: Vec::new(),
        model_seconds: last_call(model).as_nanos() as f64 / 1e9,
        kernel_seconds: last_call(kernel).as_nanos() as f64 / 1e9,
        model_packets: model.tables().packets.len(),
        kernel_packets: packets,
    };
    for (model, kernel) in told(model).into_iter().zip(told(kernel)) {
        verdict.program(&model, &kernel, lang);
    }
    verdict.as_modelled =
        verdict.failures.is_empty() && verdict.sockets.iter().all(|socket| socket.as_modelled);
    verdict
}

impl Verdict {
    fn program(&mut self, model: &Told, kernel: &Told, lang: Lang) {
        let name = &model.name;
        for accepted in [false, true] {
            // Who was accepted first is chance: the connections are paired by what they carried.
            let of = |told: &Told| {
                let mut uses: Vec<Use> =
                    told.uses.iter().filter(|of| of.accepted == accepted).cloned().collect();
                uses.sort_by_key(Use::content);
                uses
            };
            let (models, kernels) = (of(model), of(kernel));
            if models.len() != kernels.len() {
                let what = if accepted { "accepted connection" } else { "socket" };
                let (by_model, really) = (models.len(), kernels.len());
                let zh = if accepted { "已接受的连接" } else { "套接字" };
                self.failures.push(lang.pick(
                    format!("{name}: {} by the model, {really} in the kernel", plural(by_model, what)),
                    format!("{name}：{zh}，模型为 {by_model} 个，内核为 {really} 个"),
                ));
            }
            for (model, kernel) in models.iter().zip(&kernels) {
                let carried = [model, kernel].iter().any(|of| !of.sent.is_empty() || !of.received.is_empty());
                if carried {
                    self.sockets.push(socket_verdict(name, model, kernel, lang));
                }
            }
        }
        let mut keys: Vec<_> = model.failures.keys().chain(kernel.failures.keys()).copied().collect();
        keys.sort_unstable();
        keys.dedup();
        for key @ (op, errno) in keys {
            let count = |told: &Told| told.failures.get(&key).copied().unwrap_or(0);
            let (by_model, really, error) = (count(model), count(kernel), error_name(errno));
            if by_model != really {
                let times = plural(by_model, "time");
                self.failures.push(lang.pick(
                    format!("{name}: {op}() fails with {error} {times} by the model, {really} in the kernel"),
                    format!("{name}：{op}() 因 {error} 失败，模型为 {by_model} 次，内核为 {really} 次"),
                ));
            } else {
                self.evidence.push(lang.pick(
                    format!("{name}: {op}() fails with {error}, as modelled"),
                    format!("{name}：{op}() 因 {error} 失败，与模型一致"),
                ));
            }
        }
        if model.waiting != kernel.waiting {
            let of = |told: &Told| {
                let all = told
                    .waiting
                    .iter()
                    .map(|(op, n)| lang.pick(format!("{n} in {op}()"), format!("{n} 个在 {op}() 中")));
                let all: Vec<String> = all.collect();
                let (nobody, comma) = lang.pick(("nobody", ", "), ("没有", "、"));
                if all.is_empty() { nobody.to_owned() } else { all.join(comma) }
            };
            let (by_model, really) = (of(model), of(kernel));
            self.evidence.push(lang.pick(
                format!("{name}: at the end waits by the model {by_model}, in the kernel {really}"),
                format!("{name}：结束时仍在等待的，模型：{by_model}；内核：{really}"),
            ));
        }
    }
}

fn socket_verdict(program: &str, model: &Use, kernel: &Use, lang: Lang) -> SocketVerdict {
    let difference = difference(model, kernel, lang);
    let len = |pieces: &[Vec<u8>]| pieces.iter().map(Vec::len).sum();
    SocketVerdict {
        program: program.to_owned(),
        socket: if kernel.accepted { "accepted" } else { "made" },
        transport: if kernel.udp { "udp" } else { "tcp" },
        sent: len(&kernel.sent),
        received: len(&kernel.received),
        as_modelled: difference.is_none(),
        difference,
        model_receives: model.cuts.clone(),
        kernel_receives: kernel.cuts.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use framewire::sim::{Run, builtin, set};

    fn trace(name: &str, change: Option<(&str, &str)>) -> Trace {
        let mut scenario = builtin(name).unwrap();
        if let Some((path, value)) = change {
            scenario = set(&scenario, path, value).unwrap();
        }
        Run::new(&scenario, &[]).unwrap().into_trace()
    }

    #[test]
    fn other_cuts_and_times_are_evidence_only() {
        let (one, other) =
            (trace("split-message", None), trace("split-message", Some(("network.rate", "100kbit/s"))));
        let verdict = judge(&one, &other, None, Lang::En);
        assert!(verdict.as_modelled, "{verdict:?}");
        assert!(verdict.sockets.iter().any(|socket| socket.model_receives != socket.kernel_receives));
    }

    #[test]
    fn another_content_or_failure_is_a_difference() {
        let hello = trace("hello-tcp", None);
        let verdict = judge(&hello, &trace("three-way-handshake", None), None, Lang::En);
        assert!(!verdict.as_modelled, "{verdict:?}");
        let verdict = judge(&trace("closed-port", None), &Trace::new(), None, Lang::En);
        assert!(verdict.sockets.is_empty());
        let verdict = judge(&trace("closed-port", None), &trace("closed-port", None), None, Lang::En);
        assert!(verdict.as_modelled && verdict.evidence.iter().any(|text| text.contains("ECONNREFUSED")));
    }
}
