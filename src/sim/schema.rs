//! The JSON Schema of scenarios, generated from their types.

use super::Scenario;

/// The schema, as `docs/scenario.schema.json` holds it.
pub fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Scenario);
    schema.insert("$id".to_owned(), "scenario.schema.json".into());
    schema.insert("title".to_owned(), "framewire scenario".into());
    schema.to_value()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::scenario::node::Blank;
    use super::super::scenario::*;
    use super::*;

    fn texts(list: &Value) -> Vec<String> {
        let mut texts: Vec<String> =
            list.as_array().into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect();
        texts.sort();
        texts
    }

    /// The reader's table of a type says what its schema says: fields, which of them must be there, names.
    #[test]
    fn reader_and_schema_know_the_same_fields_and_names() {
        let schema = schema();
        let mut defs = schema["$defs"].as_object().unwrap().clone();
        defs.insert("Scenario".to_owned(), schema.clone());
        macro_rules! objects {
            ($($type:ident)*) => {$({
                let def = defs.remove(stringify!($type)).unwrap();
                let mut blank = <$type as Blank>::blank();
                let fields = blank.fields();
                let mut names: Vec<&str> = fields.iter().map(|f| f.name).collect();
                let mut needed: Vec<&str> = fields.iter().filter(|f| f.needed).map(|f| f.name).collect();
                names.sort_unstable();
                needed.sort_unstable();
                let known: Vec<&String> = def["properties"].as_object().unwrap().keys().collect();
                assert_eq!(names, known, "{}", stringify!($type));
                assert_eq!(needed, texts(&def["required"]), "{}", stringify!($type));
                assert_eq!(def["additionalProperties"], false, "{}", stringify!($type));
            })*};
        }
        macro_rules! enums {
            ($($type:ident)*) => {$({
                let def = defs.remove(stringify!($type)).unwrap();
                let known: Vec<&str> = match &def["oneOf"] {
                    Value::Array(all) => all.iter().filter_map(|one| one["const"].as_str()).collect(),
                    _ => def["enum"].as_array().unwrap().iter().filter_map(Value::as_str).collect(),
                };
                assert_eq!($type::NAMES, known, "{}", stringify!($type));
                // The documented variants are one entry each.
                assert!(known.iter().enumerate().all(|(i, name)| !known[..i].contains(name)));
            })*};
        }
        objects!(Scenario Text Show Limits Host Program Step DataSpec Network Bottleneck Queue Direction ScriptedAction TcpSettings);
        enums!(View Verb SocketKind How SocketOption Until OnError What Act Preset Congestion Break);
        // By hand in reader and schema, and read in tests/scenario_errors.rs.
        for own in ["Data", "InitialSequence", "Span", "Size", "Rate", "Chance", "SpanOrOff"] {
            assert!(defs.remove(own).is_some(), "{own}");
        }
        assert!(defs.is_empty(), "nobody compares {:?}", defs.keys());
    }
}
