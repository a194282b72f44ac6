//! Which of the received bytes make which frame, where a scenario names a framing.

use std::sync::{Mutex, PoisonError};

use framewire::framing::Framing;
use framewire::trace::{SocketId, What};

use crate::record::frames::{Alike, Lane};

/// The received streams of all sockets.
pub struct Frames {
    framing: Option<(Framing, String)>,
    lanes: Mutex<(Vec<(SocketId, Lane)>, Alike)>,
}

impl Frames {
    /// For the framing of that name, if it is one that cuts streams.
    pub fn new(name: Option<&str>) -> Self {
        let framing = name.and_then(|name| Some((name.parse().ok()?, name.to_owned())));
        let cuts = |(framing, _): &(Framing, String)| !matches!(framing, Framing::None | Framing::Datagram);
        Frames { framing: framing.filter(cuts), lanes: Mutex::default() }
    }

    /// Tells of the frames that these received bytes complete.
    pub fn told(&self, socket: SocketId, bytes: &[u8], mut tell: impl FnMut(What<'_>)) {
        let Some((framing, name)) = &self.framing else { return };
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let (lanes, alike) = &mut *lanes;
        let at = lanes.iter().position(|(of, _)| *of == socket).unwrap_or_else(|| {
            lanes.push((socket, Lane::new(framing)));
            lanes.len() - 1
        });
        let Some((_, lane)) = lanes.get_mut(at) else { return };
        lane.feed(alike, bytes, |found| {
            let (start, end, roles, error) = (found.start, found.end, found.roles, found.error);
            tell(What::FrameDecoded { socket, sent: false, framing: name, start, end, roles, error });
        });
    }
}
