//! Figures made by hand, for the tests of the layouts.

use crate::view::figure::*;

/// Builds a conversation of two hosts event by event.
#[derive(Default)]
pub struct Maker {
    /// What has been made so far.
    pub figure: Figure,
    order: u32,
}

const MS: u64 = 1_000_000;

impl Maker {
    /// A client and a server, nothing said yet.
    pub fn new() -> Maker {
        let mut maker = Maker::default();
        for (name, address) in [("client", "10.0.0.1"), ("server", "10.0.0.2")] {
            maker.figure.hosts.push(Host { name: name.into(), address: address.into() });
        }
        maker.figure.streams = vec![
            Stream { from: 0, to: 1, ..Stream::default() },
            Stream { from: 1, to: 0, ..Stream::default() },
        ];
        maker
    }

    /// The next event's moment, `ms` milliseconds from the start.
    pub fn moment(&mut self, ms: f64) -> Moment {
        self.order += 1;
        Moment::new((ms * MS as f64) as u64, self.order)
    }

    /// A segment that takes 20 ms.
    pub fn segment(&mut self, ms: f64, from: u16, flags: u16, seq: u32, ack: u32, len: u32) -> usize {
        let sent = self.moment(ms);
        let range = (len > 0).then(|| Place {
            stream: u32::from(from),
            range: u64::from(seq) - 1..u64::from(seq) - 1 + u64::from(len),
        });
        let packet = self.figure.flights.len() as u32;
        self.figure.flights.push(Flight {
            packet,
            from,
            to: 1 - from,
            sent,
            fate: Fate::OnTheWay,
            cargo: Cargo::Tcp {
                flags,
                seq: seq + 1_000,
                ack: ack + 5_000,
                base: 1_000,
                ack_base: 5_000,
                window: 64_240,
            },
            len,
            marks: 0,
            hue: u8::from(len > 0),
            range,
            known: Known::Modelled,
        });
        self.figure.flights.len() - 1
    }

    /// The arrival of flight `i`.
    pub fn arrive(&mut self, ms: f64, i: usize) {
        let moment = self.moment(ms);
        self.figure.flights[i].fate = Fate::Arrived(moment);
        self.figure.end = self.figure.end.max(moment.at);
    }

    /// A call from `ms` to `until`.
    pub fn call(&mut self, ms: f64, until: f64, host: u16, name: &str, args: &str, result: &str) -> usize {
        let begun = self.moment(ms);
        let returned = Some(Moment::new((until * MS as f64) as u64, begun.order));
        self.figure.calls.push(Call {
            host,
            lane: 0,
            name: name.to_owned().into(),
            args: args.into(),
            result: result.into(),
            failed: false,
            begun,
            returned,
            blocked: until > ms,
            range: None,
            truncated: 0,
            kind: CallKind::Other,
            line: None,
            program: host,
            known: Known::Modelled,
        });
        self.figure.calls.len() - 1
    }

    /// A connection state.
    pub fn state(&mut self, ms: f64, until: Option<f64>, host: u16, state: &'static str) {
        let from = self.moment(ms);
        let until = until.map(|ms| Moment::new((ms * MS as f64) as u64, from.order));
        self.figure.states.push(StateSpan {
            host,
            socket: u32::from(host),
            state,
            from,
            until,
            known: Known::Modelled,
        });
    }
}

/// `hello hello` to a server and back in upper case: handshake, data, close; 20 ms each way.
pub fn hello() -> Figure {
    use flag::*;
    let mut m = Maker::new();
    m.state(0.0, Some(20.0), 1, "LISTEN");
    let accept = m.call(0.0, 60.0, 1, "accept", "", "conn");
    m.state(0.0, Some(40.0), 0, "SYN-SENT");
    m.call(0.0, 40.0, 0, "connect", "10.0.0.2:9001", "0");
    let syn = m.segment(0.0, 0, SYN, 0, 0, 0);
    m.arrive(20.0, syn);
    m.state(20.0, Some(60.0), 1, "SYN-RECEIVED");
    let syn_ack = m.segment(20.0, 1, SYN | ACK, 0, 1, 0);
    m.arrive(40.0, syn_ack);
    m.state(40.0, Some(120.0), 0, "ESTABLISHED");
    let ack = m.segment(40.0, 0, ACK, 1, 1, 0);
    let send = m.call(40.0, 40.0, 0, "send", "b'hello hello'", "11");
    m.figure.calls[send].kind = CallKind::Send;
    m.figure.calls[send].range = Some(Place { stream: 0, range: 0..11 });
    let data = m.segment(40.0, 0, PSH | ACK, 1, 1, 11);
    m.call(40.0, 120.0, 0, "recv", "1024", "11 B");
    m.arrive(60.0, ack);
    m.state(60.0, Some(160.0), 1, "ESTABLISHED");
    m.figure.calls[accept].returned = Some(Moment::new(60 * MS, m.order));
    m.arrive(60.0, data);
    let recv = m.call(60.0, 60.0, 1, "recv", "1024", "11 B");
    m.figure.calls[recv].kind = CallKind::Receive;
    m.figure.calls[recv].range = Some(Place { stream: 0, range: 0..11 });
    m.call(60.0, 60.0, 1, "send", "b'HELLO HELLO'", "11");
    let echo = m.segment(60.0, 1, PSH | ACK, 1, 12, 11);
    m.arrive(80.0, echo);
    m.figure.streams[0].bytes = b"hello hello".to_vec();
    m.figure.streams[1].bytes = b"HELLO HELLO".to_vec();
    for stream in &mut m.figure.streams {
        stream.len = 11;
        stream.messages.push(0..11);
    }
    numbered(m.figure)
}

/// The same with its events numbered in the order of their times, as a trace numbers them.
fn numbered(mut figure: Figure) -> Figure {
    let mut moments: Vec<&mut Moment> = Vec::new();
    for flight in &mut figure.flights {
        moments.push(&mut flight.sent);
        if let Fate::Arrived(end) | Fate::Lost(end) = &mut flight.fate {
            moments.push(end);
        }
    }
    for call in &mut figure.calls {
        moments.push(&mut call.begun);
        moments.extend(call.returned.as_mut());
    }
    for state in &mut figure.states {
        moments.push(&mut state.from);
        moments.extend(state.until.as_mut());
    }
    moments.sort_by_key(|moment| **moment);
    for (moment, order) in moments.into_iter().zip(0..) {
        moment.order = order;
    }
    figure
}

/// Segments that leave after these gaps (ns), and take 20 ms.
#[cfg(test)]
pub fn of_gaps(gaps: &[u64]) -> Figure {
    let mut m = Maker::new();
    let mut at = 0u64;
    let mut events: Vec<(u64, Option<usize>)> = Vec::new();
    for (i, gap) in gaps.iter().enumerate() {
        at += gap;
        events.push((at, None));
        events.push((at + 20 * MS, Some(i)));
    }
    events.sort();
    let mut seen = 0;
    for (at, what) in events {
        let ms = at as f64 / MS as f64;
        match what {
            None => {
                m.segment(ms, (seen % 2) as u16, flag::ACK, 1, 1, 0);
                seen += 1;
            }
            Some(i) => m.arrive(ms, i),
        }
    }
    numbered(m.figure)
}
