//! The network between the hosts, by direction, and what is done to single packets.

use super::node::{Blank, blank_is_default, names, object};
use crate::sim::units::{Chance, Rate, Size, Span};

/// The network: every packet from one host to another meets these impairments, in this order: queue and rate, loss,
/// corruption, duplication, latency with jitter.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Network {
    /// One-way travel time; 20 ms when missing.
    pub latency: Option<Span>,
    /// Random addition to the latency, evenly from 0 to this.
    pub jitter: Option<Span>,
    /// Whether jitter may bring packets out of order; by default their order is kept.
    pub jitter_reorders: Option<bool>,
    /// Bits in a second; unlimited when missing.
    pub rate: Option<Rate>,
    /// The queue before the link; needs a rate.
    pub queue: Option<Queue>,
    /// Share of packets lost at random.
    pub loss: Option<Chance>,
    /// Mean length of a burst of losses in packets (Gilbert-Elliott); losses are independent when missing.
    pub loss_burst: Option<f64>,
    /// Share of packets that arrive twice.
    pub duplicate: Option<Chance>,
    /// Share of packets that are overtaken by later ones.
    pub reorder: Option<Chance>,
    /// Extra delay of a packet that is overtaken; one latency when missing.
    pub reorder_by: Option<Span>,
    /// Share of packets with one bit turned.
    pub corrupt: Option<Chance>,
    /// Largest packet in octets, IP header included; 1500 when missing.
    pub mtu: Option<u32>,
    /// What differs in one direction.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub directions: Vec<Direction>,
    /// A narrow place, through which all packets from and to one host pass.
    pub bottleneck: Option<Bottleneck>,
    /// What is done to single packets.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub script: Vec<ScriptedAction>,
}

blank_is_default!(Network, Bottleneck, Queue, Direction);
object!(Network {
    latency,
    jitter,
    jitter_reorders,
    rate,
    queue,
    loss,
    loss_burst,
    duplicate,
    reorder,
    reorder_by,
    corrupt,
    mtu,
    directions,
    bottleneck,
    script,
});

/// A link between two routers. On one side of it stands the host `before`, on the other side all the others; each is
/// joined to its router as the network says. What is missing is unlimited, and takes no time.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Bottleneck {
    /// The host that stands behind it.
    pub before: String,
    /// One-way travel time of this link.
    pub latency: Option<Span>,
    /// Bits in a second.
    pub rate: Option<Rate>,
    /// The queue before it; needs a rate.
    pub queue: Option<Queue>,
    /// Share of packets lost at random.
    pub loss: Option<Chance>,
    /// Largest packet in octets, IP header included; 1500 when missing.
    pub mtu: Option<u32>,
    /// The routers say nothing by ICMP: too large a packet vanishes without a word.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub silent: bool,
}

object!(Bottleneck { before: needed, latency, rate, queue, loss, mtu, silent });

/// The drop-tail queue before a link of limited rate; both limits hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Queue {
    /// Room in packets.
    pub packets: Option<u32>,
    /// Room in octets.
    pub bytes: Option<Size>,
    /// Marks packets that find more than this many octets queued, where the endpoints speak ECN (RFC 3168).
    pub mark: Option<Size>,
}

object!(Queue { packets, bytes, mark });

/// Impairments of one direction; a missing one is as the network's.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Direction {
    /// Packets from this host; every host when missing.
    pub from: Option<String>,
    /// Packets to this host; every host when missing.
    pub to: Option<String>,
    /// One-way travel time.
    pub latency: Option<Span>,
    /// Random addition to the latency, evenly from 0 to this.
    pub jitter: Option<Span>,
    /// Whether jitter may bring packets out of order.
    pub jitter_reorders: Option<bool>,
    /// Bits in a second.
    pub rate: Option<Rate>,
    /// The queue before the link.
    pub queue: Option<Queue>,
    /// Share of packets lost at random.
    pub loss: Option<Chance>,
    /// Mean length of a burst of losses in packets.
    pub loss_burst: Option<f64>,
    /// Share of packets that arrive twice.
    pub duplicate: Option<Chance>,
    /// Share of packets that are overtaken by later ones.
    pub reorder: Option<Chance>,
    /// Extra delay of a packet that is overtaken.
    pub reorder_by: Option<Span>,
    /// Share of packets with one bit turned.
    pub corrupt: Option<Chance>,
    /// Largest packet in octets, IP header included.
    pub mtu: Option<u32>,
}

object!(Direction {
    from,
    to,
    latency,
    jitter,
    jitter_reorders,
    rate,
    queue,
    loss,
    loss_burst,
    duplicate,
    reorder,
    reorder_by,
    corrupt,
    mtu,
});

/// Which packets a scripted action means, by what they carry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename_all = "kebab-case"))]
pub enum What {
    /// Every packet.
    #[default]
    Any,
    /// TCP segments and UDP datagrams with payload.
    Data,
    /// SYN without ACK.
    Syn,
    /// SYN with ACK.
    SynAck,
    /// ACK alone: no payload, no SYN, FIN or RST.
    Ack,
    /// FIN, with or without payload.
    Fin,
    /// RST.
    Rst,
    /// A segment whose octets were sent before.
    Retransmission,
    /// A fragment of an IP packet.
    Fragment,
    /// An ICMP message.
    Icmp,
}

