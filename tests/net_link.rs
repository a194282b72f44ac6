//! What links do to packets: times to the nanosecond, chance in its measure, and every packet accounted for.
#![allow(clippy::unwrap_used, reason = "a panic in a test is a failure with a line")]

mod net_support;

use framewire::net::*;
use framewire::probe::Silent;
use framewire::time::{Duration, Instant};
use net_support::{PORT, Pair, Seen, Watch};

/// A thousand datagrams of 972 octets, 1000 with UDP and IP, over this link.
fn run(link: LinkConfig, seed: u64, count: usize, every: Duration) -> (Pair, Watch) {
    let mut watch = Watch::default();
    let mut pair = Pair::with(seed, false, link, LinkConfig::default());
    pair.udp_server(PORT);
    pair.stream(&vec![972; count], every, &mut watch);
    assert_eq!(pair.net.in_flight(), 0, "a packet was neither delivered nor dropped");
    (pair, watch)
}

#[test]
fn a_packet_takes_its_serialisation_and_its_latency() {
    let link =
        LinkConfig { rate: Some(8_000_000), latency: Duration::from_millis(5), ..LinkConfig::default() };
    let (_, watch) = run(link, 1, 3, Duration::ZERO);
    // 1000 octets at 8 Mbit/s are 1 ms each, one behind the other; then 5 ms on the way.
    let times: Vec<u64> = watch.arrivals().iter().map(|(at, _)| at.as_nanos() / 1000).collect();
    assert_eq!(times, [6_000, 7_000, 8_000]);
    let queued: Vec<_> = watch
        .seen
        .iter()
        .filter_map(|(_, _, seen)| match seen {
            Seen::Queued { behind, starts, departs, .. } => {
                Some((*behind, starts.as_nanos() / 1000, departs.as_nanos() / 1000))
            }
            _ => None,
        })
        .collect();
    assert_eq!(queued, [(0, 0, 1_000), (0, 1_000, 2_000), (1000, 2_000, 3_000)]);
}

#[test]
fn the_queue_drops_what_does_not_fit() {
    let queue = QueueLimits { packets: Some(10), ..Default::default() };
    let link = LinkConfig { rate: Some(8_000_000), queue, ..LinkConfig::default() };
    let (_, watch) = run(link, 1, 100, Duration::ZERO);
    assert_eq!((watch.arrivals().len(), watch.dropped(DropReason::QueueFull)), (11, 89));
    // Sent as fast as the link carries them, none is lost.
    let link = LinkConfig { rate: Some(8_000_000), queue, ..LinkConfig::default() };
    let (_, watch) = run(link, 1, 100, Duration::from_millis(1));
    assert_eq!(watch.arrivals().len(), 100);
}

#[test]
fn chance_keeps_its_measure_and_its_seed() {
    let count = 20_000;
    let within = |n: usize, share: f64| {
        let (low, high) = (count as f64 * share * 0.9, count as f64 * share * 1.1);
        assert!((low..high).contains(&(n as f64)), "{n} of {count}, expected about {share}");
    };
    let config =
        LinkConfig { loss: Loss::Random(0.1), duplicate: 0.05, corrupt: 0.08, ..LinkConfig::default() };
    let (_, watch) = run(config.clone(), 7, count, Duration::from_micros(1));
    within(watch.dropped(DropReason::Loss), 0.1);
    within(watch.count(|s| matches!(s, Seen::Duplicated { .. })), 0.05 * 0.9);
    let corrupted = watch.count(|s| matches!(s, Seen::Corrupted { .. }));
    within(corrupted, 0.08 * 0.9);
    // Each turned bit is caught, by a checksum or because the packet makes no sense any more.
    let ignored =
        watch.count(|s| matches!(s, Seen::Ignored { why: DropReason::Checksum | DropReason::Malformed }));
    assert!(ignored >= corrupted, "{ignored} of {corrupted}");
    // The same seed gives the same run; another seed another one.
    assert_eq!(
        run(config.clone(), 7, 300, Duration::ZERO).1.seen,
        run(config.clone(), 7, 300, Duration::ZERO).1.seen
    );
    assert_ne!(
        run(config.clone(), 7, 300, Duration::ZERO).1.seen,
        run(config, 8, 300, Duration::ZERO).1.seen
    );
}

#[test]
fn one_impairment_does_not_shift_the_chance_of_another() {
    let lost = |corrupt| {
        let link = LinkConfig { loss: Loss::Random(0.1), corrupt, ..LinkConfig::default() };
        let (_, watch) = run(link, 3, 500, Duration::from_micros(1));
        let ids =
            watch.seen.iter().filter(|(_, _, s)| matches!(s, Seen::Dropped { why: DropReason::Loss, .. }));
        ids.map(|&(at, _, _)| at).collect::<Vec<_>>()
    };
    assert_eq!(lost(0.0), lost(0.5));
}

