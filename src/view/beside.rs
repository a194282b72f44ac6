//! The room that each host needs beside its lifeline, measured once a figure: ladders are drawn with every frame, and calls are many.

use crate::trace::radix;
use crate::view::figure::{Figure, Place};
use crate::view::metrics;

/// Most state bars side by side; further sockets share the outermost.
const MOST_BARS: u16 = 4;

/// When a socket has states, and in which bar of its host they stand.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Socket {
    host: u16,
    number: u32,
    /// From which event until which.
    from: u32,
    end: u32,
    listens: bool,
    /// In a wide picture and in a narrow one.
    bars: [u16; 2],
}

/// Numbers below 2^24 with a sort key of at most 40 bits each, in the order of the keys.
fn in_order(keys: impl Iterator<Item = (u64, usize)>) -> Vec<usize> {
    let mut all: Vec<u64> = keys.map(|(key, i)| key << 24 | i as u64 & 0xff_ffff).collect();
    radix::sort(&mut all);
    all.into_iter().map(|place| (place & 0xff_ffff) as usize).collect()
}

/// All sockets that have states, by host and number: listening ones stand outside (in a narrow picture in the first bar, which a
/// connection takes over), connections by their order, one that begins after another has ended takes its place.
fn sockets(figure: &Figure) -> Vec<Socket> {
    let mut out: Vec<Socket> = Vec::new();
    for host in 0..figure.hosts.len() as u16 {
        let first = out.len();
        let states = figure.states.iter().enumerate().filter(|(_, state)| state.host == host);
        for i in in_order(states.map(|(i, state)| (u64::from(state.socket), i))) {
            let Some(s) = figure.states.get(i) else { continue };
            let end = s.until.map_or(u32::MAX, |m| m.order);
            let listens = s.state == "LISTEN" || s.state == "CLOSED";
            match out.get_mut(first..).and_then(<[Socket]>::last_mut).filter(|last| last.number == s.socket) {
                Some(last) => {
                    last.end = last.end.max(end);
                    last.listens &= listens;
                }
                None => out.push(Socket {
                    host,
                    number: s.socket,
                    from: s.from.order,
                    end,
                    listens,
                    bars: [0; 2],
                }),
            }
        }
        let Some(mine) = out.get_mut(first..) else { continue };
        let order = in_order(
            mine.iter().enumerate().map(|(i, s)| (u64::from(s.listens) << 32 | u64::from(s.from), i)),
        );
        for narrow in [false, true] {
            let mut free_at: Vec<u32> = Vec::new();
            for &i in &order {
                let Some(socket) = mine.get_mut(i) else { continue };
                if socket.listens && narrow {
                    continue;
                }
                let free = free_at.iter().position(|&until| !socket.listens && until <= socket.from);
                let bar = free.unwrap_or(free_at.len());
                match free_at.get_mut(bar) {
                    Some(until) => *until = socket.end,
                    None => free_at.push(socket.end),
                }
                socket.bars[usize::from(narrow)] = (bar as u16).min(MOST_BARS - 1);
            }
        }
    }
    out
}

/// Most threads side by side; further ones share the outermost column.
pub(crate) const MOST_LANES: u16 = 4;
/// Between a call's bar and the edge of the column, beside the words.
pub(crate) const BESIDE: f32 = 18.0;

/// What one host needs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Needs {
    /// Room for its calls' bare names.
    pub names: f32,
    /// Room for their names and for how many octets they moved.
    pub results: f32,
    /// Columns of calls side by side: one a thread.
    pub lanes: u16,
}

/// What all hosts of a figure need.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Beside {
    hosts: Vec<Needs>,
    sockets: Vec<Socket>,
}

