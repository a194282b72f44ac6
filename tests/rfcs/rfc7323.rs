//! RFC 7323: window scaling, timestamps, PAWS.

use crate::demand::{Rfc, apart, tested};
use crate::support::*;
use crate::tcp_harness::*;
use framewire::packet::{TcpHeader, TcpOptions};
use framewire::probe::Var;
use framewire::rule::Rule;
use framewire::tcp::Config;

pub const RFC: Rfc = Rfc {
    number: 7323,
    title: "TCP Extensions for High Performance",
    read: "whole",
    note: "",
    demands: &[
        tested(
            "2.2",
            "a TCP that is prepared to scale windows SHOULD send the option, even if its own scale factor is 1 and the exponent 0",
            &["rfc7323::section_2_2_both_must_offer_scaling"],
        ),
        tested(
            "2.2",
            "both sides MUST send Window Scale options in their <SYN> segments to enable window scaling in either direction",
            &["section_2_2_both_must_offer_scaling"],
        ),
        tested(
            "2.2",
            "A Window Scale option in a segment without a SYN bit MUST be ignored",
            &["section_2_2_scaling_is_agreed_on_in_syns_alone"],
        ),
        tested(
            "2.2",
            "The window field in a segment where the SYN bit is set (i.e., a <SYN> or <SYN,ACK>) MUST NOT be scaled",
            &["section_2_2_both_must_offer_scaling"],
        ),
        tested(
            "2.3",
            "If a TCP receives a <SYN> segment containing a Window Scale option, it SHOULD send its own Window Scale option in the <SYN,ACK> segment",
            &["section_2_2_both_must_offer_scaling"],
        ),
        tested(
            "2.3",
            "The Window Scale option MUST be sent with shift.cnt = R, where R is the value that the TCP would like to use for its receive window",
            &["section_2_2_both_must_offer_scaling"],
        ),
        tested(
            "2.3",
            "Upon receiving a <SYN> segment with a Window Scale option containing shift.cnt = S, a TCP MUST set Snd.Wind.Shift to S and MUST set Rcv.Wind.Shift to R; otherwise, it MUST set both Snd.Wind.Shift and Rcv.Wind.Shift to zero",
            &["section_2_2_both_must_offer_scaling"],
        ),
        tested(
            "2.3",
            "The window field (SEG.WND) in the header of every incoming segment, with the exception of <SYN> segments, MUST be left-shifted by Snd.Wind.Shift bits before updating SND.WND",
            &["section_2_2_both_must_offer_scaling"],
        ),
        tested(
            "2.3",
            "The window field (SEG.WND) of every outgoing segment, with the exception of <SYN> segments, MUST be right-shifted by Rcv.Wind.Shift bits",
            &["section_2_2_both_must_offer_scaling"],
        ),
        tested(
            "2.3",
            "the shift count MUST be limited to 14 … If a Window Scale option is received with a shift.cnt value larger than 14, the TCP SHOULD log the error but MUST use 14 instead of the specified value",
            &["section_2_3_a_shift_above_14_counts_as_14"],
        ),
        tested(
            "2.4",
            "Implementations MUST ensure that they handle a shrinking window",
            &[
                "rfc9293/s3_8_6::a_shrunken_window_is_survived",
                "section_2_4_a_window_that_scaling_takes_back_is_survived",
            ],
        ),
        tested(
            "2.4",
            "The receiver MUST honor, as in window, any segment that would have been in window for any <ACK> sent by the receiver",
            &["section_2_4_what_was_offered_is_honoured"],
        ),
        tested(
            "2.4",
            "When window scaling is in effect, the receiver SHOULD track the actual maximum window sequence number",
            &["section_2_4_what_was_offered_is_honoured"],
        ),
        tested(
            "2.4",
            "The initial transmission MUST be within the window announced by the most recent <ACK>",
            &["section_2_4_a_window_that_scaling_takes_back_is_survived"],
        ),
        tested(
            "3.2",
            "[a TCP] MAY send a TSopt in <SYN,ACK> … only if it received a TSopt in the initial <SYN> segment for the connection",
            &["section_3_2_timestamps_are_answered_and_not_begun_by_a_syn_ack"],
        ),
        tested(
            "3.2",
            "If the ACK bit is not set in the outgoing TCP header, the sender of that segment SHOULD set the TSecr field to zero. When the ACK bit is set in an outgoing segment, the sender MUST echo a recently received TSval",
            &[
                "section_3_2_timestamps_are_answered_and_not_begun_by_a_syn_ack",
                "section_4_3_the_echo_is_of_the_segment_that_advanced_the_window",
            ],
        ),
        tested(
            "3.2",
            "When the ACK bit is not set, the receiver MUST ignore the value of the TSecr field",
            &["section_3_2_an_echo_without_ack_measures_nothing"],
        ),
        tested(
            "3.2",
            "Once TSopt has been successfully negotiated …, the TSopt MUST be sent in every non-<RST> segment for the duration of the connection, and SHOULD be sent in an <RST> segment",
            &[
                "section_3_2_timestamps_are_in_every_segment_once_agreed_on",
                "section_5_2_a_reset_of_ours_carries_a_timestamp",
            ],
        ),
        tested(
            "3.2",
            "If a non-<RST> segment is received without a TSopt, a TCP SHOULD silently drop the segment. A TCP MUST NOT abort a TCP connection because any segment lacks an expected TSopt",
            &[
                "section_3_2_timestamps_are_in_every_segment_once_agreed_on",
                "section_3_2_a_missing_timestamp_does_not_abort",
            ],
        ),
        tested(
            "3.2",
            "If a TSopt is received on a connection where TSopt was not negotiated in the initial three-way handshake, the TSopt MUST be ignored and the packet processed normally",
            &["section_3_2_timestamps_nobody_agreed_on_are_ignored"],
        ),
        tested(
            "4.1",
            "Values of this clock MUST be at least approximately proportional to real time",
            &["section_5_4_the_clock_is_neither_too_slow_nor_too_fast"],
        ),
        tested(
            "4.1",
            "A TSecr value received in a segment MAY be used to update the averaged RTT measurement only if the segment advances the left edge of the send window, i.e., SND.UNA is increased",
            &["section_4_1_only_an_advance_measures"],
        ),
        tested(
            "4.2",
            "When multiple RTTMs per RTT are available to update the RTT estimator, an implementation SHOULD try to adhere to the spirit of the history specified in [RFC6298] [by appendix G]",
            &[
                "rfc_recovery/rfc6298::s3_at_least_one_measurement_a_round_trip",
                "src/tcp/rtt::srtt_lies_within_the_samples",
            ],
        ),
        tested(
            "4.3",
            "(A) when delayed ACKs are in use, the receiver SHOULD reply with the TSval field from the earliest unacknowledged segment",
            &["section_4_3_the_echo_is_of_the_segment_that_advanced_the_window"],
        ),
        tested(
            "4.3",
            "(B) An <ACK> for an out-of-order segment SHOULD, therefore, contain the timestamp from the most recent segment that advanced RCV.NXT",
            &["section_4_3_the_echo_is_of_the_segment_that_advanced_the_window"],
        ),
        tested(
            "4.3",
            "(C) … the timestamp from the latest segment (which filled the hole) MUST be echoed",
            &["section_4_3_the_echo_is_of_the_segment_that_advanced_the_window"],
        ),
        tested(
            "5.2",
            "The choice of incoming timestamps to be saved for this comparison MUST guarantee a value that is monotonically non-decreasing",
            &[
                "section_4_3_the_echo_is_of_the_segment_that_advanced_the_window",
                "section_5_3_segments_of_the_past_are_dropped_and_acknowledged",
            ],
        ),
        apart(
            "5.2",
            "it is now RECOMMENDED that when generating an <RST>, if the segment causing the <RST> to be generated contains a Timestamps option, the <RST> should also contain a Timestamps option. In the <RST> segment, SEG.TSecr SHOULD be set to SEG.TSval from the incoming segment and SEG.TSval SHOULD be set to zero",
            "not taken, as in Linux: what answers a segment that belongs to no connection has no options",
        ),
        tested(
            "5.2",
            "If an <RST> is being generated because of a user abort, and Snd.TS.OK is set, then a Timestamps option SHOULD be included in the <RST>",
            &["section_5_2_a_reset_of_ours_carries_a_timestamp"],
        ),
        tested(
            "5.2",
            "When an <RST> segment is received, it MUST NOT be subjected to the PAWS check …, and information from the Timestamps option MUST NOT be used to update connection state information",
            &["section_5_2_a_reset_may_be_of_any_time"],
        ),
        tested(
            "5.3",
            "the following processing MUST be performed on all incoming segments for a synchronized connection. Also, PAWS processing MUST take precedence over the regular TCP acceptability check",
            &["section_5_3_segments_of_the_past_are_dropped_and_acknowledged"],
        ),
        tested(
            "5.3",
            "R1) If there is a Timestamps option in the arriving segment, SEG.TSval < TS.Recent, TS.Recent is valid …, and if the RST bit is not set, then treat the arriving segment as not acceptable: Send an acknowledgment in reply … and drop the segment",
            &["section_5_3_segments_of_the_past_are_dropped_and_acknowledged"],
        ),
        tested(
            "5.3",
            "R3) If an arriving segment satisfies SEG.TSval >= TS.Recent and SEG.SEQ <= Last.ACK.sent …, then record its timestamp in TS.Recent",
            &["section_4_3_the_echo_is_of_the_segment_that_advanced_the_window"],
        ),
        tested(
            "5.3",
            "the timestamp MUST be checked only when a segment first arrives at the receiver, regardless of whether it is in sequence or it must be queued for later delivery",
            &["section_5_3_what_is_queued_is_not_judged_again"],
        ),
        tested(
            "5.4",
            "It MUST tick at least once for each 2^31 bytes sent … the clock SHOULD tick at least once per window's worth of data … The recycling time of the timestamp clock MUST be greater than MSL seconds",
            &["section_5_4_the_clock_is_neither_too_slow_nor_too_fast"],
        ),
        tested(
            "5.5",
            "We therefore require that an implementation of PAWS include a mechanism to \"invalidate\" the TS.Recent value when a connection is idle for more than 24 days",
            &["section_5_5_after_24_idle_days_any_timestamp_is_news"],
        ),
        tested(
            "5.7",
            "any TCP implementation that implements PAWS MUST also implement Path MTU Discovery",
            &["net_router::tcp_finds_the_path_mtu"],
        ),
        tested(
            "7",
            "It is therefore RECOMMENDED to generate a random, per-connection offset to be used with the clock source when generating the Timestamps option value",
            &["section_7_each_connection_has_an_offset_of_its_own"],
        ),
    ],
};

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

