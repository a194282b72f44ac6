//! Recordings and captures: opened once, then drawn whole or connection by connection.

use std::sync::Arc;

use wasm_bindgen::prelude::*;

use super::{Player, lang_of, to_js};
use crate::trace::{ConnectionId, Trace, extract};
use crate::view::opening;

/// The content of an opened file.
#[wasm_bindgen]
pub struct Recording {
    trace: Arc<Trace>,
    remark: String,
}

#[wasm_bindgen]
impl Recording {
    /// Opens the bytes of a recording or a capture; throws what is wrong with them.
    pub fn read(name: &str, bytes: &[u8], lang: &str) -> Result<Recording, JsError> {
        let opened = opening::open(name, bytes, lang_of(lang)).map_err(|error| JsError::new(&error))?;
        Ok(Recording { trace: Arc::new(opened.trace), remark: opened.remark })
    }

    /// What the reader should know of how the file was read; empty if nothing.
    pub fn remark(&self) -> String {
        self.remark.clone()
    }

    /// How many connections and flows there are.
    pub fn count(&self) -> u32 {
        self.trace.connections().len() as u32
    }

    /// The connections: what each is and holds.
    pub fn connections(&self, lang: &str) -> JsValue {
        to_js(&opening::connections(&self.trace, lang_of(lang)))
    }

    /// Everything in one picture, or one connection alone.
    pub fn open(&self, connection: Option<u32>) -> Player {
        match connection {
            Some(n) => Player::over(extract(&self.trace, ConnectionId(n)), String::new()),
            None => Player::over(self.trace.clone(), String::new()),
        }
    }
}
