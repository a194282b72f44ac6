//! RFC 3168: explicit congestion notification.

use crate::demand::{Rfc, apart, tested};
use crate::net_support::{PORT, Watch};
use crate::raw::{Lab, datagram, packet};
use crate::support::*;
use crate::tcp_harness::*;
use framewire::net::*;
use framewire::packet::{Ecn, IpHeader, Protocol, TcpFlags, TcpHeader};
use framewire::tcp::{Config, CongestionAlgorithm, State, WindowProbe};

pub const RFC: Rfc = Rfc {
    number: 3168,
    title: "The Addition of Explicit Congestion Notification (ECN) to IP",
    read: "sections 1 to 8, 10 to 13, the key words of the rest",
    note: "Its demands of IP tunnels (section 9) and of IPsec apply to nothing here: there are no tunnels.",
    demands: &[
        tested(
            "5",
            "Protocols and senders that only require a single ECT codepoint SHOULD use ECT(0)",
            &["section_6_1_a_marking_queue_slows_the_sender_without_loss"],
        ),
        tested(
            "5",
            "Upon the receipt by an ECN-Capable transport of a single CE packet, the congestion control algorithms followed at the end-systems MUST be essentially the same as the congestion control response to a *single* dropped packet",
            &[
                "rfc_recovery/rfc3168::s6_1_2_ece_halves_the_window",
                "section_6_1_a_marking_queue_slows_the_sender_without_loss",
            ],
        ),
        tested(
            "5",
            "For a router, the CE codepoint of an ECN-Capable packet SHOULD only be set if the router would otherwise have dropped the packet as an indication of congestion to the end nodes [the emulator's queue marks above a threshold that the scenario names]",
            &[
                "section_5_other_losses_are_not_turned_into_marks",
                "section_6_1_a_marking_queue_slows_the_sender_without_loss",
            ],
        ),
        tested(
            "5",
            "A router MUST NOT set CE instead of dropping a packet when the drop that would occur is caused by reasons other than congestion",
            &["section_5_other_losses_are_not_turned_into_marks"],
        ),
        tested(
            "5.2",
            "an ECT codepoint MUST NOT be set in a packet unless the loss of that packet in the network would be detected by the end nodes and interpreted as an indication of congestion",
            &[
                "sections_6_1_4_and_6_1_5_only_new_text_is_capable",
                "section_6_1_6_window_probes_carry_neither_ect_nor_cwr",
            ],
        ),
        tested(
            "5.2",
            "\"pure\" ACK packets MUST NOT indicate ECN-Capability",
            &["sections_6_1_4_and_6_1_5_only_new_text_is_capable"],
        ),
        tested(
            "5.3",
            "Reassembly of a fragmented packet MUST NOT lose indications of congestion … Set the CE codepoint on the reassembled packet",
            &["section_5_3_reassembly_keeps_the_mark"],
        ),
        tested(
            "5.3",
            "this MUST NOT occur if any of the other fragments contributing to this reassembly carries the Not-ECT codepoint [the packet is dropped instead]",
            &["section_5_3_reassembly_keeps_the_mark"],
        ),
        tested(
            "5.3",
            "Reassembly of a fragmented packet MUST NOT change the ECN codepoint when all of the fragments carry the same codepoint",
            &["section_5_3_reassembly_keeps_the_mark"],
        ),
        tested(
            "6.1.1",
            "If a host has received an ECN-setup SYN packet, then it MAY send an ECN-setup SYN-ACK packet. Otherwise, it MUST NOT send an ECN-setup SYN-ACK packet",
            &["section_6_1_1_every_other_form_of_syn_is_no_ecn_setup"],
        ),
        tested(
            "6.1.1",
            "A host MUST NOT set ECT on data packets unless it has sent at least one ECN-setup SYN or ECN-setup SYN-ACK packet, and has received at least one … and has sent no non-ECN-setup SYN or non-ECN-setup SYN-ACK packet. If a host has received at least one non-ECN-setup SYN … it SHOULD NOT set ECT on data packets",
            &[
                "section_6_1_1_a_peer_that_does_not_ask_is_not_marked",
                "section_6_1_1_every_other_form_of_syn_is_no_ecn_setup",
            ],
        ),
        tested(
            "6.1.1",
            "If a host ever sets the ECT codepoint on a data packet, then that host MUST correctly set/clear the CWR TCP bit on all subsequent packets in the connection",
            &[
                "section_6_1_a_marking_queue_slows_the_sender_without_loss",
                "rfc_recovery/rfc3168::s6_1_2_the_next_new_segment_carries_cwr_once",
            ],
        ),
        tested(
            "6.1.1",
            "If a host has sent at least one ECN-setup SYN or ECN-setup SYN-ACK packet, and has received no non-ECN-setup SYN or non-ECN-setup SYN-ACK packet, then if that host receives TCP data packets with ECT and CE codepoints set in the IP header, then that host MUST process these packets as specified for an ECN-capable connection",
            &["section_6_1_3_a_mark_is_echoed_until_cwr_comes"],
        ),
        tested(
            "6.1.1",
            "A host that is not willing to use ECN on a TCP connection SHOULD clear both the ECE and CWR flags in all non-ECN-setup SYN and/or SYN-ACK packets that it sends",
            &["section_6_1_1_a_peer_that_does_not_ask_is_not_marked"],
        ),
        tested(
            "6.1.1",
            "Receivers MUST correctly handle all forms of the non-ECN-setup SYN and SYN-ACK packets",
            &["section_6_1_1_every_other_form_of_syn_is_no_ecn_setup"],
        ),
        tested(
            "6.1.1",
            "A host MUST NOT set ECT on SYN or SYN-ACK packets",
            &["section_6_1_1_syns_are_not_capable"],
        ),
        tested(
            "6.1.2",
            "The sending TCP SHOULD NOT increase the congestion window in response to the receipt of an ECN-Echo ACK packet",
            &["rfc_recovery/rfc3168::s6_1_2_ece_halves_the_window"],
        ),
        tested(
            "6.1.2",
            "the sending TCP MUST reset the retransmit timer on receiving the ECN-Echo packet when the congestion window is one",
            &["rfc_recovery/rfc3168::s6_1_2_with_one_segment_new_data_wait_for_the_timer"],
        ),
        tested(
            "6.1.2",
            "the CWR bit in the TCP header SHOULD NOT be set on retransmitted packets … it SHOULD set the CWR bit only on the first new data packet that it transmits",
            &["rfc_recovery/rfc3168::s6_1_2_the_next_new_segment_carries_cwr_once"],
        ),
        tested(
            "6.1.3",
            "that TCP receiver continues to set the ECN-Echo flag in all the ACK packets it sends … until it receives a CWR packet",
            &["section_6_1_3_a_mark_is_echoed_until_cwr_comes"],
        ),
        tested(
            "6.1.4",
            "pure acknowledgement packets (e.g., packets that do not contain any accompanying data) MUST be sent with the not-ECT codepoint",
            &["sections_6_1_4_and_6_1_5_only_new_text_is_capable"],
        ),
        tested(
            "6.1.5",
            "ECN-capable TCP implementations MUST NOT set either ECT codepoint (ECT(0) or ECT(1)) in the IP header for retransmitted data packets",
            &["sections_6_1_4_and_6_1_5_only_new_text_is_capable"],
        ),
        tested(
            "6.1.5",
            "the TCP data receiver SHOULD ignore the CE codepoint on out-of-window packets",
            &["section_6_1_5_marks_outside_the_window_are_ignored"],
        ),
        tested(
            "6.1.6",
            "the TCP data sender MUST NOT set either an ECT codepoint or the CWR bit on window probe packets",
            &["section_6_1_6_window_probes_carry_neither_ect_nor_cwr"],
        ),
        apart(
            "6.1.6",
            "if a window probe arrives with the CE codepoint set, then the receiver SHOULD respond to the ECN indications",
            "not taken: a probe is never ECN-capable, so that no router marks it; a mark on it would be forged",
        ),
        apart(
            "9",
            "An IP tunnel MUST modify the handling of the DS field octet at IP tunnel endpoints",
            "there are no tunnels",
        ),
        apart(
            "9",
            "All IP tunnels MUST implement the limited-functionality option [and what section 9.2 says of IPsec]",
            "there are no tunnels",
        ),
        tested(
            "12",
            "The CE codepoint in a packet header MUST NOT be reset by a router",
            &["section_19_routers_leave_the_mark"],
        ),
        apart(
            "9.1",
            "All IP tunnels MUST implement the limited-functionality option, and SHOULD support the full-functionality option",
            "the emulator has no tunnels; so for all of section 9",
        ),
    ],
};

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