fn with_scaling() -> Pair {
    let mut config = bare();
    config.features.window_scaling = true;
    config.receive_buffer = Some(1_000_000);
    Pair::established(config, ms(10))
}

#[test]
fn section_2_2_scaling_is_agreed_on_in_syns_alone() {
    for agreed in [true, false] {
        let mut pair = if agreed { with_scaling() } else { pair() };
        let scale = var(&pair, 1, Var::SndScale);
        let options = TcpOptions { window_scale: Some(9), ..TcpOptions::default() };
        let next = TcpHeader { options, window: 100, ..next_to(&pair, 1) };
        pair.inject(1, next, b"x");
        assert_eq!(var(&pair, 1, Var::SndScale), scale);
        assert_eq!(var(&pair, 1, Var::SndWnd), 100 << scale.max(0));
    }
}

#[test]
fn section_2_4_a_window_that_scaling_takes_back_is_survived() {
    let mut pair = with_scaling();
    cut(&mut pair);
    let scale = var(&pair, 0, Var::SndScale) as u32;
    assert!(scale > 0);
    // The peer has little room, and a coarse scale: one window unit less.
    let offer = |pair: &mut Pair, window: u16| {
        let ack = TcpHeader { window, ..next_to(pair, 0) };
        pair.inject(0, ack, &[]);
    };
    offer(&mut pair, 300);
    pair.send(0, &[0; 50_000]).unwrap();
    let sent: usize = pair.sent_by(0).iter().map(|sent| sent.payload.len()).sum();
    assert!(sent <= 300 << scale);
    let before = pair.log.len();
    offer(&mut pair, 10);
    offer(&mut pair, 9);
    assert_eq!(pair.log.len(), before, "no new text beyond the last window");
    pair.run_for(secs(10));
    for again in &pair.log[before..] {
        let end = again.header.seq + again.payload.len() as u32;
        assert!(
            end.is_at_or_before(seq(&pair, 0, Var::SndNxt)),
            "only what was sent within an earlier window"
        );
    }
}

