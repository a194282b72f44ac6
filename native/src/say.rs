//! Lines on standard output. Whoever reads them may have heard enough (`| head -1`): that is no fault of the work done.

use std::fmt::Display;
use std::io::Write;

/// Prints a line at once.
pub fn line(text: impl Display) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}
