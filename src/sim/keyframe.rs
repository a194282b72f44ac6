//! A run as it was at a moment, to go on from. Of packets under way, which may be thousands, the octets that the trace has
//! anyway are left out.

use super::run::Simulation;
use crate::trace::{PacketId, Trace};

/// A simulation as it was before an event.
#[derive(Clone, Debug)]
pub(super) struct Keyframe {
    /// The number of the next event.
    pub before: u32,
    simulation: Simulation,
    /// Where packets lie whose octets are left out.
    left_out: Vec<u32>,
}

impl Keyframe {
    /// What `simulation` is now, after all that `trace` has.
    pub fn take(simulation: &mut Simulation, trace: &Trace) -> Keyframe {
        let net = simulation.net_mut();
        let mut left_out = Vec::new();
        let mut kept = Vec::new();
        for place in 0.. {
            let Some((id, octets)) = net.packet_mut(place) else { break };
            if let Some(octets) = octets.filter(|octets| trace.has_octets(PacketId(id.0), octets)) {
                left_out.push(place);
                kept.push(std::mem::take(octets));
            }
        }
        let copy = simulation.clone();
        for (&place, octets) in left_out.iter().zip(kept) {
            if let Some((_, Some(place))) = simulation.net_mut().packet_mut(place) {
                *place = octets;
            }
        }
        Keyframe { before: trace.len() as u32, simulation: copy, left_out }
    }

    /// The simulation; `trace` is that of the same run, or a longer one.
    pub fn simulation(&self, trace: &Trace) -> Simulation {
        let mut simulation = self.simulation.clone();
        for &place in &self.left_out {
            if let Some((id, Some(octets))) = simulation.net_mut().packet_mut(place)
                && let Some(row) = trace.packet(PacketId(id.0))
            {
                *octets = trace.packet_bytes(row);
            }
        }
        simulation
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::Scenario;
    use crate::trace::{EventId, Record, Sink, What};

    /// Holds what is recorded against a trace, from an event on.
    struct Beside<'a> {
        trace: &'a Trace,
        next: EventId,
    }

    impl Sink for Beside<'_> {
        fn record(&mut self, record: Record<'_>) -> EventId {
            let (event, trace) = (self.next, self.trace);
            assert_eq!(trace.time(event), Some(record.time));
            assert_eq!(trace.cause(event), record.cause);
            if let What::PacketSent { packet, bytes, .. } = record.what {
                assert_eq!(trace.packet(packet).map(|row| trace.packet_bytes(row)).as_deref(), Some(bytes));
            } else if let What::PacketArrived { .. } | What::VarChange { .. } = record.what {
                assert_eq!(trace.record_of(event), Some(record));
            }
            self.next.0 += 1;
            event
        }

        fn next_event(&self) -> EventId {
            self.next
        }
    }

    #[test]
    fn a_run_goes_on_from_any_keyframe_as_it_went_on() {
        // Long text is shared with the send buffer until a packet is spoilt; short text always lies in the packets.
        for (mtu, most) in [(1500, 1000), (500, usize::MAX)] {
            let left_out = goes_on_from_any_keyframe(mtu);
            assert!(left_out > 100 && left_out < most, "{left_out} packets");
        }
    }

    /// Returns how many packets' octets were left out.
    fn goes_on_from_any_keyframe(mtu: u32) -> usize {
        let json = r#"{ "framewire": 1, "name": "bulk", "seed": 7,
            "tcp": { "preset": "linux", "ecn": true, "send_buffer": "300KB", "receive_buffer": "300KB" },
            "hosts": [
              { "name": "client", "programs": [{ "steps": [
                { "do": "socket" }, { "do": "connect", "to": "server:8000" },
                { "do": "sendall", "data": { "text": "0123456789abcdef", "times": 90000 } }, { "do": "close" } ] }] },
              { "name": "server", "programs": [{ "steps": [
                { "do": "socket" }, { "do": "bind", "port": 8000 }, { "do": "listen" }, { "do": "accept" },
                { "do": "loop", "body": [{ "do": "recv", "n": 65536 }, { "do": "break", "when": "eof" }] },
                { "do": "close" } ] }] } ],
            "network": { "mtu": 1500, "latency": "10ms", "rate": "100Mbit/s", "loss": "0.2%", "duplicate": "1%", "corrupt": "0.2%",
                "reorder": "1%", "reorder_by": "5ms", "queue": { "mark": "60KB" } } }"#;
        let json = json.replace("1500", &mtu.to_string());
        let scenario = Scenario::from_json(&json).expect("it is right");
        let mut trace = Trace::new();
        let mut simulation = Simulation::new(&scenario, &mut trace).expect("it is right");
        let (mut keyframes, mut left_out) = (Vec::new(), 0);
        loop {
            if trace.len() >= keyframes.len() * 1000 {
                keyframes.push(Keyframe::take(&mut simulation, &trace));
                left_out += keyframes.last().map_or(0, |keyframe| keyframe.left_out.len());
            }
            if !simulation.step(&mut trace) {
                break;
            }
        }
        assert!(keyframes.len() > 10, "{} keyframes", keyframes.len());
        for keyframe in keyframes {
            let mut beside = Beside { trace: &trace, next: EventId(keyframe.before) };
            let mut simulation = keyframe.simulation(&trace);
            for _ in 0..3000 {
                if !simulation.step(&mut beside) {
                    break;
                }
            }
        }
        left_out
    }
}
