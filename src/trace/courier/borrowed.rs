//! What records borrow, taken out of them and given back: so that they can be kept for a while without a copy of their own.

use std::net::IpAddr;
use std::slice;

use crate::trace::record::{Args, Data, Outcome, RoleRange, What};

/// Says for each thing that a record borrows what it shall borrow in its place. Each record asks in the same order always.
pub(super) trait Lend<'a, 'b> {
    fn octets(&mut self, octets: &'a [u8]) -> &'b [u8];
    fn text(&mut self, text: &'a str) -> &'b str;
    fn addresses(&mut self, addresses: &'a [IpAddr]) -> &'b [IpAddr];
    fn roles(&mut self, roles: &'a [RoleRange]) -> &'b [RoleRange];
}

impl<'a> What<'a> {
    /// The same, borrowed elsewhere.
    pub(super) fn lend<'b>(self, from: &mut impl Lend<'a, 'b>) -> What<'b> {
        match self {
            What::Host { host, name, addresses } => {
                What::Host { host, name: from.text(name), addresses: from.addresses(addresses) }
            }
            What::Program { program, host, name, language, source } => {
                let (name, language, source) = (from.text(name), from.text(language), from.text(source));
                What::Program { program, host, name, language, source }
            }
            What::Thread { thread, host, program, name } => {
                What::Thread { thread, host, program, name: from.text(name) }
            }
            What::Socket { socket, host, transport, local, remote, listener } => {
                What::Socket { socket, host, transport, local, remote, listener }
            }
            What::SocketNamed { socket, local, remote } => What::SocketNamed { socket, local, remote },
            What::CallBegun { call, host, thread, socket, op, args, line, parent } => {
                let Args { size, address, how, duration, text, data } = args;
                let (text, data) = (from.text(text), data.lend(from));
                let args = Args { size, address, how, duration, text, data };
                What::CallBegun { call, host, thread, socket, op, args, line, parent }
            }
            What::BytesAccepted { call, bytes } => What::BytesAccepted { call, bytes },
            What::CallReturned { call, outcome, data, address, socket, truncated } => {
                let outcome = match outcome {
                    Outcome::Value(value) => Outcome::Value(value),
                    Outcome::Errno(errno) => Outcome::Errno(errno),
                    Outcome::Failed(text) => Outcome::Failed(from.text(text)),
                };
                let data = data.lend(from);
                What::CallReturned { call, outcome, data, address, socket, truncated }
            }
            What::PacketSent { packet, host, socket, bytes, len, payload, rule, retransmission, parent } => {
                let bytes = from.octets(bytes);
                What::PacketSent { packet, host, socket, bytes, len, payload, rule, retransmission, parent }
            }
            What::PacketQueued { packet, behind, until } => What::PacketQueued { packet, behind, until },
            What::PacketDropped { packet, why } => What::PacketDropped { packet, why },
            What::PacketDuplicated { packet, copy } => What::PacketDuplicated { packet, copy },
            What::PacketCorrupted { packet, at, bytes } => {
                What::PacketCorrupted { packet, at, bytes: from.octets(bytes) }
            }
            What::PacketArrived { packet, host } => What::PacketArrived { packet, host },
            What::PacketConsumed { packet, socket, rule } => What::PacketConsumed { packet, socket, rule },
            What::PacketIgnored { packet, socket, rule } => What::PacketIgnored { packet, socket, rule },
            What::VarChange { socket, var, old, new, rule } => {
                What::VarChange { socket, var, old, new, rule }
            }
            What::Timer { socket, timer, change, rule } => What::Timer { socket, timer, change, rule },
            What::RuleFired { socket, rule } => What::RuleFired { socket, rule },
            What::FrameDecoded { socket, sent, framing, start, end, roles, error } => {
                let (framing, roles) = (from.text(framing), from.roles(roles));
                let error = error.map(|error| from.text(error));
                What::FrameDecoded { socket, sent, framing, start, end, roles, error }
            }
            What::StreamBytes { socket, sent, offset, data } => {
                What::StreamBytes { socket, sent, offset, data: data.lend(from) }
            }
            What::Command { text } => What::Command { text: from.text(text) },
            What::Note { text } => What::Note { text: from.text(text) },
            What::LimitReached { limit, value } => What::LimitReached { limit, value },
            What::Lost { events } => What::Lost { events },
            What::Clock { epoch_nanos } => What::Clock { epoch_nanos },
        }
    }
}

impl<'a> Data<'a> {
    fn lend<'b>(self, from: &mut impl Lend<'a, 'b>) -> Data<'b> {
        match self {
            Data::Bytes(octets) => Data::Bytes(from.octets(octets)),
            Data::Repeat { unit, phase, len } => Data::Repeat { unit: from.octets(unit), phase, len },
            Data::FromStream { len } => Data::FromStream { len },
            Data::Unknown { len } => Data::Unknown { len },
        }
    }
}

/// What records borrowed, copied in the order in which they said it.
#[derive(Debug, Default)]
pub(super) struct Borrowed {
    /// How long the next of it is.
    lens: Vec<usize>,
    octets: Vec<u8>,
    texts: String,
    addresses: Vec<IpAddr>,
    roles: Vec<RoleRange>,
}

impl Borrowed {
    /// How many octets.
    pub(super) fn len(&self) -> usize {
        self.octets.len() + self.texts.len()
    }

    /// All of it, to be given back from the first on.
    pub(super) fn give(&self) -> Give<'_> {
        Give {
            lens: self.lens.iter(),
            octets: &self.octets,
            texts: &self.texts,
            addresses: &self.addresses,
            roles: &self.roles,
        }
    }

    pub(super) fn clear(&mut self) {
        let Borrowed { lens, octets, texts, addresses, roles } = self;
        lens.clear();
        octets.clear();
        texts.clear();
        addresses.clear();
        roles.clear();
    }
}

/// Copies what is borrowed.
impl Lend<'_, 'static> for Borrowed {
    fn octets(&mut self, octets: &[u8]) -> &'static [u8] {
        self.lens.push(octets.len());
        self.octets.extend_from_slice(octets);
        &[]
    }

    fn text(&mut self, text: &str) -> &'static str {
        self.lens.push(text.len());
        self.texts.push_str(text);
        ""
    }

    fn addresses(&mut self, addresses: &[IpAddr]) -> &'static [IpAddr] {
        self.lens.push(addresses.len());
        self.addresses.extend_from_slice(addresses);
        &[]
    }

