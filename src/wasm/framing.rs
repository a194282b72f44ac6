//! The framing debugger's bindings. The page keeps the bytes; what crosses back are numbers and sentences.

use js_sys::{Array, Float64Array, Object};
use wasm_bindgen::prelude::*;

use super::{Player, lang_of, set};
use crate::framing::{self, Diagnosis, Framing, Limits, Role, Verdict};
use crate::trace::{ConnectionId, Side};

/// Candidates that are shown.
const SHOWN: usize = 6;

/// The bytes that a pasted dump writes; throws what is wrong with it.
#[wasm_bindgen(js_name = parseDump)]
pub fn parse_dump(text: &str, lang: &str) -> Result<Vec<u8>, JsError> {
    framing::parse_dump(text).map_err(|error| JsError::new(&error.message(lang_of(lang))))
}

/// Takes bytes apart under the framing of this name; throws what is wrong with the name. Without a name it finds the likely
/// framings first (`candidates`, each a name, a verdict and a sentence) and takes the likeliest, if one is likely at all.
///
/// `roles` names the roles; `frames` holds offset and length of each frame, `spans` frame, role, start and end of each run of
/// bytes; `waiting` and `error` are sentences, `badAt` is the offset of the first bad byte.
#[wasm_bindgen(js_name = takeApart)]
pub fn take_apart(bytes: &[u8], name: &str, lang: &str) -> Result<Object, JsError> {
    let (lang, limits) = (lang_of(lang), Limits::default());
    let out = Object::new();
    let found = match name {
        "" => framing::diagnose(bytes, &[], limits),
        _ => Diagnosis { len: bytes.len() as u64, candidates: Vec::new(), hints: Vec::new() },
    };
    let text = |text: String| JsValue::from(text);
    set(&out, "hints", found.hints.iter().map(|hint| text(hint.message(lang))).collect::<Array>().into());
    let candidates = found.candidates.iter().filter(|c| c.bits > 0.0).take(SHOWN).map(|c| {
        let verdict = match c.verdict {
            Verdict::Fits => "fits",
            Verdict::CutOff => "cut",
            Verdict::Breaks => "breaks",
        };
        Array::of3(&text(c.framing.to_string()), &verdict.into(), &text(c.message(lang)))
    });
    set(&out, "candidates", candidates.collect::<Array>().into());
    set(&out, "roles", Role::ALL.iter().map(|role| JsValue::from(role.name(lang))).collect::<Array>().into());
    let framing = match name {
        "" => found.best().map(|best| best.framing.clone()),
        _ => Some(name.parse::<Framing>().map_err(|error| JsError::new(&error.message(lang)))?),
    };
    let Some(framing) = framing else { return Ok(out) };
    set(&out, "framing", text(framing.to_string()));
    let taken = framing::dissect(&framing, bytes, limits);
    let frames: Vec<f64> = taken.frames.iter().flat_map(|f| [f.offset as f64, f.len as f64]).collect();
    set(&out, "frames", Float64Array::from(&frames[..]).into());
    let spans = taken.spans.0.iter();
    let spans = spans.flat_map(|s| [s.frame, s.role as u64, s.range.start, s.range.end].map(|n| n as f64));
    set(&out, "spans", Float64Array::from(&spans.collect::<Vec<f64>>()[..]).into());
    if let Some(waiting) = taken.waiting {
        set(&out, "waiting", text(waiting.message(lang)));
    }
    if let Some(error) = taken.error {
        set(&out, "badAt", (error.offset as f64).into());
        set(&out, "error", text(error.message(lang)));
    }
    Ok(out)
}

#[wasm_bindgen]
impl Player {
    /// What one side of a connection sent, as far as it is known without a gap: at most `most` bytes.
    #[wasm_bindgen(js_name = streamBytes)]
    pub fn stream_bytes(&self, connection: u32, server: bool, most: u32) -> Vec<u8> {
        let side = if server { Side::Server } else { Side::Client };
        let stream = ConnectionId(connection).stream(side);
        let (mut bytes, missing) = self.session.trace().reassembled(stream, most as usize);
        if let Some((gap, _)) = missing.first() {
            bytes.truncate(*gap as usize);
        }
        bytes
    }
}