names!(What {
    Any = "any", Data = "data", Syn = "syn", SynAck = "syn-ack", Ack = "ack", Fin = "fin", Rst = "rst",
    Retransmission = "retransmission", Fragment = "fragment", Icmp = "icmp",
});

/// What a scripted action does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename_all = "kebab-case"))]
pub enum Act {
    /// Loses the packet.
    Drop,
    /// Holds it back `by` a time.
    Delay,
    /// Lets a second copy arrive, `by` later.
    Duplicate,
    /// Turns a bit of it.
    Corrupt,
    /// Lets a copy of it arrive `at` a time of the run (an old duplicate).
    Replay,
}

names!(Act {
    Drop = "drop", Delay = "delay", Duplicate = "duplicate", Corrupt = "corrupt", Replay = "replay",
});

/// "Lose the client's 2nd data segment": what is done to which packet.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct ScriptedAction {
    /// What is done.
    #[cfg_attr(feature = "schema", schemars(rename = "do"))]
    pub act: Act,
    /// Only packets from this host.
    pub from: Option<String>,
    /// Only packets to this host.
    pub to: Option<String>,
    /// Only packets of this kind.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub what: What,
    /// The nth that matches, from 1; every one when missing.
    pub nth: Option<u32>,
    /// Only packets sent after this time of the run.
    pub after: Option<Span>,
    /// How much later, for `delay` and `duplicate`.
    pub by: Option<Span>,
    /// When, for `replay`.
    pub at: Option<Span>,
}

impl Blank for ScriptedAction {
    fn blank() -> Self {
        ScriptedAction {
            act: Act::Drop,
            from: None,
            to: None,
            what: What::Any,
            nth: None,
            after: None,
            by: None,
            at: None,
        }
    }
}
object!(ScriptedAction { act as "do": needed, from, to, what, nth, after, by, at });

/// Whether packets keep their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// They do.
    Kept,
    /// Jitter may turn it.
    Free,
}

/// The impairments that hold in one direction, the network's and the directions' merged.
#[derive(Clone, Debug, PartialEq)]
pub struct Impairments {
    /// One-way travel time.
    pub latency: Span,
    /// Random addition to it.
    pub jitter: Span,
    /// Whether jitter may bring packets out of order.
    pub order: Order,
    /// Bits in a second.
    pub rate: Option<Rate>,
    /// The queue before the link.
    pub queue: Queue,
    /// Share of packets lost at random.
    pub loss: f64,
    /// Mean length of a burst of losses in packets.
    pub loss_burst: Option<f64>,
    /// Share of packets that arrive twice.
    pub duplicate: f64,
    /// Share of packets that are overtaken.
    pub reorder: f64,
    /// Extra delay of those.
    pub reorder_by: Span,
    /// Share of packets with one bit turned.
    pub corrupt: f64,
    /// Largest packet in octets.
    pub mtu: u32,
}

impl Network {
    /// What holds for packets from host `from` to host `to`: the network's values, then every direction that
    /// matches, the later over the earlier.
    pub fn between(&self, from: &str, to: &str) -> Impairments {
        let base = Direction {
            from: None,
            to: None,
            latency: self.latency,
            jitter: self.jitter,
            jitter_reorders: self.jitter_reorders,
            rate: self.rate,
            queue: self.queue.clone(),
            loss: self.loss,
            loss_burst: self.loss_burst,
            duplicate: self.duplicate,
            reorder: self.reorder,
            reorder_by: self.reorder_by,
            corrupt: self.corrupt,
            mtu: self.mtu,
        };
        let mut all = vec![&base];
        all.extend(self.directions.iter().filter(|direction| {
            direction.from.as_deref().is_none_or(|name| name == from)
                && direction.to.as_deref().is_none_or(|name| name == to)
        }));
        fn last<T>(all: &[&Direction], get: impl Fn(&Direction) -> Option<T>) -> Option<T> {
            all.iter().rev().find_map(|direction| get(direction))
        }
        let all = &all[..];
        let share = |chance: Option<Chance>| chance.unwrap_or_default().0;
        let latency = last(all, |d| d.latency).unwrap_or(Span(crate::time::Duration::from_millis(20)));
        Impairments {
            latency,
            jitter: last(all, |d| d.jitter).unwrap_or_default(),
            order: match last(all, |d| d.jitter_reorders) {
                Some(true) => Order::Free,
                _ => Order::Kept,
            },
            rate: last(all, |d| d.rate),
            queue: last(all, |d| d.queue.clone()).unwrap_or_default(),
            loss: share(last(all, |d| d.loss)),
            loss_burst: last(all, |d| d.loss_burst),
            duplicate: share(last(all, |d| d.duplicate)),
            reorder: share(last(all, |d| d.reorder)),
            reorder_by: last(all, |d| d.reorder_by).unwrap_or(latency),
            corrupt: share(last(all, |d| d.corrupt)),
            mtu: last(all, |d| d.mtu).unwrap_or(1500),
        }
    }
}
