//! What only the packets tell: by how much windows are shifted, and what stood in the buffers.

use super::{Build, Rows};
use crate::trace::marks::Arrivals;
use crate::trace::tables::packet_bits;
use crate::trace::{HostId, PacketId, StreamId, Transport};
use crate::view::figure::{Buffers, flag};

/// With more streams than this the buffers are left out.
const MOST_BUFFERED: usize = 64;

/// What one look at all packets tells, before any is drawn.
#[derive(Default)]
pub(super) struct Survey {
    /// How many octets of each stream calls or packets speak of.
    pub lens: Vec<u64>,
    /// By how much each end of each connection shifts the windows that it announces.
    pub shifts: Vec<[u32; 2]>,
    /// Packets that were cut into fragments.
    pub cut: Vec<PacketId>,
    /// Hosts that something reached out of order.
    pub disordered: Vec<HostId>,
}

impl Build<'_> {
    pub(super) fn survey(&self) -> Survey {
        let tables = self.trace.tables();
        let connections = self.trace.connections().len();
        let streams = (0..2 * connections as u32).map(StreamId);
        let lens = streams.map(|id| self.trace.content(id).map_or(0, |content| content.end())).collect();
        let mut survey = Survey { lens, ..Survey::default() };
        // Windows are shifted as the SYNs say, if both offer to (RFC 7323 section 2.2).
        let mut offers = vec![[None; 2]; connections];
        let mut arrivals = vec![Arrivals::new(self.trace); self.rows.lifelines.len()];
        for row in &tables.packets {
            if let Some(range) = row.range()
                && let Some(len) = survey.lens.get_mut(range.stream.index())
            {
                *len = range.end.max(*len);
            }
            if row.has(flag::SYN)
                && let (Some(connection), Some(side)) = (row.connection(), row.side())
                && let Some(offer) = offers.get_mut(connection.index())
            {
                offer[side as usize] =
                    offer[side as usize].or_else(|| window_scale(&self.trace.packet_bytes(row), row.len));
            }
            if row.is(packet_bits::FRAGMENT) {
                survey.cut.push(row.parent);
            }
            if Arrivals::matters(row)
                && let Some(host) = self.trace.host_of(row.arrived)
                && let Some(arrivals) = arrivals.get_mut(host.index())
            {
                arrivals.see(row);
            }
        }
        let both = |offer: [Option<u32>; 2]| match offer {
            [Some(a), Some(b)] => [a, b],
            _ => [0, 0],
        };
        survey.shifts = offers.into_iter().map(both).collect();
        let in_order = |host: HostId| arrivals.get(host.index()).is_some_and(Arrivals::are_in_order);
        survey.disordered = tables.hosts.iter().map(|host| host.id).filter(|&id| !in_order(id)).collect();
        survey
    }
}

impl Rows {
    /// What stood in a stream's buffers when; only of streams whose packets are known.
    pub(crate) fn buffers(&self, stream: u32) -> Buffers {
        let id = StreamId(stream);
        // What packets show of a stream begins with a packet that carries some of it.
        let packets = &self.trace.tables().packets;
        let mut carried = packets.iter().map(|row| row.stream == id && row.range().is_some());
        let datagrams = self.trace.connection(id.connection()).is_none_or(|c| c.transport == Transport::Udp);
        if self.kept.len() > MOST_BUFFERED || datagrams || !carried.any(|carries| carries) {
            return Buffers::default();
        }
        let [accepted, received] = self.trace.stays(id);
        Buffers { accepted, received }
    }
}

/// The shift count of a packet's window scale option (RFC 7323 section 2.2).
fn window_scale(bytes: &[u8], len: u32) -> Option<u32> {
    let read = crate::trace::summary::Summary::read(bytes, len);
    let from = usize::from(read.ip_header_len) + 20;
    let mut options = bytes.get(from..usize::from(read.header_len).min(bytes.len()))?;
    loop {
        options = match *options {
            [1, ..] => options.get(1..)?,
            [3, 3, shift, ..] => return Some(u32::from(shift).min(14)),
            [kind, len, ..] if kind > 1 && len > 1 => options.get(usize::from(len)..)?,
            _ => return None,
        };
    }
}
