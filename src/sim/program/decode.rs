//! decode(): octets to text, whole characters only. It is no socket call, and where it succeeds nothing is told but what it
//! prints. Where it fails that is what many a program is about: it is told as a call that failed.

use super::call::{Action, Compound};
use super::code::DataVar;
use super::task::{Stage, Task};

impl Task {
    /// Decodes data; a character that was cut raises, or waits for its rest.
    pub(super) fn decode(&mut self, var: DataVar, incremental: bool) -> Action {
        let mut bytes = std::mem::take(&mut self.cut);
        bytes.extend_from_slice(self.vars.get(var.0 as usize).map_or(&[][..], |data| data));
        let text = match std::str::from_utf8(&bytes) {
            Ok(text) => text.to_owned(),
            Err(error) if incremental && error.error_len().is_none() => {
                let (whole, cut) = bytes.split_at(error.valid_up_to());
                self.cut = cut.to_vec();
                String::from_utf8_lossy(whole).into_owned()
            }
            Err(error) => {
                let at = error.valid_up_to();
                let byte = bytes.get(at).copied().unwrap_or_default();
                let why = match error.error_len() {
                    None => "unexpected end of data",
                    Some(_) if byte & 0xc0 == 0x80 => "invalid start byte",
                    Some(_) => "invalid continuation byte",
                };
                self.stage = Stage::Raising(format!(
                    "UnicodeDecodeError: 'utf-8' codec can't decode byte 0x{byte:02x} in position {at}: {why}"
                ));
                return Action::Begin(None, Compound::Decode);
            }
        };
        self.pc += 1;
        Action::Print(text)
    }
}