#[test]
fn order_is_kept_unless_a_link_may_turn_it() {
    let inversions = |link| {
        let (_, watch) = run(link, 5, 2_000, Duration::from_micros(50));
        watch.arrivals().windows(2).filter(|pair| pair[0].1 > pair[1].1).count()
    };
    let jitter = LinkConfig { jitter: Duration::from_millis(2), ..LinkConfig::default() };
    assert_eq!(inversions(jitter.clone()), 0);
    assert!(inversions(LinkConfig { jitter_reorders: true, ..jitter }) > 100);
    let late = LinkConfig { reorder: 0.1, reorder_by: Duration::from_micros(120), ..LinkConfig::default() };
    let turned = inversions(late);
    assert!((100..300).contains(&turned), "{turned}");
}

#[test]
fn bursts_of_loss_come_in_bursts() {
    let link = LinkConfig { loss: Loss::bursts(0.1, 5.0), ..LinkConfig::default() };
    let (_, watch) = run(link, 5, 20_000, Duration::from_micros(1));
    let fates: Vec<bool> = watch
        .seen
        .iter()
        .filter_map(|(_, _, s)| match s {
            Seen::Dropped { why: DropReason::Loss, .. } => Some(true),
            Seen::Queued { .. } => Some(false),
            _ => None,
        })
        .collect();
    // Each lost packet is told as queued, then as dropped.
    let (mut bursts, mut lost, mut in_burst) = (0, 0, false);
    for pair in fates.windows(2).filter(|pair| !pair[0]) {
        lost += usize::from(pair[1]);
        bursts += usize::from(pair[1] && !in_burst);
        in_burst = pair[1];
    }
    let mean = lost as f64 / bursts as f64;
    assert!((4.0..6.0).contains(&mean), "mean burst {mean}");
}

#[test]
fn a_cloned_network_goes_on_exactly_as_the_original() {
    let bad = LinkConfig {
        loss: Loss::Random(0.05),
        jitter: Duration::from_millis(3),
        jitter_reorders: true,
        duplicate: 0.05,
        rate: Some(10_000_000),
        ..LinkConfig::default()
    };
    let mut pair = Pair::with(9, false, bad.clone(), bad);
    let (client, server) = pair.connect();
    let data = net_support::pattern(100_000);
    let mut sent = 0;
    for _ in 0..60 {
        sent += pair.at(pair.client, |s| s.send(client, &data[sent..])).unwrap_or(0);
        pair.step();
    }
    let mut twin = pair.clone();
    let (mut a, mut b) = (Watch::default(), Watch::default());
    for _ in 0..500 {
        pair.net.step(&mut a);
        twin.net.step(&mut b);
    }
    assert!(!a.seen.is_empty());
    assert_eq!(a.seen, b.seen);
    let _ = server;
}

#[test]
fn a_watched_run_is_the_same_as_an_unwatched_one() {
    let bad = LinkConfig { loss: Loss::Random(0.05), rate: Some(10_000_000), ..LinkConfig::default() };
    let run = |watched: bool| {
        let mut pair = Pair::with(4, false, bad.clone(), bad.clone());
        let (client, _) = pair.connect();
        pair.at(pair.client, |s| s.send(client, &net_support::pattern(50_000))).unwrap();
        pair.at(pair.client, |s| s.close(client)).unwrap();
        let mut events = 0;
        let mut watch = Watch::default();
        while events < 400 && if watched { pair.net.step(&mut watch) } else { pair.net.step(&mut Silent) } {
            events += 1;
        }
        (events, pair.now())
    };
    assert_eq!(run(true), run(false));
}

#[test]
fn a_link_can_be_changed_and_cut_while_packets_fly() {
    let mut pair = Pair::new(LinkConfig::default());
    let inbox = pair.udp_server(PORT);
    let socket = pair.at(pair.client, |s| s.udp());
    let to = pair.server_address(PORT);
    pair.at(pair.client, |s| s.send_to(socket, b"1", to)).unwrap();
    pair.net.link_mut(pair.links.0).unwrap().up = false;
    pair.at(pair.client, |s| s.send_to(socket, b"2", to)).unwrap();
    pair.settle(Duration::from_secs(1));
    pair.net.link_mut(pair.links.0).unwrap().up = true;
    pair.at(pair.client, |s| s.send_to(socket, b"3", to)).unwrap();
    pair.settle(Duration::from_secs(1));
    let mut got = Vec::new();
    let mut buffer = [0; 10];
    while let Ok(n) = pair.at(pair.server, |s| s.recv(inbox, &mut buffer)) {
        got.extend_from_slice(&buffer[..n]);
    }
    assert_eq!(got, b"13");
}

#[test]
fn loopback_needs_no_link() {
    let mut pair = Pair::new(LinkConfig::default());
    let to = "127.0.0.1:9".parse().unwrap();
    let received = pair.at(pair.client, |s| {
        let inbox = s.udp();
        s.bind(inbox, to).unwrap();
        let socket = s.udp();
        s.send_to(socket, &[7; 40_000], to).unwrap();
        inbox
    });
    pair.settle(Duration::from_micros(10));
    let mut buffer = vec![0; 50_000];
    let got = pair.at(pair.client, |s| s.recv_from(received, &mut buffer)).unwrap();
    assert_eq!((got.len, got.from.ip().to_string().as_str()), (40_000, "127.0.0.1"));
    assert_eq!(pair.now(), Instant::from_nanos(10_000));
}
