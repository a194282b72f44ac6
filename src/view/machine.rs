//! The state machine of TCP as RFC 9293 draws it (section 3.3.2, figure 5), and where both ends of a connection stand.
//!
//! Laid out by hand: three columns, seven rows, every transition with its event above its action. The client's way is
//! solid and its mark a disc, the server's way is dashed and its mark a square.

use crate::tcp::State;
use crate::trace::{Op, Side, SocketId};
use crate::view::list::{DisplayList, Id, Kind, Paint, Role, Thing, look};
use crate::view::metrics::{self, SMALL};
use crate::view::session::Session;
use crate::view::words::{Lang, Word, fill};

/// What to draw.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Width of the picture; the drawing takes between [`LEAST`] and [`MOST`] of it.
    pub width: f32,
    /// Which connection.
    pub connection: u32,
    /// The playhead's [position](crate::view::scale).
    pub position: f64,
    /// Language of the labels.
    pub lang: Lang,
}

/// The least width at which the labels stay apart.
pub const LEAST: f32 = 366.0;
/// Wider than this the drawing does not get.
pub const MOST: f32 = 560.0;

/// Half the size of a state's box.
const HALF: (f32, f32) = (53.0, 20.0);
/// The middle of each row.
const ROWS: [f32; 7] = [54.0, 156.0, 232.0, 318.0, 392.0, 468.0, 556.0];
/// Below the last row.
const FOOT: f32 = 58.0;
/// The height of a caption.
const CAPTION: f32 = 19.0;
/// From this width on the captions stand beside the upper label, not above the drawing.
const ROOMY: f32 = 424.0;
/// Between the names of both ends in one box.
const GAP: f32 = 4.0;

/// The boxes: number of the state, column, row. CLOSED stands twice, as in the RFC.
const BOXES: [(u8, u8, u8); 12] = [
    (0, 1, 0),
    (1, 1, 1),
    (3, 0, 2),
    (2, 2, 2),
    (4, 1, 3),
    (5, 0, 4),
    (7, 2, 4),
    (6, 0, 5),
    (8, 1, 5),
    (9, 2, 5),
    (10, 1, 6),
    (0, 2, 6),
];

/// A place: a column and a distance from its middle, a row and a distance from its middle.
type Spot = (u8, i8, u8, i8);

