//! What `framewire send` prints: answers on standard output, calls on standard error.

use std::io::{self, Read, Write};
use std::time::Instant;

/// Bytes shown of a call's data.
const SHOWN: usize = 48;

/// Prints answers and, if asked, calls.
pub struct Output {
    json: bool,
    calls: bool,
    start: Instant,
}

/// Bytes as a Python bytes literal, cut after a while.
pub fn quoted(bytes: &[u8]) -> String {
    let shown = bytes.get(..SHOWN).unwrap_or(bytes);
    let more = if bytes.len() > SHOWN { format!("… ({} bytes)", bytes.len()) } else { String::new() };
    format!("b\"{}\"{more}", shown.escape_ascii())
}

/// All of standard input.
pub fn read_stdin() -> anyhow::Result<Vec<u8>> {
    let mut all = Vec::new();
    io::stdin().lock().take(crate::reply::MAX_FILE).read_to_end(&mut all)?;
    Ok(all)
}

impl Output {
    /// Prints JSON (or text), and calls or not. Times count from now.
    pub fn new(json: bool, calls: bool) -> Self {
        Output { json, calls, start: Instant::now() }
    }

    /// Shows one socket call.
    pub fn call(&self, call: std::fmt::Arguments<'_>) {
        if self.calls {
            eprintln!("{:>10.3} ms  {call}", self.start.elapsed().as_secs_f64() * 1e3);
        }
    }

    /// Prints an answer: its bytes as they are and a line break, or a JSON object.
    pub fn answer(&mut self, number: u64, bytes: &[u8], asked_at: Instant) {
        let mut out = io::stdout().lock();
        let result = if self.json {
            let text = std::str::from_utf8(bytes).ok();
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            let micros = asked_at.elapsed().as_secs_f64() * 1e6;
            let line = serde_json::json!({
                "number": number, "bytes": bytes.len(), "text": text, "hex": hex, "micros": micros.round(),
            });
            writeln!(out, "{line}")
        } else {
            out.write_all(bytes)
                .and_then(|()| if bytes.ends_with(b"\n") { Ok(()) } else { out.write_all(b"\n") })
        };
        // Whoever reads our output may have heard enough (`| head -1`): that is no fault of the conversation.
        crate::say::said(result.and_then(|()| out.flush()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shown_as_python_writes_them() {
        assert_eq!(quoted(b"a\n\xff\""), "b\"a\\n\\xff\\\"\"");
        assert!(quoted(&[b'x'; 100]).ends_with("… (100 bytes)"));
    }
}
