//! Packets that reach a host: checked, put together, and given to whom they belong.

use super::Host;
use crate::net::fabric::Fabric;
use crate::net::pool::Slot;
use crate::net::reassembly::Outcome;
use crate::net::{DropReason, Fate, NodeId, Observer, PacketId, SocketId};
use crate::packet::{
    Icmp, IpHeader, MINIMUM_MTU, Objection, ParseError, Protocol, Quote, Unreachable, check_extensions,
    emit_echo_reply, ipv4_checksum_is_right,
};
use crate::tcp::{Flow, SharedText, is_one_host};

/// Why a packet had no effect: at which socket, and the reason.
pub(super) type Ignored = (Option<SocketId>, DropReason);

impl Host {
    /// A packet has come off a link.
    pub(in crate::net) fn receive<O: Observer>(&mut self, fabric: &mut Fabric, slot: Slot, observer: &mut O) {
        let Some(packet) = fabric.pool.get_mut(slot) else { return };
        let (apart, (lent, mut text)) = (packet.apart(), packet.lend());
        let (packet, origin) = (packet.id, packet.origin);
        if O::WATCHES {
            observer.packet(fabric.now, packet, Fate::Arrived { host: self.id });
        }
        if let Err((socket, why)) =
            self.take_in(fabric, packet, origin, (lent.headers(&apart), &mut text), observer)
            && O::WATCHES
        {
            observer.packet(fabric.now, packet, Fate::Ignored { socket, why });
        }
        fabric.pool.release_lent(slot, lent);
        self.plan_wake(fabric);
    }

    fn take_in<O: Observer>(
        &mut self,
        fabric: &mut Fabric,
        packet: PacketId,
        origin: NodeId,
        (bytes, text): (&[u8], &mut Option<SharedText>),
        observer: &mut O,
    ) -> Result<(), Ignored> {
        // RFC 1122 section 3.2.1.2, MUST: a wrong header checksum discards the datagram silently.
        if !ipv4_checksum_is_right(bytes) {
            return Err((None, DropReason::Checksum));
        }
        // Looked at where it lies: to move it costs as much as to read it.
        let parsed = IpHeader::parse_cut(bytes);
        let Ok((ip, payload, missing)) = &parsed else { return Err((None, DropReason::Malformed)) };
        if *missing != text.as_ref().map_or(0, |text| text.len_and_sum().0) {
            return Err((None, DropReason::Malformed));
        }
        if !self.is_own(&ip.dst) {
            return Err((None, DropReason::NoRoute)); // RFC 1122 section 3.3.1.1: a host forwards nothing
        }
        // RFC 1122 section 3.2.1.3, MUST: what comes from an address that is no host's is discarded silently.
        // Nor does a loopback address come from outside.
        let strange = origin != self.id && (ip.src.is_loopback() || ip.dst.is_loopback());
        if strange || !is_one_host(ip.src) {
            return Err((None, DropReason::Malformed));
        }
        if ip.is_v6() {
            self.extensions(fabric, bytes, observer)?;
        }
        if ip.fragment.is_none() {
            return self.deliver(fabric, packet, bytes, ip, (payload, text), observer);
        }
        self.timers_changed = true;
        match self.reassembler.add(fabric.now, &self.config.reassembly, ip, payload, bytes) {
            Outcome::Kept => Ok(()),
            Outcome::Refused(why) => Err((None, why)),
            Outcome::Reported(icmp) => {
                self.report(fabric, bytes, icmp, observer);
                Err((None, DropReason::Malformed))
            }
            Outcome::Complete(whole) => {
                if O::WATCHES {
                    observer.packet(fabric.now, packet, Fate::Reassembled { bytes: &whole });
                }
                let (ip, payload) = IpHeader::parse(&whole).map_err(malformed)?;
                // A fragment of a fragment's whole is nothing that a host sends.
                if ip.fragment.is_some() {
                    return Err((None, DropReason::Malformed));
                }
                if ip.is_v6() {
                    self.extensions(fabric, &whole, observer)?;
                }
                self.deliver(fabric, packet, &whole, &ip, (payload, &mut None), observer)
            }
        }
    }

    /// What the extension headers of an IPv6 packet demand of its destination.
    fn extensions<O: Observer>(
        &self,
        fabric: &mut Fabric,
        bytes: &[u8],
        observer: &mut O,
    ) -> Result<(), Ignored> {
        let why = match check_extensions(bytes) {
            Ok(()) => return Ok(()),
            Err(Objection::Empty) => DropReason::NoSocket,
            Err(Objection::Silent) => DropReason::Malformed,
            Err(Objection::Told(icmp)) => {
                self.report(fabric, bytes, icmp, observer);
                DropReason::Malformed
            }
        };
        Err((None, why))
    }