#[test]
fn section_2_4_what_was_offered_is_honoured() {
    let mut pair = with_scaling();
    pair.send(1, b"tell me").unwrap(); // an ACK of ours that offers the window
    pair.run_for(secs(1));
    let scale = var(&pair, 1, Var::RcvScale) as u32;
    let offered = u32::from(pair.sent_by(1).last().unwrap().header.window) << scale;
    let start = next_to(&pair, 1);
    // Text fills the buffer in odd pieces; nobody reads. The right edge that was offered first stays good.
    let mut at = 0;
    while at < offered {
        let len = (offered - at).min(1013);
        pair.inject(1, TcpHeader { seq: start.seq + at, ..start }, &vec![1; len as usize]);
        at += len;
        assert_eq!(seq(&pair, 1, Var::RcvNxt), start.seq + at, "all of what was offered is taken");
    }
}

#[test]
fn section_3_2_timestamps_are_answered_and_not_begun_by_a_syn_ack() {
    for (client, server) in [(true, true), (true, false), (false, true)] {
        let config = |timestamps| {
            let mut config = bare();
            config.features.timestamps = timestamps;
            config
        };
        let mut pair = Pair::new(config(client), config(server), Wire::perfect(ms(10)), 1);
        pair.run_for(ms(100));
        let options: Vec<_> = pair.log.iter().map(|sent| sent.header.options.timestamps).collect();
        assert_eq!(options[0].map(|(_, echo)| echo), client.then_some(0), "nothing to echo in a SYN");
        assert_eq!(options[1].map(|(_, echo)| echo), options[0].filter(|_| server).map(|(value, _)| value));
        assert_eq!(options[2].is_some(), client && server);
    }
}

