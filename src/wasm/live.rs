//! A recording that grows, for the page: its bytes go in as they come, players of its last events come out.

use wasm_bindgen::prelude::*;

use super::{Player, lang_of};
use crate::trace::End;
use crate::trace::tail::Tail;
use crate::view::words::{Word, fill};

/// The last events of a growing recording.
#[wasm_bindgen]
pub struct LiveFeed {
    tail: Tail,
    name: String,
}

#[wasm_bindgen]
impl LiveFeed {
    /// Of the recording of this name; keeps at least the last `keep` events.
    #[wasm_bindgen(constructor)]
    pub fn new(name: String, keep: u32) -> LiveFeed {
        LiveFeed { tail: Tail::new(keep as usize), name }
    }

    /// Takes the next bytes; throws what is wrong with them.
    pub fn feed(&mut self, bytes: &[u8], lang: &str) -> Result<(), JsError> {
        let lang = lang_of(lang);
        self.tail
            .feed(bytes)
            .map_err(|error| JsError::new(&fill(Word::ErrorTrace, lang, &[&self.name, &error.to_string()])))
    }

    /// Keeps another number of events from now on.
    pub fn keep(&mut self, keep: u32) {
        self.tail.keep(keep as usize);
    }

    /// How many events came in all.
    pub fn events(&self) -> u32 {
        self.tail.events()
    }

    /// How many of them are forgotten.
    pub fn forgotten(&self) -> u32 {
        self.tail.forgotten()
    }

    /// Nothing more can be read.
    pub fn damaged(&self) -> bool {
        matches!(self.tail.end(), End::Damaged { .. })
    }

    /// What is kept, opened.
    pub fn player(&self) -> Player {
        Player::over(self.tail.snapshot(), String::new())
    }
}