    /// Gives a packet's payload to its protocol; the text of TCP's may stand alone.
    fn deliver<O: Observer>(
        &mut self,
        fabric: &mut Fabric,
        packet: PacketId,
        bytes: &[u8],
        ip: &IpHeader,
        (payload, text): (&[u8], &mut Option<SharedText>),
        observer: &mut O,
    ) -> Result<(), Ignored> {
        match ip.protocol {
            Protocol::TCP => self.tcp_arrives(fabric, packet, ip, (payload, text), observer),
            Protocol::UDP => self.udp_arrives(fabric, packet, bytes, ip, payload, observer),
            Protocol::ICMP | Protocol::ICMPV6 => self.icmp_arrives(fabric, packet, ip, payload, observer),
            _ => {
                // RFC 1122 section 3.2.2.1: protocol unreachable.
                self.report(fabric, bytes, Icmp::Unreachable(Unreachable::Protocol), observer);
                Err((None, DropReason::NoSocket))
            }
        }
    }

    /// Sends an ICMP error about a packet that came here.
    pub(super) fn report<O: Observer>(
        &self,
        fabric: &mut Fabric,
        about: &[u8],
        icmp: Icmp,
        observer: &mut O,
    ) {
        // The error comes from the address that the packet was sent to.
        let from = IpHeader::parse_cut(about).ok().map(|(ip, ..)| ip.dst);
        fabric.report_bytes(self.id, about, icmp, &|_| from, observer);
    }

    fn icmp_arrives<O: Observer>(
        &mut self,
        fabric: &mut Fabric,
        packet: PacketId,
        ip: &IpHeader,
        message: &[u8],
        observer: &mut O,
    ) -> Result<(), Ignored> {
        if ip.is_v6() != (ip.protocol == Protocol::ICMPV6) {
            return Err((None, DropReason::Malformed));
        }
        if !Icmp::checksum_is_right(ip, message) {
            return Err((None, DropReason::Checksum));
        }
        let (icmp, quoted) = Icmp::parse(ip.is_v6(), message).map_err(malformed)?;
        if icmp.is_echo_request(ip.is_v6()) {
            // RFC 1122 section 3.2.2.6, RFC 4443 section 4.2, MUST: every host answers.
            let id = self.next_ip_id();
            let reply = IpHeader { id, dont_fragment: false, ..IpHeader::new(ip.dst, ip.src, ip.protocol) };
            self.send_raw(fabric, observer, None, ip.src, &mut |out| emit_echo_reply(&reply, message, out));
            return Ok(());
        }
        let Some(quote) = Quote::parse(quoted) else { return Err((None, DropReason::NoSocket)) };
        // RFC 1122 section 3.2.2: the message goes to the protocol whose packet it quotes.
        if quote.ip.protocol == Protocol::TCP {
            let id = self.connections.get(&Flow { local: quote.src, remote: quote.dst });
            let Some(id) = id else { return Err((None, DropReason::NoSocket)) };
            self.consume(fabric, packet, id, observer);
            self.tcp_icmp(fabric, id, icmp, quote.seq, observer);
            return Ok(());
        }
        if let Icmp::TooBig { mtu } = icmp {
            // RFC 8201 section 4: one that speaks of less than 1280 octets must be discarded.
            if ip.is_v6() && mtu < MINIMUM_MTU as u32 {
                return Err((None, DropReason::Malformed));
            }
            // RFC 1191 section 3: no estimate falls below 68 octets.
            let now = fabric.now;
            let destination = quote.dst.ip();
            let known = self.path_mtu(destination).unwrap_or(u32::MAX);
            self.path_mtu.retain(|known| known.0 != destination);
            self.path_mtu.push((destination, known.min(mtu.max(68)), now));
        }
        let id = self.udp_socket(quote.src, quote.dst).ok_or((None, DropReason::NoSocket))?;
        self.consume(fabric, packet, id, observer);
        self.udp_icmp(fabric, id, icmp, quote.dst, observer);
        Ok(())
    }

    /// Tells the observer that a socket takes a packet in, and that what follows comes from it.
    pub(super) fn consume<O: Observer>(
        &self,
        fabric: &Fabric,
        packet: PacketId,
        socket: SocketId,
        observer: &mut O,
    ) {
        if O::WATCHES {
            observer.packet(fabric.now, packet, Fate::Consumed { socket });
            observer.endpoint(fabric.now, self.id, socket);
        }
    }

    /// Gives up unfinished packets whose time is over (RFC 792: time exceeded, if the first fragment came).
    pub(super) fn expire_fragments<O: Observer>(&mut self, fabric: &mut Fabric, observer: &mut O) {
        while let Some(first) = self.reassembler.expire(fabric.now) {
            if let Some(first) = first {
                self.report(fabric, &first, Icmp::ReassemblyTimeExceeded, observer);
            }
        }
    }
}

pub(super) fn malformed(_: ParseError) -> Ignored {
    (None, DropReason::Malformed)
}
