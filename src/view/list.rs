//! The display list: what a picture consists of, flat and without colours.
//!
//! A [`DisplayList`] is painted on a canvas by the page and written as SVG by [`svg`](crate::view::svg). Each mark has
//! a shape (its kind and its points), a *role* that a theme turns into colour and width, a *hue* (which message its
//! bytes belong to), a *look* (dashed, double, hatched, …), the playhead positions at which it appears and is complete (the
//! playhead cuts it there), and an *id* that says what it stands for. Columns cross the WASM boundary as they are.

/// The shape of a mark, and what its points mean. Lengths are CSS pixels, y grows downwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Strokes through all its points (at least two).
    Line,
    /// A line of two points with a head at the second; time runs along it.
    Arrow,
    /// A rectangle: corner, then width and height.
    Rect,
    /// A closed polygon through all its points.
    Area,
    /// One line of text at its point: the baseline, at the side that the anchor names. A second point gives the direction.
    Text,
    /// A cross (lost here) around its point.
    Cross,
    /// Nothing is painted: a rectangle that can be pointed at.
    Region,
    /// From here on marks are clipped to the rectangle, until the next `Clip`; an empty rectangle ends clipping.
    Clip,
}

macro_rules! roles {
    ($($(#[$doc:meta])* $name:ident = $class:literal,)*) => {
        /// What a mark is in the picture; a theme gives each role its paint.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Role { $($(#[$doc])* $name,)* }

        impl Role {
            /// Every role, in the order of its number.
            pub const ALL: &[Role] = &[$(Role::$name),*];
            /// The role's name: a class in SVG, a custom property (`--fw-…`) in the page.
            pub fn class(self) -> &'static str {
                const CLASSES: &[&str] = &[$($class),*];
                CLASSES[self as usize]
            }
        }
    };
}

roles! {
    /// Lines and text of the conversation itself.
    Ink = "ink",
    /// Axes, ticks and their labels: there, but not loud.
    Faint = "faint",
    /// The grid behind everything.
    Grid = "grid",
    /// Bytes of a message, painted in the message's hue.
    Message = "message",
    /// A connection state's bar.
    State = "state",
    /// A socket call.
    Call = "call",
    /// A timer's bracket.
    Timer = "timer",
    /// Something went wrong here: lost, reset, refused.
    Trouble = "trouble",
    /// The background, where a mark must cover what is behind it.
    Paper = "paper",
}

/// How a mark is drawn beyond its role: bits to be joined with `|`.
pub mod look {
    /// Dashed: lost on the way.
    pub const DASHED: u16 = 1;
    /// Two parallel lines: a retransmission.
    pub const DOUBLE: u16 = 2;
    /// Dotted: a duplicate made by the network.
    pub const DOTTED: u16 = 4;
    /// An open head: arrived out of order.
    pub const OPEN_HEAD: u16 = 8;
    /// Heavy: RST.
    pub const BOLD: u16 = 16;
    /// Filled with slanting lines: a blocked call.
    pub const HATCHED: u16 = 32;
    /// Outline only.
    pub const OUTLINE: u16 = 64;
    /// A bar across the head: RST ends the connection.
    pub const BARRED: u16 = 128;
    /// Monospaced type.
    pub const MONO: u16 = 256;
    /// Text set right of its point is the default; this centres it.
    pub const CENTRE: u16 = 512;
    /// The text ends at its point.
    pub const END: u16 = 1024;
    /// The larger type size (14 instead of 12).
    pub const LARGE: u16 = 2048;
    /// A rectangle that is full between its two positions, and empty (but still to be seen) after the second: a buffer.
    pub const EMPTIES: u16 = 4096;
    /// Without an arrow head.
    pub const HEADLESS: u16 = 8192;
    /// Gets a halo of background colour, so that it stays readable on top of lines.
    pub const HALO: u16 = 16384;
    /// Translucent, so that marks behind stay visible.
    pub const SOFT: u16 = 32768;
}

/// Number of message hues; hue 0 stands for "no message". Hues come round again.
pub const HUES: u8 = 7;

/// What a mark stands for; everything of one id lights up together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Id(pub u32);

/// The classes of things an [`Id`] can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Thing {
    /// Nothing.
    None = 0,
    /// A packet's flight, by its index in [`Figure::flights`](crate::view::figure::Figure::flights).
    Flight = 1,
    /// A socket call, by its index in [`Figure::calls`](crate::view::figure::Figure::calls).
    Call = 2,
    /// A stretch of a connection state, by index.
    State = 3,
    /// A timer's stretch, by index.
    Timer = 4,
    /// Several flights folded into one mark: the first one's index.
    Fold = 5,
    /// A frame of the stream, by index.
    Frame = 6,
}

