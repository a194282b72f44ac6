//! RFC 7323: window scaling, timestamps, PAWS.

use crate::support::*;
use crate::tcp_harness::*;
use framewire::packet::{TcpHeader, TcpOptions};
use framewire::probe::Var;
use framewire::rule::Rule;
use framewire::tcp::Config;

fn stamped(value: u32) -> TcpOptions {
    TcpOptions { timestamps: Some((value, 0)), ..TcpOptions::default() }
}

fn with_timestamps() -> Pair {
    let mut config = bare();
    config.features.timestamps = true;
    Pair::established(config, ms(10))
}

#[test]
fn section_2_2_both_must_offer_scaling() {
    for (client, server) in [(true, true), (true, false), (false, true)] {
        let config = |scaling| {
            let mut config = bare();
            config.features.window_scaling = scaling;
            config.receive_buffer = Some(1_000_000);
            config
        };
        let mut pair = Pair::new(config(client), config(server), Wire::perfect(ms(10)), 1);
        pair.run_for(ms(100));
        let both = client && server;
        assert_eq!(pair.log[0].header.options.window_scale.is_some(), client);
        assert_eq!(
            pair.log[1].header.options.window_scale.is_some(),
            both,
            "a SYN,ACK answers what was offered"
        );
        assert_eq!(var(&pair, 0, Var::SndScale) > 0, both);
        // The window of a SYN is never scaled.
        assert!(pair.log[..2].iter().all(|s| s.header.window == 65_535));
        pair.send(1, b"tell me").unwrap();
        pair.run_for(secs(1));
        let scale = if both { var(&pair, 1, Var::SndScale) as u32 } else { 0 };
        let offered = u32::from(pair.sent_by(0).last().unwrap().header.window) << scale;
        assert_eq!(var(&pair, 1, Var::SndWnd), i64::from(offered));
        assert_eq!(offered > 65_535, both);
    }
}

#[test]
fn section_2_3_a_shift_above_14_counts_as_14() {
    let mut config = bare();
    config.features.window_scaling = true;
    let mut pair = Pair::new(config.clone(), config, Wire::perfect(ms(10)), 1);
    let options = TcpOptions { window_scale: Some(200), ..TcpOptions::default() };
    let syn = TcpHeader { flags: framewire::packet::TcpFlags::SYN, options, ..next_to(&pair, 1) };
    pair.inject(1, syn, &[]);
    assert_eq!(var(&pair, 1, Var::SndScale), 14);
}

#[test]
fn section_3_2_timestamps_are_in_every_segment_once_agreed_on() {
    let mut pair = Pair::new(Config::linux(), Config::linux(), Wire::perfect(ms(10)), 1);
    pair.run_for(ms(100));
    pair.send(0, &[1; 5000]).unwrap();
    pair.run_for(secs(1));
    assert!(pair.log.iter().all(|s| s.header.options.timestamps.is_some()));
    // A segment without them is dropped, silently.
    pair.forget();
    let bare_segment = next_to(&pair, 1);
    let before = pair.ends[1].readable();
    pair.inject(1, bare_segment, b"who am I?");
    assert_eq!((pair.ends[1].readable(), pair.log.len()), (before, 0));
    assert!(pair.probes[1].rules.contains(&Rule::TimestampMissing));
    // But not a reset.
    let reset = TcpHeader { flags: framewire::packet::TcpFlags::RST, ..bare_segment };
    pair.inject(1, reset, &[]);
    assert_eq!(pair.states().1, framewire::tcp::State::Closed);
}

#[test]
fn section_4_3_the_echo_is_of_the_segment_that_advanced_the_window() {
    let mut pair = with_timestamps();
    let recent = var(&pair, 1, Var::TsRecent) as u32;
    let first = TcpHeader { options: stamped(recent + 10), ..next_to(&pair, 1) };
    let early = TcpHeader { seq: first.seq + 100, options: stamped(recent + 20), ..first };
    pair.inject(1, early, &[2; 100]);
    assert_eq!(last_of(&pair, 1).header.options.timestamps.unwrap().1, recent, "beyond a gap: not yet");
    pair.inject(1, first, &[1; 100]);
    assert_eq!(last_of(&pair, 1).header.options.timestamps.unwrap().1, recent + 10);
}

#[test]
fn section_5_3_segments_of_the_past_are_dropped_and_acknowledged() {
    let mut pair = with_timestamps();
    let recent = var(&pair, 1, Var::TsRecent) as u32;
    let old = TcpHeader { options: stamped(recent.wrapping_sub(1)), ..next_to(&pair, 1) };
    pair.inject(1, old, b"from another time");
    assert_eq!(pair.ends[1].readable(), 0);
    assert_eq!(last_of(&pair, 1).header.ack, old.seq);
    assert!(pair.probes[1].rules.contains(&Rule::PawsRejected));
}

#[test]
fn section_5_5_after_24_idle_days_any_timestamp_is_news() {
    let mut pair = with_timestamps();
    let recent = var(&pair, 1, Var::TsRecent) as u32;
    pair.run_for(secs(25 * 24 * 3600));
    let header = TcpHeader { options: stamped(recent.wrapping_sub(1)), ..next_to(&pair, 1) };
    pair.inject(1, header, b"hello again");
    assert_eq!(pair.ends[1].readable(), 11);
}
