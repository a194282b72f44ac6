//! What the requirement tests share.

use crate::tcp_harness::*;
use framewire::packet::{TcpFlags, TcpHeader};
use framewire::probe::Var;
use framewire::seq::SeqNumber;
use framewire::tcp::{Config, CongestionAlgorithm};

/// The RFCs' behaviour without options, without congestion control, all segments acknowledged at once: nothing but
/// RFC 9293 is at work.
pub fn bare() -> Config {
    let mut config = Config::rfc();
    config.features.timestamps = false;
    config.features.window_scaling = false;
    config.features.sack = false;
    config.features.ecn = false;
    config.features.tail_loss_probe = false;
    config.personality.ecn_on_request = false;
    config.congestion = CongestionAlgorithm::None;
    config
}

/// [`bare`], established over a wire of 10 ms.
pub fn pair() -> Pair {
    Pair::established(bare(), ms(10))
}

/// A variable of end `who` as a sequence number.
pub fn seq(pair: &Pair, who: usize, var: Var) -> SeqNumber {
    SeqNumber(pair.ends[who].vars().get(var).unwrap_or(0) as u32)
}

/// A variable of end `who`.
pub fn var(pair: &Pair, who: usize, var: Var) -> i64 {
    pair.ends[who].vars().get(var).unwrap_or(i64::MIN)
}

/// The header of an ACK that end `who` would expect next: at RCV.NXT, acknowledging SND.UNA, its window 10,000.
pub fn next_to(pair: &Pair, who: usize) -> TcpHeader {
    let (src, dst) = if who == 0 { (80, 40000) } else { (40000, 80) };
    TcpHeader {
        src_port: src,
        dst_port: dst,
        seq: seq(pair, who, Var::RcvNxt),
        ack: seq(pair, who, Var::SndUna),
        flags: TcpFlags::ACK,
        window: 10_000,
        ..TcpHeader::default()
    }
}

/// As [`next_to`], acknowledging everything that end `who` has sent.
pub fn ack_to(pair: &Pair, who: usize) -> TcpHeader {
    TcpHeader { ack: seq(pair, who, Var::SndNxt), ..next_to(pair, who) }
}

/// The last segment that end `who` sent.
pub fn last_of(pair: &Pair, who: usize) -> Sent {
    pair.sent_by(who).last().map(|&sent| sent.clone()).expect("something was sent")
}

/// Cuts the wire from now on: segments are logged and go nowhere.
pub fn cut(pair: &mut Pair) {
    pair.filter = Some(Box::new(|_| false));
}

/// The wire is whole again.
pub fn mend(pair: &mut Pair) {
    pair.filter = None;
}
