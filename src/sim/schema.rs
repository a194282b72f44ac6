//! The JSON Schema of scenarios, generated from their types.

use super::Scenario;

/// The schema, as `docs/scenario.schema.json` holds it.
pub fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Scenario);
    schema.insert("$id".to_owned(), "scenario.schema.json".into());
    schema.insert("title".to_owned(), "framewire scenario".into());
    schema.to_value()
}
