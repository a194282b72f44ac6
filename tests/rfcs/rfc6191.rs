//! RFC 6191: a SYN that takes over from a connection in TIME-WAIT, section 2 case by case.

use crate::demand::{Rfc, tested};
use crate::support::*;
use crate::tcp_harness::*;
use framewire::packet::{TcpFlags, TcpHeader, TcpOptions};
use framewire::probe::Var;
use framewire::rule::Rule;
use framewire::seq::SeqNumber;
use framewire::tcp::{Config, State};

pub const RFC: Rfc = Rfc {
    number: 6191,
    title: "Reducing the TIME-WAIT State Using TCP Timestamps",
    read: "whole",
    note: "A best current practice; its one recommendation has seven cases. Where it says \"silently drop\", RFC 9293 section 3.10.7.4 and RFC 5961 section 4.2 have a challenge ACK answer, and the old connection stays as it asks.",
    demands: &[
        tested(
            "2",
            "[SHOULD:] If the previous incarnation of the connection used Timestamps, then: If TCP Timestamps would be enabled for the new incarnation of the connection, and the timestamp contained in the incoming SYN segment is greater than the last timestamp seen …, honor the connection request",
            &["section_2_the_old_connection_used_timestamps"],
        ),
        tested(
            "2",
            "the timestamp contained in the incoming SYN segment is equal to the last timestamp seen … and the Sequence Number of the incoming SYN segment is greater than the last sequence number seen …, honor the connection request",
            &["section_2_the_old_connection_used_timestamps"],
        ),
        tested(
            "2",
            "If TCP Timestamps would not be enabled for the new incarnation of the connection, but the Sequence Number of the incoming SYN segment is greater than the last sequence number seen …, honor the connection request",
            &["section_2_the_old_connection_used_timestamps"],
        ),
        tested(
            "2",
            "Otherwise, silently drop the incoming SYN segment, thus leaving the previous incarnation of the connection in the TIME-WAIT state",
            &["section_2_the_old_connection_used_timestamps"],
        ),
        tested(
            "2",
            "If the previous incarnation of the connection did not use Timestamps, then: If TCP Timestamps would be enabled for the new incarnation of the connection, honor the incoming connection request",
            &["section_2_the_old_connection_did_not_use_timestamps"],
        ),
        tested(
            "2",
            "If TCP Timestamps would not be enabled …, but the Sequence Number of the incoming SYN segment is greater than the last sequence number seen …, honor the incoming connection request",
            &[
                "section_2_the_old_connection_did_not_use_timestamps",
                "net_hosts::a_newer_syn_takes_over_from_time_wait",
            ],
        ),
        tested(
            "2",
            "Otherwise, silently drop the incoming SYN segment [without timestamps]",
            &[
                "section_2_the_old_connection_did_not_use_timestamps",
                "rfc9293/s3_6::an_old_syn_does_not_take_over",
            ],
        ),
    ],
};

/// What a SYN brings, in relation to what the old connection saw last.
#[derive(Clone, Copy)]
struct Syn {
    timestamp: Option<i32>,
    sequence: i32,
}

/// Whether `syn` is honoured by an end in TIME-WAIT whose connection used timestamps or not.
fn honoured(timestamps: bool, reuse: bool, syn: Syn) -> bool {
    let mut config = bare();
    config.features.timestamps = timestamps;
    let mut pair = Pair::established_between(
        config.clone(),
        Config {
            features: framewire::tcp::Features {
                timestamps: true,
                time_wait_reuse: reuse,
                ..config.features
            },
            ..config
        },
        ms(10),
    );
    pair.shut_write(1); // its application still holds it
    pair.run_for(ms(100));
    pair.close(0);
    pair.run_for(ms(100));
    assert_eq!(pair.states(), (State::Closed, State::TimeWait));
    let recent = pair.ends[1].vars().get(Var::TsRecent).unwrap_or(0) as u32;
    let options = TcpOptions {
        timestamps: syn.timestamp.map(|ahead| (recent.wrapping_add_signed(ahead), 0)),
        ..TcpOptions::default()
    };
    let last = seq(&pair, 1, Var::RcvNxt);
    let header = TcpHeader {
        flags: TcpFlags::SYN,
        seq: SeqNumber(last.0.wrapping_add_signed(syn.sequence)),
        ack: SeqNumber(0),
        options,
        ..next_to(&pair, 1)
    };
    cut(&mut pair);
    pair.inject(1, header, &[]);
    let told = pair.probes[1].rules.contains(&Rule::TimeWaitReused);
    assert_eq!(told, pair.states().1 == State::SynReceived);
    assert!(told || pair.states().1 == State::TimeWait, "else the old connection stays");
    told
}

#[test]
fn section_2_the_old_connection_used_timestamps() {
    let syn = |timestamp, sequence| honoured(true, true, Syn { timestamp, sequence });
    assert!(syn(Some(1), 1000), "a greater timestamp");
    assert!(syn(Some(1), -1000), "whatever the sequence number");
    assert!(syn(Some(0), 1000), "an equal timestamp and a greater sequence number");
    assert!(!syn(Some(0), -1000));
    assert!(!syn(Some(-1), 1000), "a smaller timestamp");
    assert!(syn(None, 1000), "no timestamps any more: the sequence number decides");
    assert!(!syn(None, -1000));
}

#[test]
fn section_2_the_old_connection_did_not_use_timestamps() {
    let syn = |timestamp, sequence| honoured(false, true, Syn { timestamp, sequence });
    assert!(syn(Some(0), 1000));
    assert!(syn(Some(0), -1000), "timestamps where there were none: honour it");
    assert!(syn(None, 1000));
    assert!(!syn(None, -1000));
}

#[test]
fn reuse_can_be_switched_off() {
    assert!(!honoured(true, false, Syn { timestamp: Some(1), sequence: 1000 }));
}