impl Id {
    /// Stands for nothing.
    pub const NONE: Id = Id(0);

    /// The number of its class: a [`Thing`].
    pub const fn thing(self) -> u32 {
        self.0 >> 28
    }

    /// Which of its class.
    pub const fn index(self) -> usize {
        (self.0 & 0x0fff_ffff) as usize
    }

    /// The `index`th thing of a class (indices from 2^28 on share the last number).
    pub fn new(thing: Thing, index: usize) -> Id {
        Id(((thing as u32) << 28) | (index.min(0x0fff_ffff) as u32))
    }
}

/// A mark's attributes other than its shape; start from [`Paint::new`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paint {
    /// What it is in the picture.
    pub role: Role,
    /// Which message (1..=[`HUES`]), or 0.
    pub hue: u8,
    /// Bits of [`look`].
    pub look: u16,
    /// What it stands for.
    pub id: Id,
    /// The [position](crate::view::scale) of the playhead at which it begins to be there.
    pub from: f64,
    /// The position at which it is complete; between the two it grows.
    pub until: f64,
}

impl Paint {
    /// There from the start, in the plain look of `role`.
    pub const fn new(role: Role) -> Paint {
        Paint { role, hue: 0, look: 0, id: Id::NONE, from: f64::MIN, until: f64::MIN }
    }

    /// With these bits of [`look`] added.
    pub const fn look(mut self, bits: u16) -> Paint {
        self.look |= bits;
        self
    }

    /// In the hue of a message.
    pub const fn hue(mut self, hue: u8) -> Paint {
        self.hue = hue;
        self
    }

    /// Standing for `id`.
    pub const fn id(mut self, id: Id) -> Paint {
        self.id = id;
        self
    }

    /// Growing from the position `from` until `until`.
    pub const fn time(mut self, from: f64, until: f64) -> Paint {
        self.from = from;
        self.until = until;
        self
    }
}

/// A picture as columns: row `i` of each column belongs to mark `i`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DisplayList {
    /// Width of the picture.
    pub width: f32,
    /// Height of the picture.
    pub height: f32,
    /// [`Kind`] numbers.
    pub kind: Vec<u8>,
    /// [`Role`] numbers.
    pub role: Vec<u8>,
    /// Message hues.
    pub hue: Vec<u8>,
    /// Bits of [`look`].
    pub look: Vec<u16>,
    /// [`Id`] numbers.
    pub id: Vec<u32>,
    /// Playhead positions at which marks begin.
    pub from: Vec<f64>,
    /// Playhead positions at which marks are complete.
    pub until: Vec<f64>,
    /// Where a mark's points begin in `points`; one more entry than marks, so that row `i` ends where `i + 1` begins.
    pub start: Vec<u32>,
    /// x and y in turn.
    pub points: Vec<f32>,
    /// Where a text stands in `texts`, or `u32::MAX`.
    pub text: Vec<u32>,
    /// The texts; none holds a line break.
    pub texts: Vec<String>,
}

impl DisplayList {
    /// An empty picture of this size.
    pub fn new(width: f32, height: f32) -> DisplayList {
        DisplayList { width, height, start: vec![0], ..DisplayList::default() }
    }

    /// Number of marks.
    pub fn len(&self) -> usize {
        self.kind.len()
    }

    /// True when nothing is drawn.
    pub fn is_empty(&self) -> bool {
        self.kind.is_empty()
    }

    /// The points of mark `i`, x and y in turn.
    pub fn points_of(&self, i: usize) -> &[f32] {
        let range = self.start.get(i).zip(self.start.get(i + 1));
        range.and_then(|(&a, &b)| self.points.get(a as usize..b as usize)).unwrap_or_default()
    }

    /// The text of mark `i`, if it is one.
    pub fn text_of(&self, i: usize) -> Option<&str> {
        self.text.get(i).and_then(|&t| self.texts.get(t as usize)).map(String::as_str)
    }

    /// Adds a mark of any kind through `points`.
    pub fn mark(&mut self, kind: Kind, points: &[f32], paint: Paint) {
        self.kind.push(kind as u8);
        self.role.push(paint.role as u8);
        self.hue.push(paint.hue);
        self.look.push(paint.look);
        self.id.push(paint.id.0);
        self.from.push(paint.from);
        self.until.push(paint.until);
        self.points.extend_from_slice(points);
        self.start.push(self.points.len() as u32);
        self.text.push(u32::MAX);
    }

