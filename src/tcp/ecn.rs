//! Explicit congestion notification (RFC 3168): agreed on in the SYNs, echoed by the receiver, heeded by the sender.

use super::Connection;
use crate::packet::{Ecn, TcpFlags, TcpHeader};
use crate::probe::{Context, Probe};
use crate::rule::Rule;

/// Both roles of ECN.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct EcnState {
    /// A CE mark came: every ACK says ECE until CWR comes.
    echo: bool,
}

impl Connection {
    /// RFC 3168 section 6.1.1: an ECN-setup SYN has ECE and CWR, an ECN-setup SYN,ACK ECE alone.
    pub(crate) fn ecn_flags_of_syn(&self) -> TcpFlags {
        match (self.has_peer(), self.agreed.ecn) {
            (true, true) => TcpFlags::ECE,
            (true, false) => TcpFlags::NONE,
            (false, _) if self.config.features.ecn => TcpFlags::ECE | TcpFlags::CWR,
            (false, _) => TcpFlags::NONE,
        }
    }

    /// The peer's SYN asks for ECN. Linux agrees by default even where it would not ask (tcp_ecn = 2).
    pub(crate) fn agree_ecn_as_answerer(&mut self, seg: &TcpHeader) {
        let willing = self.config.features.ecn || self.config.personality.ecn_on_request;
        self.agreed.ecn = willing && seg.flags.ece() && seg.flags.cwr();
    }

    /// The peer's SYN,ACK answers our asking.
    pub(crate) fn agree_ecn_as_asker(&mut self, seg: &TcpHeader) {
        self.agreed.ecn = self.config.features.ecn && seg.flags.ece() && !seg.flags.cwr();
    }

    /// The receiver's part (RFC 3168 section 6.1.3).
    pub(crate) fn take_ecn<P: Probe>(
        &mut self,
        cx: &mut Context<'_, P>,
        seg: &TcpHeader,
        ecn: Ecn,
        has_text: bool,
    ) {
        if !self.agreed.ecn {
            return;
        }
        if seg.flags.cwr() {
            self.ecn.echo = false;
        }
        if ecn == Ecn::Ce && has_text {
            self.ecn.echo = true;
            self.ack.demand();
            self.tell(cx, Rule::EcnEcho);
        }
    }

    /// Flags and codepoint of an outgoing segment.
    pub(crate) fn mark_ecn(&mut self, flags: &mut TcpFlags, has_text: bool, retransmission: bool) -> Ecn {
        if !self.agreed.ecn {
            return Ecn::NotEct;
        }
        if self.ecn.echo {
            *flags |= TcpFlags::ECE;
        }
        // RFC 3168 section 6.1.4 and 6.1.5: neither pure ACKs nor retransmissions are ECN-capable.
        if !has_text || retransmission {
            return Ecn::NotEct;
        }
        if self.recovery.take_cwr() {
            *flags |= TcpFlags::CWR;
        }
        Ecn::Ect0
    }
}
