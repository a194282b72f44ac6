//! Fragmentation and reassembly: any order, duplicates, gaps, overlaps, time-outs; IPv4 and IPv6.
#![allow(clippy::unwrap_used, reason = "a panic in a test is a failure with a line")]

mod net_support;

use framewire::net::*;
use framewire::packet::{Fragment, Icmp, IpHeader, Protocol};
use framewire::probe::Silent;
use framewire::time::{Duration, Instant};
use net_support::{PORT, Pair, Seen, Watch, pattern};
use proptest::prelude::*;

/// A pair whose link to the server takes small packets only.
fn small(v6: bool, mtu: u32, seed: u64, link: LinkConfig) -> (Pair, SocketId, SocketId) {
    let mut pair = Pair::with(seed, v6, LinkConfig { mtu, ..link }, LinkConfig::default());
    let inbox = pair.udp_server(PORT);
    let socket = pair.at(pair.client, |s| s.udp());
    (pair, inbox, socket)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn datagrams_survive_fragments_in_any_order_and_twice(v6: bool, len in 0..9_000_usize, seed: u64, mtu in 68..1500_u32) {
        let mtu = if v6 { mtu.max(1280) } else { mtu };
        let link = LinkConfig { jitter: Duration::from_millis(50), jitter_reorders: true, duplicate: 0.3, ..LinkConfig::default() };
        let (mut pair, inbox, socket) = small(v6, mtu, seed, link);
        let (to, data) = (pair.server_address(PORT), pattern(len));
        pair.at(pair.client, |s| s.send_to(socket, &data, to)).unwrap();
        while pair.step() {}
        let mut buffer = vec![0; 10_000];
        let received = pair.at(pair.server, |s| s.recv_from(inbox, &mut buffer)).unwrap();
        prop_assert!(buffer[..received.len] == data[..]);
        prop_assert_eq!(pair.net.host(pair.server).unwrap().reassembling(), 0);
        prop_assert_eq!(pair.net.in_flight(), 0);
    }

    #[test]
    fn nothing_but_the_whole_datagram_is_ever_delivered(v6: bool, len in 1500..20_000_usize, seed: u64, nth in 1..20_u32) {
        let link = LinkConfig { loss: Loss::Random(0.2), ..LinkConfig::default() };
        let (mut pair, inbox, socket) = small(v6, 1280, seed, link);
        // One turned bit only: two of them, in two fragments, may cancel each other in the checksum, as in real life.
        let matching = Match { fragment: Some(true), ..Default::default() };
        pair.net.script(ScriptedAction { matching, nth: Some(nth), action: Action::Corrupt(None) });
        let (to, data) = (pair.server_address(PORT), pattern(len));
        for _ in 0..4 {
            pair.at(pair.client, |s| s.send_to(socket, &data, to)).unwrap();
            pair.settle(Duration::from_secs(1));
        }
        while pair.step() {}
        let mut buffer = vec![0; 30_000];
        while let Ok(received) = pair.at(pair.server, |s| s.recv_from(inbox, &mut buffer)) {
            prop_assert!(buffer[..received.len] == data[..]);
        }
        prop_assert_eq!(pair.net.host(pair.server).unwrap().reassembling(), 0, "time-outs clear everything");
    }
}

#[test]
fn one_lost_fragment_loses_the_datagram_and_icmp_tells_if_the_first_came() {
    for v6 in [false, true] {
        for (nth, told) in [(1, false), (2, true), (3, true)] {
            let (mut pair, inbox, socket) = small(v6, 1280, 1, LinkConfig::default());
            let matching = Match { fragment: Some(true), ..Default::default() };
            pair.net.script(ScriptedAction { matching, nth: Some(nth), action: Action::Drop });
            let to = pair.server_address(PORT);
            pair.at(pair.client, |s| s.send_to(socket, &pattern(3000), to)).unwrap();
            let mut watch = Watch::default();
            while pair.net.step(&mut watch) {}
            assert_eq!(pair.at(pair.server, |s| s.recv_from(inbox, &mut [0; 9])), Err(Errno::EAGAIN));
            // 20 ms on the way, then 30 s of waiting (IPv6: 60 s); the ICMP message needs 20 ms more.
            let wait = Duration::from_secs(if v6 { 60 } else { 30 });
            let end = Instant::from_nanos(20_000_000)
                + wait
                + if told { Duration::from_millis(20) } else { Duration::ZERO };
            assert_eq!(pair.now(), end);
            let icmp = watch.sent().into_iter().find_map(|(_, _, bytes)| {
                let (ip, payload) = IpHeader::parse(&bytes).unwrap();
                (ip.protocol != Protocol::UDP).then(|| Icmp::parse(v6, payload).unwrap().0)
            });
            assert_eq!(icmp, told.then_some(Icmp::ReassemblyTimeExceeded));
        }
    }
}