/// A transition: the boxes it leads from and to, its event and action, its way, and where its label stands.
struct Edge(u8, u8, Word, Word, &'static [Spot], Spot, u16);

const START: u16 = 0;

/// The figure's transitions, by the numbers of [`BOXES`].
const EDGES: [Edge; 20] = {
    use Word::*;
    use look::{CENTRE, END};
    [
        Edge(0, 1, PassiveOpen, CreateTcb, &[(1, -14, 0, 20), (1, -14, 1, -20)], (1, -20, 0, 42), END),
        Edge(1, 0, AppClose, DeleteTcb, &[(1, 14, 1, -20), (1, 14, 0, 20)], (1, 20, 0, 60), START),
        Edge(
            0,
            3,
            ActiveOpen,
            CreateTcbSndSyn,
            &[(1, 53, 0, -8), (2, 34, 0, -8), (2, 34, 2, -20)],
            (2, 49, 0, -39),
            END,
        ),
        Edge(3, 0, AppClose, DeleteTcb, &[(2, 0, 2, -20), (2, 0, 0, 8), (1, 53, 0, 8)], (2, -6, 0, 26), END),
        Edge(
            2,
            1,
            RcvRst,
            NoAction,
            &[(0, -22, 2, -20), (0, -22, 1, -8), (1, -53, 1, -8)],
            (0, -20, 1, -31),
            START,
        ),
        Edge(
            1,
            2,
            RcvSyn,
            SndSynAck,
            &[(1, -53, 1, 8), (0, 22, 1, 8), (0, 22, 2, -20)],
            (0, 28, 1, 36),
            START,
        ),
        Edge(1, 3, AppSend, SndSyn, &[(1, 53, 1, 0), (2, -34, 1, 0), (2, -34, 2, -20)], (2, -40, 1, 36), END),
        Edge(3, 2, RcvSyn, SndSynAck, &[(2, -53, 2, 0), (0, 53, 2, 0)], (1, 0, 2, 14), CENTRE),
        Edge(
            2,
            4,
            RcvAckOfSyn,
            NoAction,
            &[(0, 22, 2, 20), (0, 22, 3, 0), (1, -53, 3, 0)],
            (0, 28, 2, 50),
            START,
        ),
        Edge(3, 4, RcvSynAck, SndAck, &[(2, 0, 2, 20), (2, 0, 3, 0), (1, 53, 3, 0)], (2, -6, 2, 50), END),
        Edge(2, 5, AppClose, SndFin, &[(0, -22, 2, 20), (0, -22, 4, -20)], (0, -16, 3, 20), START),
        Edge(
            4,
            5,
            AppClose,
            SndFin,
            &[(1, -20, 3, 20), (1, -20, 4, -8), (0, 53, 4, -8)],
            (1, -26, 3, 36),
            END,
        ),
        Edge(4, 6, RcvFin, SndAck, &[(1, 20, 3, 20), (1, 20, 4, 0), (2, -53, 4, 0)], (1, 26, 3, 36), START),
        Edge(5, 8, RcvFin, SndAck, &[(0, 53, 4, 8), (1, 0, 4, 8), (1, 0, 5, -20)], (1, 6, 4, 36), START),
        Edge(5, 7, RcvAckOfFin, NoAction, &[(0, 0, 4, 20), (0, 0, 5, -20)], (0, 6, 4, 36), START),
        Edge(6, 9, AppClose, SndFin, &[(2, 0, 4, 20), (2, 0, 5, -20)], (2, -6, 4, 36), END),
        Edge(7, 10, RcvFin, SndAck, &[(0, 0, 5, 20), (0, 0, 6, 0), (1, -53, 6, 0)], (0, 6, 5, 50), START),
        Edge(8, 10, RcvAckOfFin, NoAction, &[(1, 0, 5, 20), (1, 0, 6, -20)], (1, -6, 5, 34), END),
        Edge(9, 11, RcvAckOfFin, NoAction, &[(2, 0, 5, 20), (2, 0, 6, -20)], (2, -6, 5, 34), END),
        Edge(10, 11, TimeOut, DeleteTcb, &[(1, 53, 6, 0), (2, -53, 6, 0)], (3, 0, 6, 37), CENTRE),
    ]
};

/// A change of state: from box to box, when, and what stands for it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Step {
    from: u8,
    to: u8,
    at: f64,
    order: u32,
    id: Id,
}

/// One end: its name and the way it has come so far.
struct End {
    name: String,
    steps: Vec<Step>,
    /// Nothing is known of its states.
    unknown: bool,
}

impl End {
    fn now(&self) -> u8 {
        self.steps.last().map_or(0, |s| s.to)
    }
}

/// The box of a state that is entered from another one: of the two CLOSED, the upper before and the lower after a
/// connection.
fn box_of(state: u8, from: u8) -> u8 {
    match (state, from) {
        (0, 0 | 1 | 3) => 0,
        (0, _) => 11,
        _ => BOXES.iter().position(|b| b.0 == state).unwrap_or_default() as u8,
    }
}

fn label_of(of: u8) -> &'static str {
    State::from_number(BOXES[of as usize % BOXES.len()].0.into()).unwrap_or_default().label()
}

impl Session {
    /// Draws the state machine.
    pub fn machine(&self, window: Window) -> DisplayList {
        let ends = self.ends(window);
        let width = window.width.max(LEAST);
        let room = width.min(MOST);
        let down = if room < ROOMY { CAPTION * 2.0 } else { 0.0 };
        let mut list = DisplayList::new(width, ROWS[6] + FOOT + down);
        let left = (list.width - room) / 2.0;
        let (l, r) = (left + HALF.0 + 2.0, left + room - HALF.0 - 2.0);
        let m = (l + r) / 2.0;
        let mut drawing =
            Drawing { list: &mut list, columns: [l, m, r, (m + r) / 2.0], down, lang: window.lang };
        drawing.edges(&ends);
        drawing.boxes(&ends);
        let words = self.machine_told(window);
        for (side, text) in words.iter().enumerate() {
            let y = 16.0 + CAPTION * side as f32;
            if ends[side].unknown {
                continue;
            }
            let way = Paint::new(Role::Ink).look(if side == 0 { 0 } else { look::DASHED });
            drawing.mark(side, left + 6.0, y - 4.0);
            drawing.list.line((left + 15.0, y - 4.0), (left + 41.0, y - 4.0), way);
            let id = ends[side].steps.last().map_or(Id::NONE, |s| s.id);
            let beside = if down > 0.0 { 0.0 } else { 132.0 };
            let text = metrics::shorten(text, SMALL, room - 50.0 - beside);
            drawing.list.text((left + 47.0, y), &text, Paint::new(Role::Ink).id(id));
        }
        list
    }

