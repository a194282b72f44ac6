//! TurnFrames like the one before: most frames of a program have the same parts, and a file says so instead of telling them anew.

use super::encode::kind_of;
use super::turn::TurnFrames;
use super::wire::{Fields, Pen, WireError, put_u64};
use crate::trace::id::SocketId;
use crate::trace::record::{RoleRange, What};

/// The kind that stands in files for a decoded frame like the one before. No kind of event has it.
pub const FRAME_ALIKE: u8 = 150;

/// What the last frame of a chunk that was told in full was like.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    known: bool,
    framing: String,
    len: u64,
    /// Its parts, at offsets from its start.
    roles: Vec<RoleRange>,
}

impl Shape {
    /// A chunk begins.
    pub fn clear(&mut self) {
        self.known = false;
    }

    /// The kind to write for a record.
    pub fn kind(&self, what: &What<'_>) -> u8 {
        if self.fits(what) { FRAME_ALIKE } else { kind_of(what) as u8 }
    }

    fn fits(&self, what: &What<'_>) -> bool {
        let What::FrameDecoded { framing, start, end, roles, error: None, .. } = *what else { return false };
        self.same(end.wrapping_sub(start), framing, roles, start)
    }

    /// True of a frame that is `len` long and has these parts, at offsets from its start.
    pub fn is(&self, len: u64, framing: &str, roles: &[RoleRange]) -> bool {
        self.same(len, framing, roles, 0)
    }

    fn same(&self, len: u64, framing: &str, roles: &[RoleRange], start: u64) -> bool {
        let same = |(mine, it): (&RoleRange, &RoleRange)| *mine == less(it, start);
        self.known
            && self.len == len
            && self.roles.len() == roles.len()
            && self.roles.iter().zip(roles).all(same)
            && self.framing == framing
    }

    /// How long such a frame is.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Two such frames; nothing if the chunk has told of none.
    pub fn frames(&self, starts: [u64; 2]) -> Option<TurnFrames<'_>> {
        self.known.then_some(TurnFrames { framing: &self.framing, roles: &self.roles, starts })
    }

    /// A frame was told in full.
    pub fn learn(&mut self, what: &What<'_>) {
        let What::FrameDecoded { framing, start, end, roles, error: None, .. } = *what else { return };
        self.known = true;
        self.framing.clear();
        self.framing.push_str(framing);
        self.len = end.wrapping_sub(start);
        self.roles.clear();
        self.roles.extend(roles.iter().map(|role| less(role, start)));
    }

    /// The fields of a frame that [`Shape::kind`] found alike.
    pub fn put(out: &mut Pen<'_>, socket: SocketId, sent: bool, start: u64) {
        put_u64(out, u64::from(socket.0));
        out.push(u8::from(sent));
        put_u64(out, start);
    }

    /// Reads such a frame; its parts are left in `roles`.
    pub fn take<'a>(
        &'a self,
        f: &mut Fields<'_>,
        roles: &'a mut Vec<RoleRange>,
    ) -> Result<What<'a>, WireError> {
        if !self.known {
            return Err(WireError::NoFrame);
        }
        let socket = SocketId(f.u32("a socket")?);
        let (sent, start) = (f.flag("a flag")?, f.u64("a frame's start")?);
        roles.clear();
        roles.extend(self.roles.iter().map(|role| shifted(role, start)));
        let end = start.wrapping_add(self.len);
        Ok(What::FrameDecoded { socket, sent, framing: &self.framing, start, end, roles, error: None })
    }
}

/// A part of a frame that begins at `start`.
pub fn shifted(role: &RoleRange, start: u64) -> RoleRange {
    RoleRange { start: role.start.wrapping_add(start), end: role.end.wrapping_add(start), ..*role }
}

fn less(role: &RoleRange, start: u64) -> RoleRange {
    RoleRange { start: role.start.wrapping_sub(start), end: role.end.wrapping_sub(start), ..*role }
}
