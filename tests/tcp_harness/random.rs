//! Configurations drawn by lot, for the property tests.

use framewire::rng::Rng;
use framewire::seq::SeqNumber;
use framewire::tcp::{Config, CongestionAlgorithm, Nagle, WindowProbe};

/// Any preset, any features, any buffers, and patience without end.
pub fn any_config(rng: &mut Rng) -> Config {
    let mut config = match rng.below(3) {
        0 => Config::linux(),
        1 => Config::rfc(),
        _ => Config::textbook(),
    };
    let coin = |rng: &mut Rng| rng.chance(0.5);
    if coin(rng) {
        let features = &mut config.features;
        for flag in [
            &mut features.window_scaling,
            &mut features.timestamps,
            &mut features.sack,
            &mut features.dsack,
            &mut features.ecn,
            &mut features.delayed_ack,
            &mut features.sws_avoidance,
            &mut features.challenge_ack,
            &mut features.time_wait_reuse,
        ] {
            *flag = coin(rng);
        }
        for flag in [
            &mut features.fast_retransmit,
            &mut features.limited_transmit,
            &mut features.prr,
            &mut features.rack,
            &mut features.tail_loss_probe,
            &mut features.frto,
            &mut features.hystart,
            &mut features.window_validation,
            &mut config.personality.expunge_sack_at_timeout,
        ] {
            *flag = coin(rng);
        }
        let algorithms = [CongestionAlgorithm::None, CongestionAlgorithm::Reno, CongestionAlgorithm::Cubic];
        config.congestion = algorithms[rng.below(3) as usize];
    }
    if coin(rng) {
        config.receive_buffer = Some(1 + rng.below(20_000) as usize);
        config.send_buffer = Some(1 + rng.below(20_000) as usize);
    }
    config.personality.nagle = [Nagle::Rfc896, Nagle::Minshall][rng.below(2) as usize];
    config.personality.window_probe =
        [WindowProbe::NextOctet, WindowProbe::OldSequence][rng.below(2) as usize];
    config.nodelay = coin(rng);
    config.cork = rng.chance(0.1);
    config.mtu = [1500, 1500, 576, 9000, 120][rng.below(5) as usize];
    config.iss = coin(rng).then(|| SeqNumber(u32::MAX - rng.below(30_000) as u32));
    config.secret = [rng.next_u64(), rng.next_u64()];
    // Patience without end: the network always lets something through at last.
    config.personality.syn_retries = 1000;
    config.personality.synack_retries = 1000;
    config.personality.retries_r2 = 1000;
    config.personality.orphan_retries = 1000;
    config.personality.fin_wait_2 = None;
    config
}