    fn roles(&mut self, roles: &[RoleRange]) -> &'static [RoleRange] {
        self.lens.push(roles.len());
        self.roles.extend_from_slice(roles);
        &[]
    }
}

/// What is left of it for the records to come.
pub(super) struct Give<'b> {
    lens: slice::Iter<'b, usize>,
    octets: &'b [u8],
    texts: &'b str,
    addresses: &'b [IpAddr],
    roles: &'b [RoleRange],
}

impl Give<'_> {
    fn len(&mut self) -> usize {
        self.lens.next().copied().unwrap_or(0)
    }
}

/// Cuts off the first `len` of them.
fn first<'b, T>(all: &mut &'b [T], len: usize) -> &'b [T] {
    all.split_off(..len).unwrap_or_default()
}

/// Gives it back.
impl<'b> Lend<'static, 'b> for Give<'b> {
    fn octets(&mut self, _: &[u8]) -> &'b [u8] {
        let len = self.len();
        first(&mut self.octets, len)
    }

    fn text(&mut self, _: &str) -> &'b str {
        let len = self.len();
        let (text, rest) = self.texts.split_at_checked(len).unwrap_or_default();
        self.texts = rest;
        text
    }

    fn addresses(&mut self, _: &[IpAddr]) -> &'b [IpAddr] {
        let len = self.len();
        first(&mut self.addresses, len)
    }

    fn roles(&mut self, _: &[RoleRange]) -> &'b [RoleRange] {
        let len = self.len();
        first(&mut self.roles, len)
    }
}