    /// Adds all marks of another picture, above what is there.
    pub fn append(&mut self, other: DisplayList) {
        let (points, texts) = (self.points.len() as u32, self.texts.len() as u32);
        self.kind.extend(other.kind);
        self.role.extend(other.role);
        self.hue.extend(other.hue);
        self.look.extend(other.look);
        self.id.extend(other.id);
        self.from.extend(other.from);
        self.until.extend(other.until);
        self.start.extend(other.start.iter().skip(1).map(|&at| at + points));
        self.points.extend(other.points);
        self.text.extend(other.text.iter().map(|&t| if t == u32::MAX { t } else { t + texts }));
        self.texts.extend(other.texts);
    }

    /// A straight line.
    pub fn line(&mut self, from: (f32, f32), to: (f32, f32), paint: Paint) {
        self.mark(Kind::Line, &[from.0, from.1, to.0, to.1], paint);
    }

    /// A line with a head at `to`.
    pub fn arrow(&mut self, from: (f32, f32), to: (f32, f32), paint: Paint) {
        self.mark(Kind::Arrow, &[from.0, from.1, to.0, to.1], paint);
    }

    /// A rectangle by its upper left corner and size.
    pub fn rect(&mut self, corner: (f32, f32), size: (f32, f32), paint: Paint) {
        self.mark(Kind::Rect, &[corner.0, corner.1, size.0, size.1], paint);
    }

    /// Something to point at that is not painted.
    pub fn region(&mut self, corner: (f32, f32), size: (f32, f32), id: Id) {
        self.mark(Kind::Region, &[corner.0, corner.1, size.0, size.1], Paint::new(Role::Paper).id(id));
    }

    /// Clips what follows; `None` ends clipping.
    pub fn clip(&mut self, rect: Option<[f32; 4]>) {
        self.mark(Kind::Clip, &rect.unwrap_or_default(), Paint::new(Role::Paper));
    }

    /// A line of text with its baseline at `at`.
    pub fn text(&mut self, at: (f32, f32), text: &str, paint: Paint) {
        self.mark(Kind::Text, &[at.0, at.1], paint);
        self.set_text(text);
    }

    /// A line of text along the direction from `at` to `toward`.
    pub fn text_along(&mut self, at: (f32, f32), toward: (f32, f32), text: &str, paint: Paint) {
        self.mark(Kind::Text, &[at.0, at.1, toward.0, toward.1], paint);
        self.set_text(text);
    }

    fn set_text(&mut self, text: &str) {
        if let Some(last) = self.text.last_mut() {
            *last = self.texts.len() as u32;
        }
        // Control characters would break the joined strings of the boundary, and show as nothing.
        self.texts.push(text.chars().map(|c| if c.is_control() { '·' } else { c }).collect());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_has_a_row_in_every_column() {
        let mut list = DisplayList::new(100.0, 50.0);
        list.line((0.0, 1.0), (2.0, 3.0), Paint::new(Role::Ink));
        list.text((4.0, 5.0), "a\nb", Paint::new(Role::Faint).look(look::END));
        list.rect((1.0, 1.0), (9.0, 9.0), Paint::new(Role::Message).hue(3).id(Id::new(Thing::Call, 7)));
        assert_eq!(list.len(), 3);
        for rows in [list.role.len(), list.hue.len(), list.look.len(), list.id.len(), list.text.len()] {
            assert_eq!(rows, 3);
        }
        assert_eq!(list.points_of(0), [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(list.text_of(1), Some("a·b"));
        assert_eq!(list.points_of(2), [1.0, 1.0, 9.0, 9.0]);
        assert_eq!(list.points_of(3), [0.0; 0]);
        assert_eq!(list.id[2] >> 28, Thing::Call as u32);
    }

    #[test]
    fn pictures_are_joined() {
        let mut one = DisplayList::new(10.0, 10.0);
        one.text((1.0, 2.0), "a", Paint::new(Role::Ink));
        let mut two = DisplayList::new(10.0, 10.0);
        two.line((3.0, 4.0), (5.0, 6.0), Paint::new(Role::Ink));
        two.text((7.0, 8.0), "b", Paint::new(Role::Ink));
        one.append(two);
        assert_eq!((one.len(), one.start.len()), (3, 4));
        assert_eq!((one.points_of(1), one.points_of(2)), (&[3.0, 4.0, 5.0, 6.0][..], &[7.0, 8.0][..]));
        assert_eq!((one.text_of(0), one.text_of(1), one.text_of(2)), (Some("a"), None, Some("b")));
    }

    #[test]
    fn roles_are_numbered_in_order() {
        for (i, &role) in Role::ALL.iter().enumerate() {
            assert_eq!(role as usize, i);
        }
    }
}
