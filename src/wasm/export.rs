//! What is open, in the formats of other programs.

use wasm_bindgen::prelude::*;

use super::{Player, lang_of};
use crate::trace::{Vantage, capture, write};
use crate::view::{mermaid, text};

#[wasm_bindgen]
impl Player {
    /// A trace file (`.fwtrace`): opened again, it is the same conversation, event for event.
    #[wasm_bindgen(js_name = traceFile)]
    pub fn trace_file(&self) -> Vec<u8> {
        write(self.session.trace())
    }

    /// A capture file (pcapng) of all packets as they were sent, with calls and causes as comments.
    pub fn pcapng(&self) -> Vec<u8> {
        capture::export(self.session.trace(), Vantage::Sent)
    }

    /// A Mermaid sequence diagram.
    pub fn mermaid(&self, title: &str, relative: bool, lang: &str) -> String {
        mermaid::write(self.session.figure(), title, relative, lang_of(lang), None)
    }

    /// The ladder as plain text, at most `columns` wide.
    #[wasm_bindgen(js_name = plainText)]
    pub fn plain_text(&self, columns: u32, relative: bool, lang: &str) -> String {
        text::write(self.session.figure(), columns as usize, relative, lang_of(lang), None)
    }
}
