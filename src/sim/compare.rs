//! Two runs side by side: which events are the same, moved, gone, new.

use crate::trace::radix;
use crate::trace::{Data, EventId, Outcome, Trace, What};

/// What became of an event in the other run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The same event at the same time.
    Same(EventId),
    /// The same event at another time.
    Moved(EventId),
    /// There is nothing like it: gone from the first run, new in the second.
    Alone,
}

/// The events of two runs, matched. Names (hosts, programs, sockets) and remarks take no part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// By event of the first run; `None` for events that take no part.
    pub first: Vec<Option<Fate>>,
    /// By event of the second run.
    pub second: Vec<Option<Fate>>,
    /// How many are the same.
    pub same: usize,
    /// How many are at another time.
    pub moved: usize,
    /// How many are only in the first run.
    pub gone: usize,
    /// How many are only in the second run.
    pub new: usize,
}

/// Matches the events of two runs: the nth of a kind in one is the nth of that kind in the other. Events are of a kind when
/// the same host does the same with the same contents.
///
/// ```
/// use framewire::sim::{Command, Run, builtin, compare};
///
/// let run = Run::new(&builtin("hello-tcp").expect("it is built in"), &[])?;
/// let again = Run::new(run.scenario(), &[])?;
/// assert_eq!(compare(run.trace(), again.trace()).moved, 0);
/// let fork = run.fork(Command::Drop { packet: 3 })?;
/// let difference = compare(run.trace(), fork.trace());
/// assert!(difference.new > 0 && difference.moved > 0);
/// # Ok::<(), framewire::sim::RunError>(())
/// ```
pub fn compare(first: &Trace, second: &Trace) -> Comparison {
    let mut waiting = Waiting::default();
    let mut result = Comparison {
        first: vec![None; first.len()],
        second: vec![None; second.len()],
        ..Comparison::default()
    };
    for event in (0..second.len() as u32).map(EventId) {
        if let Some(key) = key(second, event) {
            waiting.events.push((key, event));
            set(&mut result.second, event, Fate::Alone);
        }
    }
    waiting.sort();
    for event in (0..first.len() as u32).map(EventId) {
        let Some(key) = key(first, event) else { continue };
        let Some(other) = waiting.next(key) else {
            set(&mut result.first, event, Fate::Alone);
            result.gone += 1;
            continue;
        };
        if first.time(event) == second.time(other) {
            set(&mut result.first, event, Fate::Same(other));
            set(&mut result.second, other, Fate::Same(event));
            result.same += 1;
        } else {
            set(&mut result.first, event, Fate::Moved(other));
            set(&mut result.second, other, Fate::Moved(event));
            result.moved += 1;
        }
    }
    result.new = result.second.iter().filter(|fate| **fate == Some(Fate::Alone)).count();
    result
}

/// Events that wait for their partners, by what tells them apart.
#[derive(Default)]
struct Waiting {
    /// In the order of their keys, of one key in that of the events.
    events: Vec<(u64, EventId)>,
    /// Where the first of a key stands: how many of that key have found theirs.
    found: Vec<u32>,
}

impl Waiting {
    fn sort(&mut self) {
        radix::sort_by(&mut self.events, |event| event.0);
        self.found = vec![0; self.events.len()];
    }

    /// The next event with this key.
    fn next(&mut self, key: u64) -> Option<EventId> {
        let first = self.events.partition_point(|event| event.0 < key);
        let found = self.found.get_mut(first)?;
        let &(known, event) = self.events.get(first + *found as usize)?;
        (known == key).then(|| {
            *found += 1;
            event
        })
    }
}

fn set(fates: &mut [Option<Fate>], event: EventId, fate: Fate) {
    if let Some(slot) = fates.get_mut(event.index()) {
        *slot = Some(fate);
    }
}

/// FNV-1a over numbers and octets.
struct Hash(u64);

impl Hash {
    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        for &octet in bytes {
            self.0 = (self.0 ^ u64::from(octet)).wrapping_mul(0x100_0000_01b3);
        }
        self
    }

    fn number(&mut self, n: u64) -> &mut Self {
        self.bytes(&n.to_le_bytes())
    }

    fn data(&mut self, data: &Data<'_>) -> &mut Self {
        match data {
            Data::Bytes(bytes) => self.bytes(bytes),
            Data::Repeat { unit, phase, len } => self.bytes(unit).number(u64::from(*phase)).number(*len),
            Data::FromStream { len } | Data::Unknown { len } => self.number(*len),
        }
    }
}

/// What an event is, without its time and without numbers that count things up.
fn key(trace: &Trace, event: EventId) -> Option<u64> {
    let kind = trace.kind(event)?;
    let mut hash = Hash(0xcbf2_9ce4_8422_2325);
    hash.number(kind as u64);
    hash.number(trace.host_of(event).map_or(u64::MAX, |host| u64::from(host.0)));
    // A socket is told by its addresses: its number counts up.
    let addresses = trace.socket_of(event).map(|socket| trace.addresses_of(socket));
    if let Some((local, remote)) = addresses {
        for port in [local, remote].into_iter().flatten().map(|address| address.port()) {
            hash.number(u64::from(port));
        }
    }
    match trace.record_of(event)?.what {
        What::CallBegun { op, args, line, thread, .. } => {
            hash.number(op as u64).number(u64::from(line.unwrap_or(0))).number(u64::from(thread.0));
            hash.data(&args.data);
        }
        What::CallReturned { call, outcome, data, .. } => {
            hash.number(trace.call(call).map_or(0, |row| row.op as u64)).data(&data);
            match outcome {
                Outcome::Value(n) => hash.number(n as u64),
                Outcome::Errno(errno) => hash.number(u64::from(errno.0)),
                Outcome::Failed(text) => hash.bytes(text.as_bytes()),
            };
        }
        What::PacketSent { packet, .. }
        | What::PacketArrived { packet, .. }
        | What::PacketDropped { packet, .. }
        | What::PacketDuplicated { packet, .. }
        | What::PacketCorrupted { packet, .. }
        | What::PacketConsumed { packet, .. }
        | What::PacketIgnored { packet, .. } => {
            let row = trace.packet(packet)?;
            hash.number(u64::from(row.seq)).number(u64::from(row.ack)).number(u64::from(row.flags));
            hash.number(u64::from(row.payload_len)).number(u64::from(row.protocol));
            hash.number(u64::from(row.stream.0)).number(u64::from(row.source_port));
        }
        What::VarChange { var, new, .. } => {
            hash.number(var as u64).number(new as u64);
        }
        What::Timer { timer, .. } => {
            hash.number(timer as u64);
        }
        What::RuleFired { rule, .. } => {
            hash.bytes(rule.info().name.as_bytes());
        }
        What::FrameDecoded { start, end, .. } => {
            hash.number(start).number(end);
        }
        _ => return None,
    }
    Some(hash.0)
}