#[test]
fn section_3_2_an_echo_without_ack_measures_nothing() {
    // A simultaneous open: the peer's SYN has no ACK, and its TSecr says anything.
    let mut config = bare();
    config.features.timestamps = true;
    let mut pair = Pair::new(config.clone(), config, Wire::perfect(ms(10)), 1);
    cut(&mut pair);
    pair.flush(0);
    pair.run_for(ms(500));
    let own = last_of(&pair, 0).header.options.timestamps.unwrap().0;
    let options = TcpOptions { timestamps: Some((1, own)), ..TcpOptions::default() };
    let syn = TcpHeader {
        flags: framewire::packet::TcpFlags::SYN,
        ack: framewire::seq::SeqNumber(0),
        seq: framewire::seq::SeqNumber(9),
        options,
        ..next_to(&pair, 0)
    };
    pair.inject(0, syn, &[]);
    assert_eq!(pair.states().0, framewire::tcp::State::SynReceived);
    assert_eq!(var(&pair, 0, Var::Srtt), i64::MIN);
}

#[test]
fn section_3_2_a_missing_timestamp_does_not_abort() {
    let mut pair = with_timestamps();
    let next = next_to(&pair, 1);
    for flags in [
        framewire::packet::TcpFlags::ACK,
        framewire::packet::TcpFlags::FIN,
        framewire::packet::TcpFlags::PSH,
        framewire::packet::TcpFlags::NONE,
    ] {
        pair.inject(1, TcpHeader { flags, ..next }, b"without");
    }
    assert_eq!((pair.states().1, pair.log.len()), (framewire::tcp::State::Established, 0));
}

#[test]
fn section_3_2_timestamps_nobody_agreed_on_are_ignored() {
    let mut pair = pair();
    pair.inject(1, TcpHeader { options: stamped(7), ..next_to(&pair, 1) }, b"one");
    pair.inject(1, TcpHeader { options: stamped(3), ..next_to(&pair, 1) }, b"two");
    assert_eq!(pair.ends[1].readable(), 6, "an older one is no reason to refuse anything");
    pair.run_for(secs(1));
    assert!(pair.sent_by(1).iter().all(|sent| sent.header.options.timestamps.is_none()));
}