#[test]
fn section_6_1_1_syns_are_not_capable() {
    let mut pair = Pair::new(ecn(), ecn(), Wire::perfect(ms(10)), 1);
    pair.run_for(ms(100));
    let setup: Vec<_> = pair.log.iter().take(2).map(|s| (s.header.flags, s.ecn)).collect();
    let (ece, cwr) = (TcpFlags::ECE, TcpFlags::CWR);
    assert_eq!(setup[0], (TcpFlags::SYN | ece | cwr, Ecn::NotEct));
    assert_eq!(setup[1], (TcpFlags::SYN | TcpFlags::ACK | ece, Ecn::NotEct));
}

#[test]
fn section_6_1_1_every_other_form_of_syn_is_no_ecn_setup() {
    let (ece, cwr, none) = (TcpFlags::ECE, TcpFlags::CWR, TcpFlags::NONE);
    // At the passive side: only ECE with CWR asks.
    for (asked, agreed) in [(none, false), (ece, false), (cwr, false), (ece | cwr, true)] {
        let mut pair = Pair::new(ecn(), ecn(), Wire::perfect(ms(10)), 1);
        pair.filter = Some(Box::new(|sent| sent.from == 1));
        let syn = TcpHeader { flags: TcpFlags::SYN | asked, ..next_to(&pair, 1) };
        pair.inject(1, syn, &[]);
        let answer = last_of(&pair, 1).header;
        assert!(answer.flags.contains(TcpFlags::SYN | TcpFlags::ACK));
        assert_eq!((answer.flags.ece(), answer.flags.cwr()), (agreed, false), "{asked}");
        pair.inject(1, TcpHeader { seq: syn.seq + 1, ack: answer.seq + 1, ..next_to(&pair, 1) }, &[]);
        pair.send(1, b"text").unwrap();
        assert_eq!(last_of(&pair, 1).ecn == Ecn::Ect0, agreed, "{asked}");
    }
    // At the active side: only ECE without CWR agrees.
    for (answered, agreed) in [(none, false), (cwr, false), (ece | cwr, false), (ece, true)] {
        let mut pair = Pair::new(ecn(), ecn(), Wire::perfect(ms(10)), 1);
        cut(&mut pair);
        pair.flush(0);
        let syn = last_of(&pair, 0).header;
        let answer = TcpHeader {
            seq: framewire::seq::SeqNumber(5000),
            ack: syn.seq + 1,
            flags: TcpFlags::SYN | TcpFlags::ACK | answered,
            ..next_to(&pair, 0)
        };
        pair.inject(0, answer, &[]);
        assert_eq!(pair.states().0, State::Established);
        pair.send(0, b"text").unwrap();
        assert_eq!(last_of(&pair, 0).ecn == Ecn::Ect0, agreed, "{answered}");
    }
}

