//! What a connection tells its application: events, and why calls fail.

use thiserror::Error;

/// Something the application may want to know; drawn by [`poll_event`](super::Connection::poll_event). Events of
/// one kind that were not yet drawn are one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Event {
    /// The handshake is complete.
    Connected,
    /// Data in order has arrived that was not announced before.
    Readable,
    /// The peer sends urgent data (RFC 9293 section 3.8.5: the application is told asynchronously).
    Urgent,
    /// There is room in the send buffer again after [`SendError::WouldBlock`], as much as [`SendLowWater`](super::SendLowWater) wants.
    Writable,
    /// The peer's FIN has come: after the data that is queued, `recv` returns 0.
    PeerClosed,
    /// ICMP reported a problem that may pass (RFC 9293 section 3.9.2.2); see
    /// [`soft_error`](super::Connection::soft_error).
    SoftError,
    /// R1 retransmissions of one segment have been sent (RFC 9293 section 3.8.3): the path may be broken.
    Struggling,
    /// The connection is over, with the error that [`error`](super::Connection::error) tells.
    Failed,
    /// The connection is CLOSED and may be forgotten.
    Closed,
}

impl Event {
    /// Every event, in the order in which pending ones are drawn.
    pub const ALL: &[Event] = &[
        Event::Connected,
        Event::Readable,
        Event::Urgent,
        Event::Writable,
        Event::PeerClosed,
        Event::SoftError,
        Event::Struggling,
        Event::Failed,
        Event::Closed,
    ];
}

/// The events not yet drawn: a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Events(u16);

impl Events {
    pub fn raise(&mut self, event: Event) {
        self.0 |= 1 << event as u16;
    }

    pub fn draw(&mut self) -> Option<Event> {
        let event = *Event::ALL.get(self.0.trailing_zeros() as usize)?;
        self.0 &= self.0 - 1;
        Some(event)
    }
}

/// Why a connection ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum ConnectionError {
    /// The peer answered our SYN with RST (ECONNREFUSED).
    #[error("connection refused")]
    Refused,
    /// The peer sent RST (ECONNRESET).
    #[error("connection reset")]
    Reset,
    /// No answer within the limits of RFC 9293 section 3.8.3, the keep-alive's or the user's (ETIMEDOUT).
    #[error("connection timed out")]
    TimedOut,
    /// Our application aborted it (ECONNABORTED).
    #[error("connection aborted")]
    Aborted,
    /// ICMP said that the port or protocol cannot be reached (RFC 9293 section 3.9.2.2; ECONNREFUSED on Linux).
    #[error("destination unreachable")]
    Unreachable,
}

/// Why `send` took nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SendError {
    /// The send buffer is full; wait for [`Event::Writable`] (EAGAIN).
    #[error("the send buffer is full")]
    WouldBlock,
    /// There is no connection (ENOTCONN; RFC 9293: "connection does not exist").
    #[error("not connected")]
    NotConnected,
    /// Our side has been closed (EPIPE; RFC 9293: "connection closing").
    #[error("the sending side is closed")]
    Closing,
    /// The connection is over.
    #[error(transparent)]
    Failed(#[from] ConnectionError),
}

/// Why `recv` returned nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RecvError {
    /// Nothing has arrived yet; wait for [`Event::Readable`] (EAGAIN).
    #[error("nothing to receive yet")]
    WouldBlock,
    /// There is no connection (ENOTCONN).
    #[error("not connected")]
    NotConnected,
    /// The connection is over.
    #[error(transparent)]
    Failed(#[from] ConnectionError),
}

/// Why `shutdown` or `close` was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CloseError {
    /// There is no connection (ENOTCONN).
    #[error("not connected")]
    NotConnected,
    /// It has been closed already (RFC 9293 section 3.10.4: "connection closing").
    #[error("already closing")]
    Closing,
}

/// Why a connection could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum OpenError {
    /// A SYN cannot go to this address: unspecified, broadcast or multicast (RFC 9293, MUST-46).
    #[error("cannot open a connection to {0}: not the address of one host")]
    RemoteAddress(std::net::IpAddr),
    /// A connection cannot come from this address (RFC 9293, MUST-46).
    #[error("cannot open a connection from {0}: not the address of one host")]
    LocalAddress(std::net::IpAddr),
    /// Port 0 names no port.
    #[error("port 0 cannot be connected to or from")]
    PortZero,
    /// The two addresses are not of the same IP version.
    #[error("local and remote address differ in IP version")]
    MixedVersions,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_once_and_in_order() {
        let mut events = Events::default();
        events.raise(Event::Closed);
        events.raise(Event::Connected);
        events.raise(Event::Connected);
        assert_eq!(events.draw(), Some(Event::Connected));
        assert_eq!(events.draw(), Some(Event::Closed));
        assert_eq!(events.draw(), None);
        for (i, &event) in Event::ALL.iter().enumerate() {
            assert_eq!(event as usize, i);
        }
    }
}