#[test]
fn section_4_1_only_an_advance_measures() {
    let mut pair = with_timestamps();
    cut(&mut pair);
    pair.send(0, &[0; 5000]).unwrap();
    let stamp = pair.sent_by(0)[0].header.options.timestamps.unwrap().0;
    pair.run_for(ms(300));
    let (srtt, recent) = (var(&pair, 0, Var::Srtt), var(&pair, 0, Var::TsRecent) as u32);
    let options = TcpOptions { timestamps: Some((recent + 1, stamp)), ..TcpOptions::default() };
    // A duplicate, then text of the peer's: neither acknowledges anything.
    let duplicate = TcpHeader { options, ..next_to(&pair, 0) };
    pair.inject(0, duplicate, &[]);
    pair.inject(0, duplicate, b"text");
    assert_eq!(var(&pair, 0, Var::Srtt), srtt);
    pair.inject(0, TcpHeader { options, ..ack_to(&pair, 0) }, &[]);
    assert!(var(&pair, 0, Var::Srtt) > srtt, "300 ms were measured");
}

#[test]
fn section_5_2_a_reset_may_be_of_any_time() {
    let mut pair = with_timestamps();
    let recent = var(&pair, 1, Var::TsRecent) as u32;
    let rst = |pair: &Pair, stamp: u32, beyond: u32| TcpHeader {
        flags: framewire::packet::TcpFlags::RST,
        options: stamped(stamp),
        seq: next_to(pair, 1).seq + beyond,
        ..next_to(pair, 1)
    };
    // One that is only challenged leaves TS.Recent alone.
    let challenged = rst(&pair, recent + 1000, 1);
    pair.inject(1, challenged, &[]);
    assert_eq!(var(&pair, 1, Var::TsRecent) as u32, recent);
    let old = rst(&pair, recent.wrapping_sub(1000), 0);
    pair.inject(1, old, &[]);
    assert_eq!(pair.states().1, framewire::tcp::State::Closed, "however old it says it is");
}

#[test]
fn section_5_4_the_clock_is_neither_too_slow_nor_too_fast() {
    for config in [Config::linux(), Config::rfc(), Config::textbook()] {
        let tick = config.personality.timestamp_tick;
        // RFC 7323: a tick between 1 ms and 1 s; its 32 bits then last longer than the MSL, and 2^31 octets take longer
        // than a tick on any link of the emulator's that is slower than 2^31 octets a tick.
        assert!(tick >= ms(1) && tick <= secs(1), "{tick}");
        assert!(tick * (1 << 31) > config.personality.msl);
    }
}

#[test]
fn section_5_2_a_reset_of_ours_carries_a_timestamp() {
    let mut with = with_timestamps();
    let recent = var(&with, 0, Var::TsRecent) as u32;
    with.call(0, |conn, cx| conn.abort(cx));
    let reset = last_of(&with, 0).header;
    assert!(reset.flags.rst());
    assert_eq!(reset.options.timestamps.unwrap().1, recent);
    let mut without = pair();
    without.call(0, |conn, cx| conn.abort(cx));
    assert_eq!(last_of(&without, 0).header.options.timestamps, None);
}

#[test]
fn section_5_2_a_stray_syn_does_not_move_the_timestamp() {
    let mut pair = with_timestamps();
    let recent = var(&pair, 1, Var::TsRecent) as u32;
    let flags = framewire::packet::TcpFlags::SYN | framewire::packet::TcpFlags::ACK;
    pair.inject(1, TcpHeader { flags, options: stamped(recent + 1000), ..next_to(&pair, 1) }, &[]);
    assert_eq!(var(&pair, 1, Var::TsRecent) as u32, recent);
}

#[test]
fn section_5_3_what_is_queued_is_not_judged_again() {
    let mut pair = with_timestamps();
    let (next, recent) = (next_to(&pair, 1), var(&pair, 1, Var::TsRecent) as u32);
    // C.1 waits for B, which comes again with a later timestamp.
    pair.inject(1, TcpHeader { options: stamped(recent + 1), seq: next.seq + 3, ..next }, b"C.1");
    pair.inject(1, TcpHeader { options: stamped(recent + 500), ..next }, b"B.2");
    assert_eq!(pair.ends[1].readable(), 6);
    assert_eq!(var(&pair, 1, Var::TsRecent) as u32, recent + 500);
}

#[test]
fn section_7_each_connection_has_an_offset_of_its_own() {
    let first = |secret: [u64; 2]| {
        let config = Config { secret, ..Config::linux() };
        let mut pair = Pair::established(config, ms(10));
        pair.send(0, b"x").unwrap();
        last_of(&pair, 0).header.options.timestamps.unwrap().0
    };
    assert_ne!(first([1, 2]), first([3, 4]));
    assert_eq!(first([1, 2]), first([1, 2]), "by secret and ends, not by chance");
}
