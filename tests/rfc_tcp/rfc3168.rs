//! RFC 3168: explicit congestion notification.

use crate::support::*;
use crate::tcp_harness::*;
use framewire::packet::Ecn;
use framewire::tcp::{Config, CongestionAlgorithm};

fn ecn() -> Config {
    let mut config = Config { congestion: CongestionAlgorithm::Reno, ..bare() };
    config.features.ecn = true;
    config.send_buffer = Some(400_000);
    config.receive_buffer = Some(400_000);
    config.features.window_scaling = true;
    config
}

#[test]
fn section_6_1_1_a_peer_that_does_not_ask_is_not_marked() {
    let mut pair = Pair::established_between(bare(), ecn(), ms(10));
    pair.send(0, &[0; 3000]).unwrap();
    pair.send(1, &[0; 3000]).unwrap();
    pair.run_for(secs(1));
    assert!(pair.log.iter().all(|s| s.ecn == Ecn::NotEct && !s.header.flags.ece()));
}

#[test]
fn sections_6_1_4_and_6_1_5_only_new_text_is_capable() {
    let mut pair = Pair::established(ecn(), ms(10));
    let mut count = 0;
    pair.filter = Some(Box::new(move |sent| {
        count += usize::from(sent.from == 0);
        sent.from == 1 || count != 2
    }));
    pair.send(0, &[0; 14_600]).unwrap();
    pair.run_for(secs(5));
    assert!(pair.sent_by(0).iter().any(|s| s.retransmission));
    for sent in &pair.log {
        let capable = !sent.payload.is_empty() && !sent.retransmission;
        assert_eq!(sent.ecn == Ecn::Ect0, capable);
    }
}

#[test]
fn section_6_1_a_marking_queue_slows_the_sender_without_loss() {
    let mut pair = Pair::new(ecn(), ecn(), Wire::perfect(ms(10)), 1);
    pair.run_for(ms(100));
    pair.forget();
    pair.wire = Wire { rate: 1_250_000, queue: 1_000_000, mark_above: Some(15_000), ..Wire::perfect(ms(10)) };
    pair.send(0, &[0; 400_000]).unwrap();
    let mut read = 0;
    while read < 400_000 {
        assert!(pair.step());
        read += pair.recv(1, 400_000).map_or(0, |part| part.len());
    }
    let sent = pair.sent_by(0);
    assert!(sent.iter().all(|s| !s.retransmission), "nothing was lost");
    assert!(pair.sent_by(1).iter().any(|s| s.header.flags.ece()), "marks were echoed");
    assert!(sent.iter().filter(|s| s.header.flags.cwr()).count() >= 1, "and answered with CWR");
}
