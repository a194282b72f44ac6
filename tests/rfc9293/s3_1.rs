//! Sections 3.1 and 3.2: the header and its options.

use crate::support::*;
use crate::tcp_harness::*;
use framewire::net::LinkConfig;
use framewire::packet::{
    IpHeader, OptionLayout, Protocol, TcpFlags, TcpHeader, TcpOptions, checksum, emit_tcp,
};
use framewire::probe::Var;
use framewire::seq::SeqNumber;
use framewire::tcp::{Config, State};
use framewire::time::Duration;

/// A SYN with these option octets, as it stands on the wire.
fn syn_with(octets: &[u8]) -> Vec<u8> {
    let header_len = 20 + octets.len().next_multiple_of(4);
    let mut segment = vec![0; header_len];
    segment[..4].copy_from_slice(&[0x9c, 0x40, 0, 80]);
    segment[12] = (header_len as u8 / 4) << 4;
    segment[13] = 2;
    segment[14] = 0x20;
    segment[20..20 + octets.len()].copy_from_slice(octets);
    segment
}

requirements! {
    ["MUST-1"]
    fn the_window_is_unsigned() {
        let mut pair = pair();
        pair.ends[0].set_send_buffer(100_000);
        let wide = TcpHeader { window: 65_535, ..next_to(&pair, 0) };
        pair.inject(0, wide, &[]);
        cut(&mut pair);
        pair.send(0, &[1; 100_000]).unwrap();
        let sent: usize = pair.sent_by(0).iter().map(|s| s.payload.len()).sum();
        assert!(sent > 65_535 - 1460, "a window with its high bit set is large, not negative: {sent}");
    }

    ["REC-1"]
    fn windows_are_kept_in_32_bits() {
        let mut config = bare();
        config.features.window_scaling = true;
        let mut pair = Pair::established(config, ms(10));
        let scale = var(&pair, 0, Var::SndScale);
        let wide = TcpHeader { window: 65_535, ..next_to(&pair, 0) };
        pair.inject(0, wide, &[]);
        assert_eq!(var(&pair, 0, Var::SndWnd), 65_535 << scale);
    }

    ["MUST-2"]
    fn the_sender_computes_the_checksum() {
        let ip = IpHeader::new([10, 0, 0, 1].into(), [10, 0, 0, 2].into(), Protocol::TCP);
        let mut packet = Vec::new();
        emit_tcp(&ip, &TcpHeader::default(), OptionLayout::Plain, &[b"odd"], &mut packet);
        let (ip, segment) = IpHeader::parse(&packet).unwrap();
        assert!(checksum::transport_is_right(ip.src, ip.dst, ip.protocol, segment));
        packet[22] ^= 1;
        assert!(!checksum::transport_is_right(ip.src, ip.dst, ip.protocol, &packet[20..]));
    }

    ["MUST-3"]
    fn the_receiver_checks_the_checksum() {
        let mut pair = crate::net_support::Pair::new(LinkConfig { corrupt: 1.0, ..LinkConfig::default() });
        pair.listen(1);
        let client = pair.dial();
        pair.settle(Duration::from_secs(20));
        let host = pair.net.host(pair.client).unwrap();
        assert_eq!(host.state(client), State::SynSent, "nothing with a turned bit was believed");
    }

    ["MUST-4"]
    fn end_of_list_nop_and_mss_are_understood() {
        let segment = syn_with(&[1, 1, 2, 4, 2, 0, 0, 99]);
        let (header, _) = TcpHeader::parse(&segment).unwrap();
        assert_eq!((header.options.mss, header.options.unknown, header.options.problem), (Some(512), 0, None));
    }

    ["MUST-5"]
    fn options_are_accepted_in_any_segment() {
        let mut pair = pair();
        let options = TcpOptions { mss: Some(100), window_scale: Some(3), unknown: 1, ..TcpOptions::default() };
        let header = TcpHeader { options, ..next_to(&pair, 1) };
        pair.inject(1, header, b"text");
        assert_eq!(pair.recv(1, 10).unwrap(), b"text");
        assert_eq!(var(&pair, 1, Var::SndMss), 1460, "MSS counts in a SYN only");
    }

    ["MUST-6", "MUST-68"]
    fn unknown_options_are_skipped_by_their_length() {
        let segment = syn_with(&[254, 6, 2, 4, 9, 9, 2, 4, 2, 0]);
        let (header, _) = TcpHeader::parse(&segment).unwrap();
        assert_eq!((header.options.mss, header.options.unknown), (Some(512), 1));
    }

    ["MUST-7"]
    fn illegal_lengths_do_no_harm() {
        for octets in [&[2, 0, 5, 5][..], &[2, 1], &[2, 40, 1, 1], &[8, 3, 1, 1], &[5, 2], &[254]] {
            let segment = syn_with(octets);
            let (header, _) = TcpHeader::parse(&segment).unwrap();
            let mut pair = Pair::new(bare(), bare(), Wire::perfect(ms(10)), 1);
            pair.inject(1, header, &[]);
            assert_eq!(pair.states().1, State::SynReceived, "{octets:?}: the segment itself is good");
        }
    }

    ["MUST-64"]
    fn options_need_no_alignment() {
        let segment = syn_with(&[1, 8, 10, 0, 0, 0, 7, 0, 0, 0, 9, 2, 4, 2, 0, 3, 3, 5, 4, 2]);
        let (header, _) = TcpHeader::parse(&segment).unwrap();
        let options = header.options;
        assert_eq!((options.timestamps, options.mss), (Some((7, 9)), Some(512)));
        assert_eq!((options.window_scale, options.sack_permitted), (Some(5), true));
    }

    ["MUST-65"]
    fn mss_stands_in_syns_only() {
        let mut pair = Pair::new(Config::linux(), Config::linux(), Wire::perfect(ms(10)), 1);
        pair.run_for(secs(1));
        pair.send(0, &[0; 5000]).unwrap();
        pair.run_for(secs(1));
        pair.close(0);
        pair.run_for(secs(1));
        assert!(pair.log.len() > 6);
        for sent in &pair.log {
            assert_eq!(sent.header.options.mss.is_some(), sent.header.flags.syn());
        }
    }

    ["MUST-69"]
    fn the_header_is_padded_with_zeros() {
        let options = TcpOptions { mss: Some(512), window_scale: Some(1), ..TcpOptions::default() };
        let header = TcpHeader { options, flags: TcpFlags::SYN, seq: SeqNumber(1), ..TcpHeader::default() };
        for layout in [OptionLayout::Linux, OptionLayout::Windows, OptionLayout::Bsd, OptionLayout::Plain] {
            let mut segment = Vec::new();
            header.emit([10, 0, 0, 1].into(), [10, 0, 0, 2].into(), layout, &[], &mut segment);
            assert_eq!(segment.len() % 4, 0);
            assert_eq!(usize::from(segment[12] >> 4) * 4, segment.len());
        }
        let mut segment = Vec::new();
        header.emit([10, 0, 0, 1].into(), [10, 0, 0, 2].into(), OptionLayout::Plain, &[], &mut segment);
        assert_eq!(segment[20..], [2, 4, 2, 0, 3, 3, 1, 0]);
    }
}
