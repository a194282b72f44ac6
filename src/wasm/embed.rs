//! Scenarios that stand in a page's source: opened from their JSON text.

use wasm_bindgen::prelude::*;

use super::{Player, ScenarioInfo, lang_of, to_js};
use crate::sim::Scenario;

fn parse(json: &str, lang: &str) -> Result<Scenario, JsError> {
    Scenario::from_json(json).map_err(|error| JsError::new(&error.message(lang_of(lang))))
}

/// Title, what to look for and question of a scenario given as JSON text. It has no name, which would make the page
/// take it for a built-in one.
#[wasm_bindgen]
pub fn describe(json: &str, lang: &str) -> Result<JsValue, JsError> {
    Ok(to_js(&ScenarioInfo::of(&parse(json, lang)?, None, lang_of(lang))))
}

#[wasm_bindgen]
impl Player {
    /// Runs a scenario given as JSON text; what is wrong with it is told with its place.
    #[wasm_bindgen(js_name = fromJson)]
    pub fn from_json(json: &str, lang: &str) -> Result<Player, JsError> {
        Player::run(&parse(json, lang)?, json, lang_of(lang))
    }
}