    /// What the state machine shows, in words: one sentence an end.
    pub fn machine_told(&self, window: Window) -> Vec<String> {
        let lang = window.lang;
        let tell = |end: &End| match end.steps.last() {
            _ if end.unknown => fill(Word::StateUnknown, lang, &[&end.name]),
            Some(step) => {
                let way = fill(Word::FromTo, lang, &[label_of(step.from), label_of(step.to)]);
                fill(Word::StateIs, lang, &[&end.name, &way])
            }
            None => fill(Word::StateIs, lang, &[&end.name, label_of(0)]),
        };
        self.ends(window).iter().map(tell).collect()
    }

    /// Client and server with their ways up to the playhead.
    fn ends(&self, window: Window) -> [End; 2] {
        let connection = self.trace().connections().get(window.connection as usize);
        [Side::Client, Side::Server].map(|side| {
            let stream = self.figure().streams.get(window.connection as usize * 2 + side as usize);
            let name = stream.and_then(|s| self.figure().hosts.get(s.from as usize));
            let sockets = &self.trace().tables().sockets;
            let listens = || {
                // An end that nobody has accepted yet is its listening socket.
                let port = connection?.address[side as usize]?.port();
                let row = sockets.iter().find(|row| row.local.is_some_and(|a| a.port() == port))?;
                Some(row.id)
            };
            let socket = connection.and_then(|c| c.socket[side as usize]).or_else(listens);
            let mut steps = Vec::new();
            if let Some(socket) = socket {
                let listener = sockets.iter().find(|row| row.id == socket).and_then(|row| row.listener);
                self.listening(listener.unwrap_or(socket), &mut steps);
                let from = steps.last().map_or(0, |s| s.to);
                self.walk(socket, from, &mut steps);
            }
            let unknown = steps.is_empty();
            steps.retain(|s| s.at <= window.position + 0.01);
            End { name: name.map(|h| h.name.clone()).unwrap_or_default(), steps, unknown }
        })
    }

    /// Adds the step into LISTEN, which a listening socket takes by its call.
    fn listening(&self, socket: SocketId, out: &mut Vec<Step>) {
        let mut calls = self.trace().tables().calls.iter();
        if let Some(call) = calls.find(|c| c.op == Op::Listen && c.socket == Some(socket)) {
            let at = self.scale().position(self.trace().clock(call.begun));
            out.push(Step { from: 0, to: 1, at, order: call.begun.0, id: Id::NONE });
        }
    }

    /// Adds the way of a socket that begins in the box `from`.
    fn walk(&self, socket: SocketId, mut from: u8, out: &mut Vec<Step>) {
        let states = self.figure().states.iter().enumerate();
        let mut spans = states.filter(|(_, s)| s.socket == socket.0 && s.state != "LISTEN").peekable();
        while let Some((i, span)) = spans.next() {
            let (Some(state), Some(&(at, end))) =
                (State::ALL.iter().position(|s| s.label() == span.state), self.scale().states.get(i))
            else {
                continue;
            };
            let id = Id::new(Thing::State, i);
            let to = box_of(state as u8, from);
            out.push(Step { from, to, at, order: span.from.order, id });
            from = to;
            if let Some(until) = span.until
                && spans.peek().is_none_or(|(_, next)| next.from.order != until.order)
            {
                let to = box_of(0, from);
                out.push(Step { from, to, at: end, order: until.order, id });
                from = 0;
            }
        }
    }
}

struct Drawing<'a> {
    list: &'a mut DisplayList,
    columns: [f32; 4],
    /// How far everything stands lower.
    down: f32,
    lang: Lang,
}

