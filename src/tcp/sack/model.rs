//! The scoreboard against a model that keeps every octet by itself and evaluates the RFCs' sentences literally.

use super::{RackClock, SackBlock, Scoreboard};
use crate::seq::SeqNumber;
use crate::time::{Duration, Instant};
use proptest::prelude::*;

const SMSS: u32 = 4;
const DUP_THRESH: u32 = 3;

#[derive(Clone, Copy, Debug, Default)]
struct Octet {
    sent_at: u64,
    /// After the segment, as an offset from the ISS: RACK breaks ties by it.
    end: u32,
    sacked: bool,
    lost: bool,
    retransmitted: bool,
    ever: bool,
}

/// Octets from SND.UNA on.
#[derive(Debug, Default)]
struct Model {
    una: u32,
    octets: Vec<Octet>,
}

impl Model {
    fn at(&mut self, offset: u32) -> &mut Octet {
        &mut self.octets[(offset - self.una) as usize]
    }

    /// RFC 6675 section 4, SetPipe, octet by octet.
    fn pipe(&self) -> u32 {
        let count = |o: &Octet| if o.sacked { 0 } else { u32::from(!o.lost) + u32::from(o.retransmitted) };
        self.octets.iter().map(count).sum()
    }

    /// RFC 6675 section 4, IsLost, for the octet at `i`.
    fn is_lost(&self, i: usize) -> bool {
        let above = &self.octets[i + 1..];
        let octets = above.iter().filter(|o| o.sacked).count() as u32;
        let begins = |j: usize| above[j].sacked && (j == 0 || !above[j - 1].sacked);
        let pieces = (0..above.len()).filter(|&j| begins(j)).count() as u32;
        pieces >= DUP_THRESH || octets > (DUP_THRESH - 1) * SMSS
    }

    /// RFC 8985 section 6.2, RACK_detect_loss: octets newly lost, and the greatest time that remains.
    fn rack_detect(&mut self, sent_at: u64, end: u32, patience: u64, now: u64) -> (u32, Option<u64>) {
        let (mut lost, mut remaining) = (0, None);
        for o in &mut self.octets {
            let awaits = o.lost && !o.retransmitted;
            if o.sacked || awaits || !(sent_at > o.sent_at || (sent_at == o.sent_at && end > o.end)) {
                continue;
            }
            if o.sent_at + patience <= now {
                (o.lost, o.retransmitted) = (true, false);
                lost += 1;
            } else {
                remaining = remaining.max(Some(o.sent_at + patience - now));
            }
        }
        (lost, remaining)
    }
}

