//! What a decoder refuses to believe.

/// Limits of a decoder (and of the [encoder](super::Encoder), so that nobody writes what nobody reads).
///
/// Memory never grows with the lengths that a peer claims, only with the bytes received; a limit says how many of
/// those one message may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of a JSON header. Default 64 KiB.
    pub header: u32,
    /// Most bytes of a payload (under `length`: most bytes behind the length). Default 16 MiB.
    pub payload: u64,
    /// Deepest nesting of a JSON header, the header's own braces being 1. Default 16.
    pub nesting: u32,
}

impl Limits {
    /// The defaults, as a constant.
    pub const DEFAULT: Limits = Limits { header: 64 << 10, payload: 16 << 20, nesting: 16 };

    /// The limits as they are applied: nothing above what one buffer of this machine can hold.
    pub(crate) fn applied(self) -> Limits {
        let whole = (isize::MAX as u64) / 4;
        Limits { payload: self.payload.min(whole), ..self }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits::DEFAULT
    }
}