impl Drawing<'_> {
    fn at(&self, (column, dx, row, dy): Spot) -> (f32, f32) {
        (
            self.columns[column as usize & 3] + f32::from(dx),
            ROWS[row as usize % 7] + f32::from(dy) + self.down,
        )
    }

    /// The transitions: those not taken faint, those taken in their end's line, the last one heavy.
    fn edges(&mut self, ends: &[End; 2]) {
        let last = ends.iter().filter_map(|e| e.steps.last()).map(|s| s.order).max();
        let steps = |side: usize| ends[side].steps.iter();
        let by = |side: usize, e: &Edge| steps(side).rfind(|s| (s.from, s.to) == (e.0, e.1));
        for pass in 0..2 {
            for edge in &EDGES {
                let taken = [by(0, edge), by(1, edge)];
                let step = taken[0].or(taken[1]);
                if step.is_some() != (pass == 1) {
                    continue;
                }
                let mut paint = Paint::new(Role::Faint);
                if let Some(step) = step {
                    let side = u16::from(taken[0].is_none());
                    let now = taken.iter().flatten().any(|s| Some(s.order) == last);
                    let heavy = if now { look::BOLD } else { 0 };
                    paint = Paint::new(Role::Ink).look((side * look::DASHED) | heavy).id(step.id);
                }
                let way: Vec<(f32, f32)> = edge.4.iter().map(|&spot| self.at(spot)).collect();
                self.way(&way, paint);
                self.label(edge, paint);
            }
        }
        // What a run does beyond the figure (a reset, a time-out) goes straight from box to box.
        for side in 0..2 {
            let Some(step) = steps(side).next_back() else { continue };
            let known = EDGES.iter().any(|e| (e.0, e.1) == (step.from, step.to));
            if known || step.from == step.to || Some(step.order) != last {
                continue;
            }
            let centre = |of: u8| {
                let (_, column, row) = BOXES[of as usize % BOXES.len()];
                self.at((column, 0, row, 0))
            };
            let (a, b) = (centre(step.from), centre(step.to));
            let part = |from: (f32, f32), to: (f32, f32)| {
                let (dx, dy) = (to.0 - from.0, to.1 - from.1);
                let t = (HALF.0 / dx.abs().max(0.1)).min(HALF.1 / dy.abs().max(0.1)).min(0.45);
                (from.0 + dx * t, from.1 + dy * t)
            };
            let dashes = side as u16 * look::DASHED;
            let paint = Paint::new(Role::Trouble).look(look::BOLD | dashes).id(step.id);
            self.way(&[part(a, b), part(b, a)], paint);
        }
    }

    /// A bent line that ends in a head.
    fn way(&mut self, points: &[(f32, f32)], paint: Paint) {
        let [.., a, b] = *points else { return };
        let (dx, dy) = (b.0 - a.0, b.1 - a.1);
        let length = (dx * dx + dy * dy).sqrt().max(1.0);
        let back = |by: f32| (b.0 - dx * by / length, b.1 - dy * by / length);
        let mut flat: Vec<f32> = points[..points.len() - 1].iter().flat_map(|p| [p.0, p.1]).collect();
        let (near, neck) = (back(8.0f32.min(length)), back(9.0f32.min(length)));
        flat.extend([near.0, near.1]);
        self.list.mark(Kind::Line, &flat, paint);
        self.list.arrow(neck, b, Paint { look: paint.look & !look::DASHED, ..paint });
    }

    /// Event above action, a rule between them.
    fn label(&mut self, edge: &Edge, paint: Paint) {
        let (x, y) = self.at(edge.5);
        let (event, action) = (edge.2.text(self.lang), edge.3.text(self.lang));
        let width = metrics::width(event, SMALL).max(metrics::width(action, SMALL));
        let left = match edge.6 {
            look::END => x - width,
            look::CENTRE => x - width / 2.0,
            _ => x,
        };
        let heavy = paint.look & look::BOLD;
        let text = Paint::new(paint.role).look(edge.6 | heavy | look::HALO).id(paint.id);
        self.list.text((x, y), event, text);
        self.list.line((left, y + 4.0), (left + width, y + 4.0), Paint::new(Role::Grid));
        self.list.text((x, y + 16.0), action, text);
    }

    fn boxes(&mut self, ends: &[End; 2]) {
        for (i, &(_, column, row)) in BOXES.iter().enumerate() {
            let here: Vec<usize> =
                (0..2).filter(|&side| !ends[side].unknown && ends[side].now() as usize == i).collect();
            let been =
                ends.iter().any(|e| e.steps.iter().any(|s| s.from as usize == i || s.to as usize == i));
            let (x, y) = self.at((column, 0, row, 0));
            let corner = (x - HALF.0, y - HALF.1);
            let size = (HALF.0 * 2.0, HALF.1 * 2.0);
            let id = here.iter().find_map(|&side| ends[side].steps.last()).map_or(Id::NONE, |s| s.id);
            let fill = if here.is_empty() { Role::Paper } else { Role::State };
            let ink = if been || !here.is_empty() { Role::Ink } else { Role::Faint };
            self.list.rect(corner, size, Paint::new(fill).id(id));
            let outline = Paint::new(ink).look(look::OUTLINE).id(id);
            self.list.rect(corner, size, outline);
            let mut name = Paint::new(ink).look(look::CENTRE);
            if here.is_empty() {
                self.list.text((x, y + 4.0), label_of(i as u8), name);
                continue;
            }
            // Where an end stands, the box has a double border and the end's mark.
            self.list.rect((corner.0 + 2.5, corner.1 + 2.5), (size.0 - 5.0, size.1 - 5.0), outline);
            // The name is told in full, heavy only where that fits.
            let heavy = metrics::width(label_of(i as u8), SMALL * 1.06) <= size.0 - 2.0;
            name = name.look(if heavy { look::BOLD } else { 0 }).id(id);
            self.list.text((x, y - 3.0), label_of(i as u8), name);
            let room = (size.0 - 4.0) / here.len() as f32;
            let width = |name: &str| 10.0 + metrics::width(name, SMALL);
            let whole = |names: &[String]| {
                names.iter().map(|n| width(n)).sum::<f32>() + GAP * (names.len() - 1) as f32
            };
            let mut names: Vec<String> = here.iter().map(|&side| ends[side].name.clone()).collect();
            if whole(&names) > size.0 - 4.0 {
                names.iter_mut().for_each(|n| *n = metrics::shorten(n, SMALL, room - 12.0));
            }
            let mut at = x - whole(&names) / 2.0;
            for (&side, name) in here.iter().zip(&names) {
                self.mark(side, at + 4.0, y + 10.0);
                self.list.text((at + 10.0, y + 14.0), name, Paint::new(Role::Ink).id(id));
                at += width(name) + GAP;
            }
        }
    }

    /// An end's mark: a disc for the client, a square for the server.
    fn mark(&mut self, side: usize, x: f32, y: f32) {
        let paint = Paint::new(Role::Ink);
        if side == 1 {
            self.list.rect((x - 4.0, y - 4.0), (8.0, 8.0), paint);
            return;
        }
        // Sixteen corners, each turned by 22.5 degrees from the one before.
        const TURN: (f32, f32) = (0.923_879_5, 0.382_683_43);
        let mut spoke = (4.4, 0.0);
        let corners: Vec<f32> = (0..16)
            .flat_map(|_| {
                let corner = [x + spoke.0, y + spoke.1];
                spoke = (spoke.0 * TURN.0 - spoke.1 * TURN.1, spoke.0 * TURN.1 + spoke.1 * TURN.0);
                corner
            })
            .collect();
        self.list.mark(Kind::Area, &corners, paint);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figure_has_every_state_and_each_way_touches_its_boxes() {
        for &state in State::ALL {
            assert!(BOXES.iter().any(|b| b.0 == state as u8), "{state}");
        }
        for edge in &EDGES {
            for (of, spot) in [(edge.0, edge.4[0]), (edge.1, edge.4[edge.4.len() - 1])] {
                let (_, column, row) = BOXES[of as usize];
                let name = label_of(of);
                assert_eq!((spot.0, spot.2), (column, row), "{name}");
                let touches = spot.1.abs() == HALF.0 as i8 || spot.3.abs() == HALF.1 as i8;
                assert!(touches, "{name}: {spot:?}");
            }
            // Every bend is a right angle.
            assert!(
                edge.4
                    .windows(2)
                    .all(|w| (w[0].0, w[0].1) == (w[1].0, w[1].1) || (w[0].2, w[0].3) == (w[1].2, w[1].3))
            );
        }
    }

    #[test]
    fn closed_before_is_not_closed_after() {
        assert_eq!(box_of(0, 3), 0);
        assert_eq!(box_of(0, 9), 11);
        assert_eq!(label_of(11), "CLOSED");
        assert_eq!(label_of(box_of(10, 7)), "TIME-WAIT");
    }
}