#[derive(Clone, Debug)]
enum Step {
    Send(u32),
    Ack(u32),
    Sack(Vec<(u32, u32)>),
    CountLosses,
    Rack(u64, bool),
    RetransmitLost,
    RetransmitHole,
    Timeout,
    Overdue(u64),
    Expunge,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1u32..=SMSS).prop_map(Step::Send),
        2 => (0u32..12).prop_map(Step::Ack),
        6 => prop::collection::vec((0u32..60, 1u32..8), 1..4).prop_map(Step::Sack),
        3 => Just(Step::CountLosses),
        3 => (0u64..12, any::<bool>()).prop_map(|(patience, last)| Step::Rack(patience, last)),
        4 => Just(Step::RetransmitLost),
        1 => Just(Step::RetransmitHole),
        1 => Just(Step::Timeout),
        1 => (0u64..20).prop_map(Step::Overdue),
        1 => Just(Step::Expunge),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(crate::tcp::sack::model::cases()))]

    #[test]
    fn the_scoreboard_agrees_with_octets(
        iss in prop_oneof![Just(u32::MAX - 20), any::<u32>()],
        steps in prop::collection::vec(step(), 1..120),
    ) {
        let mut board = Scoreboard::new(SeqNumber(iss), usize::MAX);
        let mut model = Model::default();
        // What was delivered last: RACK's segment.
        let mut latest: Option<(u64, u32)> = None;
        let seq = |offset: u32| SeqNumber(iss) + offset;
        let offset = |seq: SeqNumber| seq.0.wrapping_sub(iss);
        for (now, step) in (1u64..).zip(steps) {
            let at = Instant::from_nanos(now);
            let nxt = model.una + model.octets.len() as u32;
            let mut delivered = Vec::new();
            match step {
                Step::Send(len) => {
                    board.on_sent(len, at);
                    let octet = Octet { sent_at: now, end: nxt + len, ..Octet::default() };
                    model.octets.extend((0..len).map(|_| octet));
                }
                Step::Ack(len) => {
                    let ack = (model.una + len).min(nxt);
                    let acked = board.ack(seq(ack), |s| delivered.push((s.sent_at.as_nanos(), offset(s.end()))));
                    let gone: Vec<Octet> = model.octets.drain(..(ack - model.una) as usize).collect();
                    model.una = ack;
                    prop_assert_eq!(acked.bytes as usize, gone.len());
                    prop_assert_eq!(acked.delivered as usize, gone.iter().filter(|o| !o.sacked).count());
                    prop_assert_eq!(acked.ambiguous, gone.iter().any(|o| o.ever));
                }
                Step::Sack(blocks) => {
                    let blocks: Vec<(u32, u32)> =
                        blocks.iter().map(|&(l, n)| (model.una + l, model.una + l + n)).filter(|b| b.1 <= nxt).collect();
                    let wire: Vec<_> = blocks.iter().map(|&(l, r)| (seq(l), seq(r))).collect();
                    let mut new = 0;
                    for (i, &(l, r)) in blocks.iter().enumerate() {
                        let within = |b: &(u32, u32)| b.0 <= l && r <= b.1;
                        if i == 0 && (r <= model.una || blocks.get(1).is_some_and(within)) {
                            continue;
                        }
                        for x in l..r {
                            new += u32::from(!model.at(x).sacked);
                            model.at(x).sacked = true;
                        }
                    }
                    let sacked = board.sack(seq(model.una), &wire, |s| {
                        delivered.push((s.sent_at.as_nanos(), offset(s.end())));
                    });
                    prop_assert_eq!(sacked.bytes, new);
                }
                Step::CountLosses => {
                    let before = model.octets.clone();
                    let mut lost = 0;
                    for (i, o) in before.iter().enumerate() {
                        if !o.sacked && !o.lost && model.is_lost(i) {
                            model.octets[i].lost = true;
                            lost += 1;
                        }
                    }
                    prop_assert_eq!(board.mark_lost_by_count(DUP_THRESH, SMSS), lost);
                }
                Step::Rack(patience, last) => {
                    if let Some((sent_at, end)) = latest {
                        // Segments are cut where blocks end; ties in time are broken by where they end now.
                        for s in board.segments() {
                            for x in offset(s.seq)..offset(s.end()) {
                                model.at(x).end = offset(s.end());
                            }
                        }
                        let end = if last { end } else { end.min(nxt) };
                        let clock = RackClock {
                            sent_at: Instant::from_nanos(sent_at), end: seq(end), patience: Duration::from_nanos(patience),
                        };
                        let found = board.rack_detect(&clock, at);
                        let (lost, remaining) = model.rack_detect(sent_at, end, patience, now);
                        prop_assert_eq!(found.lost, lost);
                        prop_assert_eq!(found.remaining.map(Duration::as_nanos), remaining);
                    }
                }
                Step::RetransmitLost => {
                    let first = model.octets.iter().position(|o| o.lost && !o.retransmitted && !o.sacked);
                    let block = board.next_lost(SMSS);
                    prop_assert_eq!(block.map(|b| offset(b.left)), first.map(|i| model.una + i as u32));
                    if let Some(block) = block {
                        prop_assert!(block.len() <= SMSS && !block.is_empty());
                        retransmit(&mut board, &mut model, block, offset, at);
                    }
                }
                Step::RetransmitHole => {
                    if let Some(block) = board.next_hole(SMSS) {
                        let top = model.octets.iter().rposition(|o| o.sacked).unwrap_or(0) as u32 + model.una;
                        let (l, r) = (offset(block.left), offset(block.right));
                        prop_assert!(r <= top && (l..r).all(|x| !model.at(x).sacked));
                        retransmit(&mut board, &mut model, block, offset, at);
                    }
                }
                Step::Timeout => {
                    board.mark_all_lost();
                    for o in model.octets.iter_mut().filter(|o| !o.sacked) {
                        (o.lost, o.retransmitted) = (true, false);
                    }
                }
                Step::Overdue(patience) => {
                    let first_end = board.first().map_or(0, |s| offset(s.end()));
                    board.mark_overdue_lost(at, Duration::from_nanos(patience));
                    let una = model.una;
                    for (x, o) in (una..).zip(&mut model.octets).filter(|(_, o)| !o.sacked) {
                        if x < first_end || o.sent_at + patience <= now {
                            (o.lost, o.retransmitted) = (true, false);
                        }
                    }
                }
                Step::Expunge => {
                    board.expunge();
                    for o in model.octets.iter_mut().filter(|o| o.sacked) {
                        (o.sacked, o.lost) = (false, false);
                    }
                }
            }
            latest = latest.into_iter().chain(delivered).max();
            // The sums, each against a count.
            prop_assert_eq!(board.pipe(), model.pipe());
            prop_assert_eq!(board.flight() as usize, model.octets.len());
            let count = |f: &dyn Fn(&Octet) -> bool| model.octets.iter().filter(|o| f(o)).count() as u32;
            prop_assert_eq!(board.sacked_bytes(), count(&|o| o.sacked));
            prop_assert_eq!(board.lost_bytes(), count(&|o| o.lost && !o.sacked));
            prop_assert_eq!(board.awaiting_bytes(), count(&|o| o.lost && !o.sacked && !o.retransmitted));
            // The segments cover SND.UNA..SND.NXT without a gap and agree octet by octet.
            let mut x = model.una;
            for s in board.segments() {
                prop_assert_eq!(offset(s.seq), x);
                prop_assert!(s.len > 0);
                for _ in 0..s.len {
                    let o = *model.at(x);
                    prop_assert_eq!((s.is_sacked(), s.was_ever_retransmitted()), (o.sacked, o.ever));
                    prop_assert!(o.sacked || (s.is_lost(), s.is_retransmitted()) == (o.lost, o.retransmitted));
                    x += 1;
                }
            }
            prop_assert_eq!(offset(board.nxt()), x);
            prop_assert_eq!(board.sacked_segments() as usize, board.segments().filter(|s| s.is_sacked()).count());
        }
    }
}

fn retransmit(
    board: &mut Scoreboard,
    model: &mut Model,
    block: SackBlock,
    offset: impl Fn(SeqNumber) -> u32,
    at: Instant,
) {
    board.on_retransmitted(block, false, at);
    let (l, r) = (offset(block.left), offset(block.right));
    for x in l..r {
        let o = model.at(x);
        (o.retransmitted, o.ever, o.sent_at) = (true, true, at.as_nanos());
    }
}

/// How many cases the model test runs: a few hundred, or what FRAMEWIRE_CASES says for a campaign.
pub(crate) fn cases() -> u32 {
    std::env::var("FRAMEWIRE_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(512)
}