/// Sends these fragments (offset, length, more) of one datagram of 24 octets as raw packets from the client's side.
fn inject(v6: bool, parts: &[(u16, usize, bool)]) -> Watch {
    let (mut pair, _, _) = small(v6, 1500, 1, LinkConfig::default());
    let (src, dst) = (pair.client_address(0).ip(), pair.server_address(0).ip());
    let mut watch = Watch::default();
    for &(offset, len, more) in parts {
        let fragment = Some(Fragment { offset, more });
        let ip = IpHeader { id: 7, fragment, dont_fragment: v6, ..IpHeader::new(src, dst, Protocol::UDP) };
        let mut packet = Vec::new();
        ip.emit(len, &mut packet);
        packet.extend((0..len).map(|i| (usize::from(offset) + i) as u8));
        pair.net.inject(pair.client, &packet, &mut watch).unwrap();
    }
    let until = pair.now() + Duration::from_secs(1);
    pair.net.run_until(until, &mut watch);
    watch
}

#[test]
fn overlaps_are_refused_with_all_that_belongs_to_them() {
    for v6 in [false, true] {
        let whole = |parts: &[_]| inject(v6, parts).count(|s| matches!(s, Seen::Reassembled { .. }));
        let refused = |parts: &[_]| inject(v6, parts).ignored(DropReason::FragmentOverlap);
        assert_eq!(whole(&[(0, 8, true), (8, 8, true), (16, 8, false)]), 1);
        assert_eq!(whole(&[(16, 8, false), (0, 8, true), (8, 8, true)]), 1);
        // The same fragment twice is the network's doing, not an attack.
        assert_eq!(whole(&[(0, 8, true), (0, 8, true), (8, 8, true), (16, 8, false)]), 1);
        // An overlap refuses the packet, and what still comes of it.
        assert_eq!(refused(&[(0, 16, true), (8, 8, true), (16, 8, false)]), 0, "a repetition of a part");
        assert_eq!(refused(&[(0, 16, true), (8, 16, true), (16, 8, false)]), 2);
        assert_eq!(whole(&[(0, 16, true), (8, 16, true), (16, 8, false)]), 0);
        // Nothing lies behind the last fragment.
        assert_eq!(refused(&[(16, 8, false), (24, 8, true)]), 1);
        assert_eq!(refused(&[(24, 8, true), (16, 8, false)]), 1);
        assert_eq!(refused(&[(16, 8, false), (8, 8, false)]), 1);
        // Fragments but the last are multiples of eight octets.
        assert_eq!(inject(v6, &[(0, 7, true)]).ignored(DropReason::Malformed), 1, "{v6}");
        assert_eq!(inject(v6, &[(65_528, 16, false)]).ignored(DropReason::Malformed), 1);
    }
}

#[test]
fn a_host_keeps_a_bounded_number_of_unfinished_packets() {
    let mut pair = Pair::with_hosts(1, false, LinkConfig::default(), LinkConfig::default(), |host| {
        host.reassembly = ReassemblyLimits { packets: 2, bytes: 100, ..ReassemblyLimits::default() };
    });
    let (src, dst) = (pair.client_address(0).ip(), pair.server_address(0).ip());
    let mut watch = Watch::default();
    for (id, len) in [(1, 8), (2, 8), (3, 8), (1, 96)] {
        let fragment = Some(Fragment { offset: if len == 8 { 0 } else { 8 }, more: true });
        let ip = IpHeader { id, fragment, dont_fragment: false, ..IpHeader::new(src, dst, Protocol::UDP) };
        let mut packet = Vec::new();
        ip.emit(len, &mut packet);
        packet.resize(packet.len() + len, 0);
        pair.net.inject(pair.client, &packet, &mut watch).unwrap();
    }
    let until = pair.now() + Duration::from_secs(1);
    pair.net.run_until(until, &mut watch);
    assert_eq!(watch.ignored(DropReason::ReassemblyFull), 2);
    assert_eq!(pair.net.host(pair.server).unwrap().reassembling(), 2);
    let until = pair.now() + Duration::from_secs(60);
    pair.net.run_until(until, &mut Silent);
    assert_eq!(pair.net.host(pair.server).unwrap().reassembling(), 0);
}
