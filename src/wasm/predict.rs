//! Predict mode's bindings.

use wasm_bindgen::prelude::*;

use super::{Player, lang_of, to_js};
use crate::view::predict::Answer;

#[wasm_bindgen]
impl Player {
    /// The questions, in order, at most `most`.
    pub fn questions(&self, most: u32, relative: bool, lang: &str) -> JsValue {
        to_js(&self.session.questions(most as usize, relative, lang_of(lang)))
    }

    /// Judges an answer to the question about `id`; `flags`, `seq` and `ack` are asked of a segment, `state` of a state,
    /// `received` of a receive call.
    #[wasm_bindgen(js_name = checkAnswer)]
    #[expect(clippy::too_many_arguments, reason = "an object would cost the page a reader of its own")]
    pub fn check_answer(
        &self,
        id: u32,
        flags: String,
        seq: String,
        ack: String,
        state: String,
        received: String,
        relative: bool,
        lang: &str,
    ) -> JsValue {
        let answer = Answer { flags, seq, ack, state, received };
        let verdict = self.session.check(id, &answer, relative, lang_of(lang));
        verdict.map_or(JsValue::UNDEFINED, |verdict| to_js(&verdict))
    }
}
