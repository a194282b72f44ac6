//! Changing one value of a scenario by its path: `network.latency`, `hosts.client.tcp.nagle`,
//! `hosts.server.programs[0].steps[4].time`.

use super::Scenario;
use super::error::Flaw;
use super::locate::{Path, Segment};
use super::scenario::json::Json;

/// Why a knob could not be turned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KnobError {
    /// The path leads nowhere.
    #[error("`{path}` leads nowhere: {why}")]
    Path {
        /// As it was given.
        path: String,
        /// Where it goes wrong.
        why: String,
    },
    /// With this value the scenario is wrong.
    #[error(transparent)]
    Value(#[from] super::ScenarioError),
}

/// Reads `hosts.client.programs[0].steps[4].time`.
fn parse(path: &str) -> Option<Vec<Segment>> {
    let mut segments = Vec::new();
    for part in path.split('.') {
        let (name, mut rest) = part.split_at(part.find('[').unwrap_or(part.len()));
        if !name.is_empty() {
            match name.parse() {
                Ok(index) => segments.push(Segment::Index(index)),
                Err(_) => segments.push(Segment::Key(name.to_owned())),
            }
        }
        while let Some(inner) = rest.strip_prefix('[') {
            let (index, behind) = inner.split_once(']')?;
            segments.push(Segment::Index(index.parse().ok()?));
            rest = behind;
        }
        if !rest.is_empty() || part.is_empty() {
            return None;
        }
    }
    Some(segments)
}

/// The scenario with the value at `path` replaced. Hosts may be named (`hosts.client`) or counted (`hosts[0]`). The value
/// is JSON where it reads as JSON (`10`, `false`, `["no-time-wait"]`), else a text (`40ms`); `null` takes the value back to
/// its default.
///
/// # Errors
/// A path that leads nowhere, or a value that the scenario cannot have there.
///
/// ```
/// let scenario = framewire::sim::builtin("hello-tcp").expect("it is built in");
/// let slow = framewire::sim::set(&scenario, "network.latency", "300ms")?;
/// assert_eq!(slow.network.latency.map(|l| l.to_string()).as_deref(), Some("300ms"));
/// assert!(framewire::sim::set(&scenario, "network.loss", "150%").is_err());
/// # Ok::<(), framewire::sim::KnobError>(())
/// ```
pub fn set(scenario: &Scenario, path: &str, value: &str) -> Result<Scenario, KnobError> {
    let value = Json::read(value).unwrap_or_else(|_| Json::Text(value.to_owned()));
    let wrong = |why: String| KnobError::Path { path: path.to_owned(), why };
    let segments = parse(path).ok_or_else(|| wrong("write it as `hosts.client.tcp.mss`".into()))?;
    let mut json = scenario.to_tree();
    let mut at = &mut json;
    let mut named = Path::default();
    for (i, segment) in segments.iter().enumerate() {
        let last = i + 1 == segments.len();
        // A named host: its place in the list.
        let segment = match (segment, &*at) {
            (Segment::Key(name), Json::List(items)) => {
                let called = |item: &Json| item.get("name") == Some(&Json::Text(name.clone()));
                let place = items.iter().position(called);
                Segment::Index(place.ok_or_else(|| wrong(format!("there is no `{name}` in `{named}`")))?)
            }
            _ => segment.clone(),
        };
        match (&segment, at) {
            (Segment::Index(index), Json::List(items)) => {
                let len = items.len();
                at = items
                    .get_mut(*index)
                    .ok_or_else(|| wrong(format!("`{named}` has {len} elements, counted from 0")))?;
                named = named.index(*index);
            }
            (Segment::Key(key), Json::Object(fields)) => {
                named = named.key(key);
                if last && value == Json::Null {
                    fields.retain(|(name, _)| name != key);
                    return again(&json);
                }
                let place = fields.iter().position(|(name, _)| name == key).unwrap_or_else(|| {
                    // What is as by default is not there: it comes to be.
                    fields.push((key.clone(), Json::Object(Vec::new())));
                    fields.len() - 1
                });
                at = &mut fields[place].1;
            }
            _ => return Err(wrong(format!("`{named}` holds nothing by that name"))),
        }
    }
    *at = value;
    again(&json)
}

fn again(json: &Json) -> Result<Scenario, KnobError> {
    // The text that tells of a flaw with its line is the one that `to_json` would give; who has no flaw needs none.
    Scenario::from_tree(json, "").or_else(|_| Ok(Scenario::from_tree(json, &json.write())?))
}

impl From<Flaw> for super::ScenarioError {
    /// Without a text there is no place to name but the path.
    fn from(flaw: Flaw) -> Self {
        flaw.locate("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::builtin;

    #[test]
    fn values_are_set_by_path_and_by_name() {
        let scenario = builtin("hello-tcp").unwrap();
        let changed = set(&scenario, "hosts.client.tcp.mss", "536").unwrap();
        assert_eq!(changed.hosts[0].tcp.mss, Some(536));
        assert_eq!(set(&changed, "hosts.client.tcp.mss", "null").unwrap(), scenario);
        let changed = set(&scenario, "hosts[1].programs[0].steps[4].n", "5").unwrap();
        assert_eq!(changed.hosts[1].programs[0].steps[4].n.map(|n| n.0), Some(5));
        let changed = set(&scenario, "tcp.break", "[\"no-time-wait\"]").unwrap();
        assert_eq!(changed.tcp.breaks.len(), 1);
    }

    #[test]
    fn wrong_paths_and_values_are_told() {
        let scenario = builtin("hello-tcp").unwrap();
        for (path, value, what) in [
            ("hosts.nobody.tcp.mss", "1", "no `nobody` in `hosts`"),
            ("hosts[7].name", "x", "2 elements"),
            ("network.latency.x", "1", "network.latency"),
            ("network.speed", "1", "no field `speed`"),
            ("network.loss", "2", "from 0 to 1"),
            ("hosts[", "2", "write it as"),
            ("", "2", "write it as"),
        ] {
            let error = set(&scenario, path, value).unwrap_err().to_string();
            assert!(error.contains(what), "{path}: {error}");
        }
    }
}