impl Beside {
    /// Looks at all calls and states.
    pub fn new(figure: &Figure) -> Beside {
        let mut hosts = vec![Needs { names: BESIDE, results: BESIDE, lanes: 1 }; figure.hosts.len()];
        for i in 0..figure.calls.len() {
            let Some(call) = figure.calls.brief(i) else { continue };
            let Some(needs) = hosts.get_mut(call.host as usize) else { continue };
            let name = metrics::width(&figure.calls.name(i), metrics::SMALL);
            needs.names = needs.names.max(name + BESIDE);
            needs.results = needs.results.max(name + metrics::width("()", metrics::SMALL) + BESIDE);
            // Few results need more room than all before: only of those it is found out whether they came at once.
            let width = name + result_width(figure.calls.place(i)) + BESIDE;
            if width > needs.results && figure.calls.brief(i).is_some_and(|call| !call.blocked) {
                needs.results = width;
            }
            needs.lanes = needs.lanes.max((call.lane + 1).min(MOST_LANES));
        }
        Beside { hosts, sockets: sockets(figure) }
    }

    /// What a host needs.
    pub(crate) fn of(&self, host: usize) -> Needs {
        self.hosts.get(host).copied().unwrap_or(Needs { names: BESIDE, results: BESIDE, lanes: 1 })
    }

    /// Columns of calls that each host needs side by side.
    pub(crate) fn lanes(&self) -> Vec<u16> {
        self.hosts.iter().map(|needs| needs.lanes).collect()
    }

    /// The bar of a host's socket.
    pub(crate) fn bar(&self, host: u16, socket: u32, narrow: bool) -> u16 {
        let at = self.sockets.partition_point(|s| (s.host, s.number) < (host, socket));
        let found = self.sockets.get(at).filter(|s| (s.host, s.number) == (host, socket));
        found.map_or(0, |s| s.bars[usize::from(narrow)])
    }

    /// How many bars each host needs.
    pub(crate) fn bar_counts(&self, narrow: bool) -> Vec<u16> {
        let mut counts = vec![0; self.hosts.len()];
        for socket in &self.sockets {
            if let Some(most) = counts.get_mut(socket.host as usize) {
                *most = (socket.bars[usize::from(narrow)] + 1).max(*most);
            }
        }
        counts
    }
}

/// Width of what stands behind the name of a call that moved these octets and need not wait, or another: `() = 5 B`, or `()` alone.
fn result_width(place: Option<Place>) -> f32 {
    let empty = metrics::width("()", metrics::SMALL);
    match place {
        Some(place) => {
            // All digits are equally wide.
            let digits = (place.range.end - place.range.start).checked_ilog10().unwrap_or_default() + 1;
            let [around, digit] = [" =  B", "0"].map(|text| metrics::width(text, metrics::SMALL));
            empty + around + digits as f32 * digit
        }
        None => empty,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample;

    #[test]
    fn a_listener_stands_outside_its_connections() {
        let mut figure = sample::hello();
        for state in &mut figure.states {
            state.socket = if state.state == "LISTEN" { 0 } else { 1 + u32::from(state.host) };
        }
        figure.states[0].until = None;
        assert_eq!(Beside::new(&figure).bar_counts(false), [1, 2]);
        let beside = Beside::new(&figure);
        assert_eq!((beside.bar(1, 2, false), beside.bar(1, 0, false)), (0, 1));
        // In a narrow picture it shares theirs.
        assert_eq!(Beside::new(&figure).bar_counts(true), [1, 1]);
    }

    #[test]
    fn results_take_the_room_of_their_text() {
        let mut figure = sample::hello();
        for octets in [0, 1, 9, 10, 999, 1_000, 123_456] {
            let call = figure.calls.iter_mut().find(|call| call.range.is_some()).unwrap();
            let place = call.range.as_mut().unwrap();
            place.range.end = place.range.start + octets;
            let text = format!("() = {octets} B");
            assert!(
                (result_width(call.range.clone()) - metrics::width(&text, metrics::SMALL)).abs() < 1e-3,
                "{text}"
            );
        }
    }
}
