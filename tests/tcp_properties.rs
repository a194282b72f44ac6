//! Whatever the network does, as long as it lets something through: both applications read exactly what was written,
//! then EOF; both ends become CLOSED; no timer runs for ever; no invariant breaks.
//!
//! `FRAMEWIRE_CASES=1000000` runs more of them (from `FRAMEWIRE_FROM` on), `FRAMEWIRE_SEED=n` only one.

#![allow(clippy::unwrap_used)] // a panic is a failure with a line number

#[path = "tcp_harness/random.rs"]
mod random;
mod seeds;
mod tcp_harness;

use framewire::probe::Context;
use framewire::rng::Rng;
use framewire::tcp::{Connection, Flow, RecvError, SendError, State};
use framewire::time::Instant;
use random::any_config;
use tcp_harness::*;

/// One application: what it still writes, what it has read.
struct App {
    writes: Vec<u8>,
    written: usize,
    read: Vec<u8>,
    eof: bool,
    shut: bool,
    read_chunk: usize,
    write_chunk: usize,
    /// Waits for the peer's EOF before it ends its own side.
    polite: bool,
}

fn run(seed: u64) {
    let mut rng = Rng::derive(seed, "case");
    let wire = Wire {
        jitter: ms([0, 0, 1, 30][rng.below(4) as usize]),
        loss: [0.0, 0.01, 0.1, 0.3][rng.below(4) as usize],
        duplication: [0.0, 0.0, 0.1][rng.below(3) as usize],
        rate: [0, 0, 100_000, 10_000_000][rng.below(4) as usize],
        queue: 20_000,
        mark_above: rng.chance(0.5).then_some(5_000),
        ..Wire::perfect(ms(1 + rng.below(50)))
    };
    let configs = [any_config(&mut rng), any_config(&mut rng)];
    let mut any_len = |bits: u64| {
        let bits = rng.below(bits);
        rng.below(1 << bits) as usize
    };
    let lens = [any_len(17), any_len(15)];
    let mut apps = lens.map(|len| App {
        writes: (0..len).map(|_| rng.next_u32() as u8).collect(),
        written: 0,
        read: Vec::new(),
        eof: false,
        shut: false,
        read_chunk: 1 + rng.below(10_000) as usize,
        write_chunk: 1 + rng.below(10_000) as usize,
        polite: false,
    });
    apps[1].polite = rng.chance(0.5);
    let [client, server] = configs;
    let about = format!("seed {seed}: {wire:?}, {lens:?} octets");
    let mut pair = Pair::new(client, server.clone(), wire, seed).unlogged();
    let lazy = rng.chance(0.3);
    if rng.chance(0.2) {
        // Both open at once (RFC 9293 section 3.5, MUST-10).
        let flow = Flow { local: flow().remote, remote: flow().local };
        let mut cx = Context::new(pair.now, &mut pair.probes[1]);
        let active = Connection::open_active(&mut cx, server, flow).unwrap();
        pair.ends[1] = active;
        pair.flush(1);
    }
    let mut before = [(0, 0, false, false); 2];
    let (mut steps, mut lookers) = (0_u64, 0);
    loop {
        for who in 0..2 {
            if !pair.ends[who].state().is_synchronized() && pair.ends[who].state() != State::Closed {
                continue;
            }
            let (peer_writes, app) = if who == 0 {
                let [a, b] = &mut apps;
                (&b.writes, a)
            } else {
                let [a, b] = &mut apps;
                (&a.writes, b)
            };
            if app.written < app.writes.len() {
                let end = app.writes.len().min(app.written + app.write_chunk);
                match pair.send(who, &app.writes[app.written..end]) {
                    Ok(n) => app.written += n,
                    Err(SendError::WouldBlock) => {}
                    Err(error) => panic!("{about}: send: {error}"),
                }
            }
            if !lazy || rng.chance(0.2) {
                match pair.recv(who, app.read_chunk) {
                    Ok(part) if part.is_empty() => app.eof = true,
                    Ok(part) => app.read.extend(part),
                    Err(RecvError::WouldBlock) => {}
                    Err(error) => panic!("{about}: recv: {error}"),
                }
            }
            assert!(peer_writes.starts_with(&app.read), "{about}: end {who} read something else");
            assert!(!app.eof || app.read.len() == peer_writes.len(), "{about}: EOF too early at {who}");
            if app.written == app.writes.len() && !app.shut && (!app.polite || app.eof) {
                app.shut = true;
                pair.shut_write(who);
            }
        }
        steps += 1;
        assert!(steps < 3_000_000, "{about}: no end; states {:?} at {:?}", pair.states(), pair.now);
        if !pair.step() {
            let done = apps.each_ref().map(|app| (app.written, app.read.len(), app.eof, app.shut));
            if done != before || lookers < 100 {
                // The readers may not have looked at everything yet.
                lookers = if done == before { lookers + 1 } else { 0 };
                before = done;
                continue;
            }
            break;
        }
    }
    for who in 0..2 {
        assert!(apps[who].eof, "{about}: end {who} saw no EOF; states {:?}", pair.states());
        assert_eq!(apps[who].read.len(), apps[1 - who].writes.len(), "{about}");
    }
    assert_eq!(pair.states(), (State::Closed, State::Closed), "{about}");
    assert_eq!(pair.next_wakeup(), None, "{about}: a timer runs for ever");
    assert!(pair.now < Instant::START + secs(100_000_000), "{about}: {:?}", pair.now);
}

/// Found in a campaign of a million: two peers in TIME-WAIT answered each other's overtaken ACKs for ever.
#[test]
fn overtaken_acks_are_not_answered_for_ever() {
    [2_085_672, 2_358_625].into_iter().for_each(run);
}

/// Found among several million: each took the octet of the other's window probe and held what acknowledged its own for old.
#[test]
fn window_probes_that_cross_do_not_go_on_for_ever() {
    run(10_403_474);
}

/// Found among several million: that F-RTO ends a recovery was told by the next rule, if at all.
#[test]
fn a_spurious_timeout_tells_that_its_recovery_ends() {
    run(10_548_500);
}

#[test]
fn streams_survive_any_network() {
    seeds::seeds(4_000).for_each(run);
}