#[test]
fn section_6_1_3_a_mark_is_echoed_until_cwr_comes() {
    let mut config = ecn();
    config.features.delayed_ack = false;
    let mut pair = Pair::established(config, ms(10));
    cut(&mut pair);
    let next = next_to(&pair, 1);
    let mut at = 0;
    let mut text = |pair: &mut Pair, flags: TcpFlags, ecn: Ecn| {
        pair.inject_marked(
            1,
            TcpHeader { seq: next.seq + at, flags: TcpFlags::ACK | flags, ..next },
            b"x",
            ecn,
        );
        at += 1;
        last_of(pair, 1).header.flags.ece()
    };
    assert!(!text(&mut pair, TcpFlags::NONE, Ecn::Ect0));
    assert!(text(&mut pair, TcpFlags::NONE, Ecn::Ce));
    assert!(text(&mut pair, TcpFlags::NONE, Ecn::Ect0), "and all that follow");
    assert!(text(&mut pair, TcpFlags::NONE, Ecn::Ect0));
    assert!(!text(&mut pair, TcpFlags::CWR, Ecn::Ect0));
    assert!(!text(&mut pair, TcpFlags::NONE, Ecn::Ect0));
    assert!(text(&mut pair, TcpFlags::CWR, Ecn::Ce), "a marked CWR begins anew");
}

#[test]
fn section_6_1_6_window_probes_carry_neither_ect_nor_cwr() {
    for probe in [WindowProbe::NextOctet, WindowProbe::OldSequence] {
        let mut config = ecn();
        config.personality.window_probe = probe;
        let mut pair = Pair::established(config, ms(10));
        cut(&mut pair);
        pair.send(0, &[0; 100]).unwrap();
        // An ACK with ECE makes the next new segment carry CWR; its window is closed.
        let mut ack = ack_to(&pair, 0);
        (ack.window, ack.flags) = (0, TcpFlags::ACK | TcpFlags::ECE);
        pair.inject(0, ack, &[]);
        pair.send(0, &[0; 1000]).unwrap();
        pair.log.clear();
        pair.run_for(secs(30));
        let probes = pair.sent_by(0);
        assert!(probes.len() >= 3, "{}", pair.table());
        for sent in &probes {
            assert_eq!((sent.ecn, sent.header.flags.cwr()), (Ecn::NotEct, false), "{probe:?}");
        }
        // When the window opens, the text is capable, and says CWR.
        let opened = TcpHeader { window: 60_000, flags: TcpFlags::ACK, ..ack };
        pair.log.clear();
        pair.inject(0, opened, &[]);
        let text = last_of(&pair, 0);
        assert_eq!((text.ecn, text.header.flags.cwr()), (Ecn::Ect0, true), "{probe:?}");
    }
}

