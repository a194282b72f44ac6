//! How much memory a trace holds, and how it gets room before it needs it.

use super::store::Trace;
use super::tables::CallMore;

impl Trace {
    /// An empty trace with room for this many events, among them this many packets and changes of variables.
    pub fn with_capacity(events: usize, packets: usize, changes: usize) -> Self {
        let mut trace = Trace::default();
        trace.columns.reserve(events);
        trace.tables.vars.reserve(changes);
        trace.tables.packets.reserve(packets);
        trace
    }

    /// How many bytes of memory the trace holds, counting what its tables have room for.
    pub fn memory(&self) -> usize {
        fn of<T>(v: &Vec<T>) -> usize {
            v.capacity() * size_of::<T>()
        }
        let t = &self.tables;
        let more = t.calls.iter().filter(|call| call.more.is_some()).count() * size_of::<CallMore>();
        let tables = of(&t.calls)
            + more
            + of(&t.returns)
            + of(&t.packets)
            + of(&t.queued)
            + of(&t.copies)
            + of(&t.corrupted)
            + t.vars.memory()
            + of(&t.frames)
            + of(&t.roles)
            + of(&t.values)
            + of(&t.texts)
            + of(&t.contents)
            + of(&t.units)
            + of(&t.datagrams)
            + of(&t.sockets)
            + of(&t.names);
        let index = of(&self.packet_index.dense) + of(&self.call_index.dense) + of(&self.socket_index.dense);
        let sockets: usize = self.sockets.iter().map(|s| s.changes.memory() + of(&s.snapshots)).sum();
        let streams: usize =
            self.streams.iter().map(|s| std::mem::size_of_val(s.content.extents()) + of(&s.datagrams)).sum();
        self.columns.memory() + tables + index + sockets + streams + self.arena.capacity()
    }

    /// Makes room for a TCP transfer of about so many segments: a table that grows bit by bit is moved each time, and what is
    /// not written to costs nothing.
    pub(crate) fn expect(&mut self, segments: usize) {
        self.columns.reserve(segments * 22);
        let t = &mut self.tables;
        t.vars.reserve(segments * 13);
        t.packets.reserve(segments * 3 / 2);
        t.calls.reserve(segments);
        t.returns.reserve(segments);
        t.queued.reserve(segments);
        t.values.reserve(segments * 3 / 2);
        self.packet_index.dense.reserve(segments * 3 / 2);
        self.call_index.dense.reserve(segments);
        self.arena.reserve(segments * 80);
    }

    /// Without the room that was not needed. In the page, whose memory never shrinks, all would be copied for nothing.
    pub(crate) fn within_its_room(mut self) -> Trace {
        if cfg!(target_arch = "wasm32") {
            return self;
        }
        self.columns.shrink_to_fit();
        let t = &mut self.tables;
        t.vars.shrink_to_fit();
        t.packets.shrink_to_fit();
        t.calls.shrink_to_fit();
        t.returns.shrink_to_fit();
        t.queued.shrink_to_fit();
        t.values.shrink_to_fit();
        self.packet_index.dense.shrink_to_fit();
        self.call_index.dense.shrink_to_fit();
        self.arena.shrink_to_fit();
        self
    }
}
