//! The published schema is the one that the types give. `UPDATE=1 cargo test --features schema --test scenario_schema` writes it.

#![cfg(feature = "schema")]

use framewire::sim::schema;

#[test]
fn the_published_schema_is_that_of_the_types() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/scenario.schema.json");
    let mut text = serde_json::to_string_pretty(&schema()).unwrap();
    text.push('\n');
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), text, "run it once with UPDATE=1");
}
