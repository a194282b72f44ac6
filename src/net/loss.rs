//! Loss by chance: independent, or in bursts.

use crate::rng::Rng;

/// How a link loses packets.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Loss {
    /// It does not.
    #[default]
    None,
    /// Each packet with this probability, independently of the others.
    Random(f64),
    /// The Gilbert-Elliott model: the link is in a good or a bad state, each with its own loss, and changes between them
    /// with every packet.
    GilbertElliott {
        /// Probability of turning bad, for each packet in the good state.
        turns_bad: f64,
        /// Probability of turning good again, for each packet in the bad state.
        turns_good: f64,
        /// Loss while good.
        loss_good: f64,
        /// Loss while bad.
        loss_bad: f64,
    },
}

impl Loss {
    /// The Gilbert model with this share of lost packets in the long run, in bursts of this mean length: good loses none,
    /// bad loses all. A mean of 1 or less gives independent loss.
    pub fn bursts(share: f64, mean_length: f64) -> Loss {
        let share = share.clamp(0.0, 1.0);
        if mean_length <= 1.0 || share == 0.0 || share == 1.0 || mean_length.is_nan() {
            return Loss::Random(share);
        }
        let turns_good = 1.0 / mean_length;
        let turns_bad = (turns_good * share / (1.0 - share)).min(1.0);
        Loss::GilbertElliott { turns_bad, turns_good, loss_good: 0.0, loss_bad: 1.0 }
    }

    /// The share of packets lost in the long run.
    pub fn share(&self) -> f64 {
        match *self {
            Loss::None => 0.0,
            Loss::Random(p) => p.clamp(0.0, 1.0),
            Loss::GilbertElliott { turns_bad, turns_good, loss_good, loss_bad } => {
                let bad =
                    if turns_bad + turns_good == 0.0 { 0.0 } else { turns_bad / (turns_bad + turns_good) };
                bad * loss_bad + (1.0 - bad) * loss_good
            }
        }
    }

    /// Whether the next packet is lost; `bad` is the link's state.
    #[cfg_attr(not(target_arch = "wasm32"), inline)]
    pub(super) fn loses(&self, bad: &mut bool, rng: &mut Rng) -> bool {
        match *self {
            Loss::None => false,
            Loss::Random(p) => rng.chance(p),
            Loss::GilbertElliott { turns_bad, turns_good, loss_good, loss_bad } => {
                let turns = rng.chance(if *bad { turns_good } else { turns_bad });
                *bad ^= turns;
                rng.chance(if *bad { loss_bad } else { loss_good })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(loss: Loss, packets: usize) -> (f64, f64) {
        let (mut rng, mut bad) = (Rng::new(11), false);
        let lost: Vec<bool> = (0..packets).map(|_| loss.loses(&mut bad, &mut rng)).collect();
        let count = lost.iter().filter(|&&l| l).count() as f64;
        let bursts = 1 + lost.windows(2).filter(|pair| !pair[0] && pair[1]).count();
        (count / packets as f64, count / bursts as f64)
    }

    #[test]
    fn random_loss_is_of_its_rate_and_not_bursty() {
        let (share, burst) = run(Loss::Random(0.1), 200_000);
        assert!((0.097..0.103).contains(&share), "{share}");
        assert!((1.09..1.13).contains(&burst), "{burst}"); // 1 / (1 - p)
    }

    #[test]
    fn bursts_have_their_share_and_their_mean_length() {
        for (share, length) in [(0.05, 5.0), (0.2, 3.0), (0.01, 20.0)] {
            let loss = Loss::bursts(share, length);
            assert!((loss.share() - share).abs() < 1e-9);
            let (got, burst) = run(loss, 1_000_000);
            assert!((got / share - 1.0).abs() < 0.1, "{got} of {share}");
            assert!((burst / length - 1.0).abs() < 0.1, "{burst} of {length}");
        }
        assert_eq!(Loss::bursts(0.3, 1.0), Loss::Random(0.3));
        assert_eq!(Loss::bursts(1.0, 9.0), Loss::Random(1.0));
    }

    #[test]
    fn the_states_of_gilbert_elliott_have_losses_of_their_own() {
        let loss = Loss::GilbertElliott { turns_bad: 0.01, turns_good: 0.1, loss_good: 0.001, loss_bad: 0.5 };
        let (got, _) = run(loss, 1_000_000);
        assert!((got / loss.share() - 1.0).abs() < 0.05, "{got} of {}", loss.share());
    }
}
