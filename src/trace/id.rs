//! The names that records give to things: small numbers, one type for each kind of thing.
//!
//! Whoever records (the simulation, a recorder, an import) chooses the numbers and counts each kind up from 0, so that a
//! trace can find things by index. Gaps are harmless. [`EventId`], [`ConnectionId`] and [`StreamId`] are given by the
//! trace itself.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident($inner:ty);)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub struct $name(pub $inner);

            impl $name {
                /// What stands in a column for "none". No thing may carry it.
                pub const NONE: $name = $name(<$inner>::MAX);

                /// The number as an index.
                pub const fn index(self) -> usize {
                    self.0 as usize
                }

                /// `None` for [`Self::NONE`], which is how columns say it.
                pub const fn known(self) -> Option<$name> {
                    if self.0 == <$inner>::MAX { None } else { Some(self) }
                }
            }
        )*
    };
}

ids! {
    /// A host: one lifeline of the ladder.
    HostId(u16);
    /// A program that runs on a host.
    ProgramId(u32);
    /// A thread of a program.
    ThreadId(u32);
    /// A socket.
    SocketId(u32);
    /// One socket call, from its begin to its return.
    CallId(u32);
    /// One IP packet on its way. A retransmission, a fragment and a duplicate are packets of their own.
    PacketId(u32);
    /// A pair of endpoints that talk: a TCP connection or a UDP flow. Two [streams](StreamId).
    ConnectionId(u32);
    /// One direction of a connection: `2 n` is what the client of connection `n` sends, `2 n + 1` what its server sends.
    StreamId(u32);
    /// The ordinal number of an event: the first record of a trace is event 0.
    EventId(u32);
}

impl ConnectionId {
    /// What the client sends (`side` = [`Side::Client`]) or what the server sends.
    pub const fn stream(self, side: Side) -> StreamId {
        StreamId(self.0 * 2 + side as u32)
    }
}

impl StreamId {
    /// The connection that it is a direction of.
    pub const fn connection(self) -> ConnectionId {
        ConnectionId(self.0 / 2)
    }

    /// Who sends it.
    pub const fn side(self) -> Side {
        if self.0.is_multiple_of(2) { Side::Client } else { Side::Server }
    }

    /// The other direction of the same connection.
    pub const fn reverse(self) -> StreamId {
        StreamId(self.0 ^ 1)
    }
}

/// The two ends of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Side {
    /// Who opened the connection (sent the SYN, called connect(), sent the first datagram).
    Client = 0,
    /// Who was called.
    Server = 1,
}

impl Side {
    /// The other end.
    pub const fn other(self) -> Side {
        match self {
            Side::Client => Side::Server,
            Side::Server => Side::Client,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_knows_its_connection_and_side() {
        let stream = ConnectionId(3).stream(Side::Server);
        assert_eq!(
            (stream, stream.connection(), stream.side()),
            (StreamId(7), ConnectionId(3), Side::Server)
        );
        assert_eq!(stream.reverse(), ConnectionId(3).stream(Side::Client));
        assert_eq!(EventId::NONE.known(), None);
        assert_eq!(EventId(0).known(), Some(EventId(0)));
    }
}
