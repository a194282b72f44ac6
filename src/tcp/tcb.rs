//! The transmission control block: the variables of RFC 9293 section 3.3.1, and the sums over them.

use crate::seq::SeqNumber;
use crate::time::Instant;

/// What we send.
#[derive(Clone, Debug, Default)]
pub(crate) struct SendSpace {
    /// Initial send sequence number.
    pub iss: SeqNumber,
    /// Oldest unacknowledged sequence number.
    pub una: SeqNumber,
    /// Next sequence number to send that was never sent.
    pub nxt: SeqNumber,
    /// The peer's window, in octets from `una` as of the segment that brought it.
    pub wnd: u32,
    /// Largest window the peer ever offered (RFC 5961 section 5.2, RFC 9293 section 3.8.6.2.1).
    pub max_wnd: u32,
    /// SEG.SEQ of the last window update.
    pub wl1: SeqNumber,
    /// SEG.ACK of the last window update.
    pub wl2: SeqNumber,
    /// Stream offset after the urgent data, while some is unsent or unacknowledged (SND.UP).
    pub urgent: Option<u64>,
    /// The peer's window scale (Snd.Wind.Shift).
    pub scale: u8,
    /// The peer's MSS option, or the default (RFC 9293 section 3.7.1, MUST-15).
    pub mss: u16,
    /// Our SYN goes out first: stream offset 0 is `iss + 1`. The FIN follows the last octet once `fin_queued`.
    pub fin_queued: bool,
    /// The FIN was sent at least once.
    pub fin_sent: bool,
    /// End of the last segment that was sent smaller than full (Minshall).
    pub small_end: SeqNumber,
}

/// What we receive.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReceiveSpace {
    /// Initial receive sequence number.
    pub irs: SeqNumber,
    /// Next sequence number expected.
    pub nxt: SeqNumber,
    /// Right edge of the window as the peer knows it: RCV.NXT + RCV.WND when it was told. Never moves left (SHLD-14).
    pub edge: SeqNumber,
    /// Stream offset after the urgent data the peer announced (RCV.UP), until the application has read past it.
    pub urgent: Option<u64>,
    /// Our window scale (Rcv.Wind.Shift).
    pub scale: u8,
    /// ACK field of the last segment sent (RFC 7323 section 4.3: Last.ACK.sent).
    pub last_ack: SeqNumber,
    /// Stream offset of the peer's FIN, when it came before data that precedes it.
    pub fin_at: Option<u64>,
    /// Largest segment text seen: what a full-sized segment of the peer is taken to be (RMSS).
    pub mss: u32,
    /// When text last arrived.
    pub last_text: Option<Instant>,
}

impl SendSpace {
    /// Starts at `iss`, nothing sent.
    pub fn start(&mut self, iss: SeqNumber) {
        (self.iss, self.una, self.nxt, self.small_end) = (iss, iss, iss, iss);
    }

    /// Our SYN has been sent and not yet been acknowledged.
    pub fn syn_outstanding(&self) -> bool {
        self.una == self.iss && self.nxt != self.iss
    }

    /// The sequence number of stream offset `offset`.
    pub fn seq_at(&self, offset: u64) -> SeqNumber {
        self.iss + 1 + offset as u32
    }

    /// Sequence numbers sent and not acknowledged (FlightSize, SYN and FIN counted).
    pub fn in_flight(&self) -> u32 {
        self.nxt.0.wrapping_sub(self.una.0)
    }

    /// Right edge of the peer's window.
    pub fn edge(&self) -> SeqNumber {
        self.una + self.wnd
    }
}

impl ReceiveSpace {
    /// RCV.WND: what the peer may still send.
    pub fn wnd(&self) -> u32 {
        self.edge.0.wrapping_sub(self.nxt.0)
    }

    /// Starts after the peer's SYN.
    pub fn start(&mut self, irs: SeqNumber) {
        (self.irs, self.nxt, self.edge, self.last_ack) = (irs, irs + 1, irs + 1, irs);
    }
}
