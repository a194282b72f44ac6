//! Loss recovery and congestion control, as the sender consults them.

use super::Connection;
use super::sack::SackBlock;
use crate::packet::TcpHeader;
use crate::probe::{Context, Probe};
use crate::rule::Rule;

impl Connection {
    /// What an ACK says about what is under way.
    pub(crate) fn recover<P: Probe>(
        &mut self,
        _cx: &mut Context<'_, P>,
        _seg: &TcpHeader,
        _payload_len: usize,
        _advances: bool,
        _window_changed: bool,
    ) {
    }

    /// What is to be sent again next, if anything.
    pub(crate) fn next_retransmission<P: Probe>(
        &mut self,
        _cx: &mut Context<'_, P>,
        smss: u32,
    ) -> Option<SackBlock> {
        if self.config.breakage.no_retransmission {
            return None;
        }
        self.retransmission.board.next_lost(smss)
    }

    /// Why it is.
    pub(crate) fn retransmission_rule(&self) -> Rule {
        Rule::Retransmitted
    }

    /// Whether the congestion window has room for `len` more octets.
    pub(crate) fn congestion_lets<P: Probe>(&mut self, _cx: &mut Context<'_, P>, len: u32) -> bool {
        let _ = len;
        true
    }

    /// The application sends after a pause.
    pub(crate) fn sending_after_idle<P: Probe>(&mut self, _cx: &mut Context<'_, P>) {}

    pub(crate) fn tail_loss_probe_expires<P: Probe>(&mut self, _cx: &mut Context<'_, P>) {}

    pub(crate) fn rack_expires<P: Probe>(&mut self, _cx: &mut Context<'_, P>) {}

    /// The path takes smaller segments only: what is under way in larger ones is lost.
    pub(crate) fn shrink_segments<P: Probe>(&mut self, _cx: &mut Context<'_, P>) {
        if !self.snd.syn_outstanding() {
            self.retransmission.board.mark_all_lost();
        }
    }
}
