//! Proportional rate reduction (RFC 9937, which obsoletes RFC 6937): during recovery, what may be sent follows what
//! was delivered, so that the flight shrinks smoothly to ssthresh.

/// The sender's account in one recovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prr {
    /// prr_delivered: octets delivered since recovery began.
    delivered: u64,
    /// prr_out: octets sent since recovery began.
    out: u64,
    /// RecoverFS: what was in flight when it began.
    recover_fs: u64,
}

impl Prr {
    /// Recovery begins with `recover_fs` octets in flight (RFC 9937 section 6.1).
    pub fn new(recover_fs: u32) -> Self {
        Prr { delivered: 0, out: 0, recover_fs: u64::from(recover_fs.max(1)) }
    }

    /// An ACK delivered `delivered` octets (RFC 9937 section 6.2); `safe`: it advanced SND.UNA and indicated no further
    /// loss. Returns SndCnt, the octets that may be sent now beyond `in_flight`.
    pub fn on_ack(&mut self, delivered: u32, safe: bool, in_flight: u32, ssthresh: u32, smss: u32) -> u32 {
        self.delivered += u64::from(delivered);
        let mut count = if in_flight > ssthresh {
            // CEIL(prr_delivered * ssthresh / RecoverFS) - prr_out
            (self.delivered * u64::from(ssthresh)).div_ceil(self.recover_fs).saturating_sub(self.out)
        } else {
            // PRR-CRB: as much as was delivered; PRR-SSRB: one segment more on a safe ACK
            let mut count = self.delivered.saturating_sub(self.out).max(delivered.into());
            if safe {
                count += u64::from(smss);
            }
            count.min(u64::from(ssthresh - in_flight))
        };
        if self.out == 0 {
            // A fast retransmit on entering recovery, whatever the account says; a whole segment of it.
            count = count.max(smss.into());
        }
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// `octets` were sent, new or again (RFC 9937 section 6.3).
    pub fn on_sent(&mut self, octets: u32) {
        self.out += u64::from(octets);
    }

    /// prr_out.
    pub fn out(&self) -> u64 {
        self.out
    }

    /// prr_delivered.
    pub fn delivered(&self) -> u64 {
        self.delivered
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The conservation bounds: while the flight is above ssthresh no more is sent than the share ssthresh /
        /// RecoverFS of what was delivered (and a segment); below it never more than was delivered and one segment for
        /// each safe ACK; and in_flight + SndCnt never passes ssthresh from below.
        #[test]
        fn sends_no_more_than_was_delivered(
            ssthresh_share in 30u64..90,
            acks in prop::collection::vec((0u32..4, any::<bool>(), 0u32..3), 1..200),
        ) {
            let smss = 1000;
            let recover_fs = 100 * smss;
            let ssthresh = (u64::from(recover_fs) * ssthresh_share / 100) as u32;
            let mut prr = Prr::new(recover_fs);
            let mut in_flight = recover_fs;
            let mut bonus = u64::from(smss); // the first retransmission
            for (segments, safe, lost) in acks {
                let delivered = (segments * smss).min(in_flight);
                in_flight -= delivered;
                in_flight -= (lost * smss).min(in_flight);
                if delivered == 0 {
                    continue;
                }
                let above = in_flight > ssthresh;
                let first = prr.out() == 0;
                let count = prr.on_ack(delivered, safe, in_flight, ssthresh, smss);
                bonus += if safe { u64::from(smss) } else { 0 };
                if above && !first {
                    let share = (prr.delivered() * u64::from(ssthresh)).div_ceil(u64::from(recover_fs));
                    prop_assert!(u64::from(count) + prr.out() <= share.max(prr.out()));
                }
                if !above && !first {
                    prop_assert!(in_flight + count <= ssthresh);
                }
                // Whole segments, as a sender does.
                let sent = count / smss * smss;
                prr.on_sent(sent);
                in_flight += sent;
                prop_assert!(prr.out() <= prr.delivered() + bonus);
            }
        }
    }
}