/// What arrives of these fragments of one packet, as its receiver sees it marked: the whole packet's codepoint.
fn reassembled(parts: &[Ecn]) -> Option<Ecn> {
    let mut lab = Lab::new(true);
    let inbox = lab.pair.udp_server(PORT);
    let ip = IpHeader { id: 3, ..lab.ip(Protocol::UDP) };
    let body = datagram(ip.src, ip.dst, (9, PORT), &vec![1; 8 * parts.len()]);
    let last = parts.len() - 1;
    for (i, &ecn) in parts.iter().enumerate() {
        let from = i * 8;
        let to = if i == last { body.len() } else { from + 8 };
        lab.fragment(&IpHeader { ecn, ..ip }, from as u16, i < last, &body[from..to]);
    }
    let came = lab.pair.at(lab.pair.server, |s| s.recv_from(inbox, &mut [0; 99])).is_ok();
    let whole = lab.watch.wholes.last().map(|bytes| IpHeader::parse(bytes).unwrap().0.ecn);
    assert_eq!(came, whole.is_some());
    whole
}

#[test]
fn section_5_3_reassembly_keeps_the_mark() {
    use Ecn::{Ce, Ect0, NotEct};
    assert_eq!(reassembled(&[Ect0, Ect0, Ce]), Some(Ce));
    assert_eq!(reassembled(&[Ce, Ect0, Ect0]), Some(Ce));
    assert_eq!(reassembled(&[Ect0, Ce, Ect0]), Some(Ce));
    assert_eq!(reassembled(&[Ect0, Ce, NotEct]), None, "neither lost nor invented");
    assert_eq!(reassembled(&[NotEct, Ect0, Ce]), None);
    for same in [NotEct, Ect0, Ecn::Ect1, Ce] {
        assert_eq!(reassembled(&[same; 3]), Some(same));
    }
}

#[test]
fn section_5_other_losses_are_not_turned_into_marks() {
    // A queue that would mark, before a link that loses everything: lost is lost.
    let queue = QueueLimits { mark: Some(0), ..Default::default() };
    let link = LinkConfig { rate: Some(8_000_000), queue, loss: Loss::Random(1.0), ..LinkConfig::default() };
    let mut lab = Lab::over(false, link);
    let ip = IpHeader { ecn: Ecn::Ect0, ..lab.ip(Protocol(99)) };
    for _ in 0..5 {
        lab.inject(&packet(&ip, &[0; 100]));
    }
    lab.run_for(secs(1));
    assert_eq!((lab.watch.dropped(DropReason::Loss), lab.watch.arrivals().len()), (5, 0));
}

#[test]
fn section_19_routers_leave_the_mark() {
    let mut net = Network::new(1);
    let router = net.add_router(RouterConfig::default());
    let a = net.add_host(HostConfig::new("a", [[10, 0, 0, 1].into()]));
    let b = net.add_host(HostConfig::new("b", [[10, 0, 0, 2].into()]));
    net.connect(a, router, LinkConfig::default(), LinkConfig::default());
    net.connect(router, b, LinkConfig::default(), LinkConfig::default());
    let mut watch = Watch::default();
    for ecn in [Ecn::NotEct, Ecn::Ect0, Ecn::Ect1, Ecn::Ce] {
        let ip = IpHeader { ecn, ..IpHeader::new([10, 0, 0, 1].into(), [10, 0, 0, 2].into(), Protocol(99)) };
        net.inject(a, &packet(&ip, b"1234"), &mut watch).unwrap();
        while net.step(&mut watch) {}
        // (What comes back is the destination's word that it does not know the protocol.)
        let there = |ip: &IpHeader| ip.protocol == Protocol(99);
        let mut headers = watch.forwarded.iter().map(|bytes| IpHeader::parse(bytes).unwrap().0);
        let forwarded = headers.rfind(there).unwrap();
        assert_eq!((forwarded.ecn, forwarded.ttl), (ecn, 63));
    }
}

#[test]
fn section_6_1_5_marks_outside_the_window_are_ignored() {
    let mut config = ecn();
    config.features.delayed_ack = false;
    let mut pair = Pair::established(config, ms(10));
    cut(&mut pair);
    let next = next_to(&pair, 1);
    pair.inject_marked(1, next, b"x", Ecn::Ect0);
    for seq in [next.seq, next.seq + 0x4000_0000] {
        pair.inject_marked(1, TcpHeader { seq, ..next }, b"x", Ecn::Ce);
        let answer = last_of(&pair, 1).header;
        assert!(answer.flags.ack() && !answer.flags.ece(), "{seq:?}");
    }
}
