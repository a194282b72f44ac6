//! Standard output. Whoever reads it may have heard enough (`| head -1`): that is no fault of the work done. Anything else that keeps
//! the words from arriving, such as a full disk, is told at the end.

use std::fmt::Display;
use std::io::{self, ErrorKind, StdoutLock, Write};
use std::sync::OnceLock;

/// Why standard output did not take all.
static TROUBLE: OnceLock<OutputError> = OnceLock::new();

#[derive(Debug, thiserror::Error)]
#[error("cannot write to standard output: {0}")]
struct OutputError(io::Error);

/// Prints a line at once.
pub fn line(text: impl Display) {
    let mut out = io::stdout().lock();
    said(writeln!(out, "{text}").and_then(|()| out.flush()));
}

/// Takes note of what became of something printed; the work goes on.
pub fn said(result: io::Result<()>) {
    if let Err(error) = result
        && error.kind() != ErrorKind::BrokenPipe
    {
        let _ = TROUBLE.set(OutputError(error));
    }
}

/// What kept words from arriving, if anything did.
pub fn trouble() -> Option<anyhow::Error> {
    TROUBLE.get().map(|error| anyhow::anyhow!("{error}"))
}

/// Standard output for what a command is there to print: its errors say where they come from.
#[derive(Debug)]
pub struct Output(StdoutLock<'static>);

/// Standard output, locked.
pub fn output() -> Output {
    Output(io::stdout().lock())
}

fn named(error: io::Error) -> io::Error {
    io::Error::new(error.kind(), OutputError(error))
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).map_err(named)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush().map_err(named)
    }
}

/// True for an error that only says that nobody reads standard output any more.
pub fn heard_enough(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let ours = |error: &io::Error| error.get_ref().is_some_and(|inner| inner.is::<OutputError>());
        let io = cause.downcast_ref::<io::Error>().filter(|error| ours(error)).map(io::Error::kind);
        let json = cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        io.or(json) == Some(ErrorKind::BrokenPipe)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_of_our_own_output_is_no_fault() {
        let pipe = || io::Error::from(ErrorKind::BrokenPipe);
        assert!(heard_enough(&anyhow::Error::new(named(pipe())).context("sim")));
        assert!(!heard_enough(&anyhow::Error::new(pipe())), "of a socket, it is one");
        let full = named(io::Error::from(ErrorKind::StorageFull));
        assert!(full.to_string().starts_with("cannot write to standard output: "));
        assert!(!heard_enough(&anyhow::Error::new(full)));
    }
}
