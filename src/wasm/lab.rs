//! The laboratory's bindings: a scenario with the changes made to it, and runs of it in slices.

use js_sys::{Array, Object, Uint8Array, Uint32Array};
use wasm_bindgen::prelude::*;

use super::{Player, ScenarioInfo, columns, lang_of, set, to_js};
use crate::sim::scenario::Act;
use crate::sim::units::Span;
use crate::sim::{
    BUILTINS, Change, Comparison, KnobError, Lab as Bench, Path, RULES, Runner, Scenario, ScenarioError,
    Topic, aim, builtin, compare,
};
use crate::time::{Duration, Instant};
use crate::trace::PacketId;
use crate::view::compare::{Marks, both};
use crate::view::lab::{action_text, change_texts, knob_infos, rule_infos};
use crate::view::list::DisplayList;
use crate::view::svg::{self, Theme};
use crate::view::words::{Lang, Word, fill};
use crate::view::{ladder, overlay};

fn refused(error: KnobError, lang: Lang) -> JsError {
    match error {
        KnobError::Value(error) => JsError::new(&format!("{}: {}", error.path, error.problem(lang))),
        other => JsError::new(&other.to_string()),
    }
}

/// A scenario under the reader's hands.
#[wasm_bindgen]
pub struct Lab {
    bench: Bench,
    topic: Option<Topic>,
}

#[wasm_bindgen]
impl Lab {
    /// Takes a built-in scenario.
    pub fn builtin(name: &str, lang: &str) -> Result<Lab, JsError> {
        let known = BUILTINS.iter().find(|known| known.name == name);
        match known.and_then(|known| Some((known.topic, builtin(known.name)?))) {
            Some((topic, scenario)) => Ok(Lab { bench: Bench::new(scenario), topic: Some(topic) }),
            None => Err(JsError::new(&fill(Word::ErrorScenario, lang_of(lang), &[name]))),
        }
    }

    /// Takes a scenario given as JSON text; throws what is wrong with it, with its place.
    pub fn open(json: &str, lang: &str) -> Result<Lab, JsError> {
        let scenario =
            Scenario::from_json(json).map_err(|error| JsError::new(&error.message(lang_of(lang))))?;
        Ok(Lab { bench: Bench::new(scenario), topic: None })
    }

    /// Title, what to look for and question.
    pub fn info(&self, lang: &str) -> JsValue {
        to_js(&ScenarioInfo::of(self.bench.scenario(), self.topic, lang_of(lang)))
    }

    /// The scenario with all changes, as JSON text.
    pub fn json(&self) -> String {
        self.bench.scenario().to_json()
    }

    /// The knobs (see `KnobInfo`): as they hold from the start, or from an event of the run on.
    pub fn knobs(&self, lang: &str, from: Option<u32>) -> JsValue {
        to_js(&knob_infos(&self.bench, from, lang_of(lang)))
    }

    /// Turns a knob before an event of the run, which was at `nanos`; without a value takes all such turns of it back.
    /// Throws what is wrong.
    #[wasm_bindgen(js_name = turnLater)]
    pub fn turn_later(
        &mut self,
        path: &str,
        value: Option<String>,
        event: u32,
        nanos: f64,
        lang: &str,
    ) -> Result<(), JsError> {
        let time = Instant::from_nanos(nanos.max(0.0) as u64);
        let done = self.bench.turn_later(path, value.as_deref(), event, time);
        done.map_err(|error| refused(error, lang_of(lang)))
    }

    /// The changes that begin in the middle of the run, which no scenario's text can hold: a row `[event, nanos, path, value]`
    /// each, as [`turn_later`](Lab::turn_later) takes them.
    pub fn later(&self) -> JsValue {
        let rows = self.bench.changes().iter().filter_map(|change| match change {
            Change::Later { path, value, event, time } => Some((*event, time.as_nanos() as f64, path, value)),
            _ => None,
        });
        to_js(&rows.collect::<Vec<_>>())
    }

    /// The rules that can be broken (see `RuleInfo`).
    pub fn rules(&self, lang: &str) -> JsValue {
        to_js(&rule_infos(&self.bench, lang_of(lang)))
    }

    /// What was changed, a line each.
    pub fn changes(&self, lang: &str) -> Vec<String> {
        change_texts(&self.bench, lang_of(lang))
    }

    /// Turns a knob to a value in its unit as text; back to what the scenario said without one. Throws what is wrong.
    pub fn turn(&mut self, path: &str, value: Option<String>, lang: &str) -> Result<(), JsError> {
        self.bench.turn(path, value.as_deref()).map_err(|error| refused(error, lang_of(lang)))
    }

    /// Breaks a rule or keeps it, for one host or (without one) for all.
    #[wasm_bindgen(js_name = switchRule)]
    pub fn switch_rule(
        &mut self,
        rule: &str,
        host: Option<String>,
        broken: bool,
        lang: &str,
    ) -> Result<(), JsError> {
        let Some(row) = RULES.iter().find(|row| row.0.name() == rule) else { return Ok(()) };
        self.bench.switch(row.0, host.as_deref(), broken).map_err(|error| refused(error, lang_of(lang)))
    }

    /// Does `drop`, `delay`, `duplicate` or `corrupt` to the packet that `id` shows in what `player` has open: false where that
    /// is no packet that a script can mean. `by` is in milliseconds.
    pub fn act(
        &mut self,
        player: &Player,
        id: u32,
        what: &str,
        by: f64,
        lang: &str,
    ) -> Result<bool, JsError> {
        let Some(packet) = player.session.packet_of(id) else { return Ok(false) };
        let by = Some(Span(Duration::from_nanos((by.clamp(0.0, 3.6e6) * 1e6) as u64)));
        let (act, by) = match what {
            "drop" => (Act::Drop, None),
            "delay" => (Act::Delay, by),
            "duplicate" => (Act::Duplicate, by),
            "corrupt" => (Act::Corrupt, None),
            _ => return Ok(false),
        };
        let found = aim(self.bench.scenario(), player.session.trace(), PacketId(packet), act, by);
        let Some(action) = found else { return Ok(false) };
        self.bench.act(action).map_err(|error| refused(error, lang_of(lang)))?;
        Ok(true)
    }

    /// What the scenario itself does to packets: a line each, and whether it does so now.
    pub fn script(&self, lang: &str) -> Array {
        let all = self.bench.script().into_iter();
        all.map(|(action, kept)| Array::of2(&action_text(&action, lang_of(lang)).into(), &kept.into()))
            .collect()
    }

    /// Lets the scenario do the nth of those things, or leaves it out.
    pub fn spare(&mut self, nth: usize, kept: bool, lang: &str) -> Result<(), JsError> {
        let Some((action, _)) = self.bench.script().into_iter().nth(nth) else { return Ok(()) };
        self.bench.spare(&action, kept).map_err(|error| refused(error, lang_of(lang)))
    }

    /// What can be edited alone: the programs, each as its host's name and its own.
    pub fn programs(&self) -> Array {
        let all = self.bench.programs().into_iter();
        all.map(|(host, name, _)| Array::of2(&host.into(), &name.into())).collect()
    }

    fn path(&self, part: Option<usize>) -> Path {
        let found = part.and_then(|nth| self.bench.programs().into_iter().nth(nth));
        found.map(|(.., path)| path).unwrap_or_default()
    }

    /// The text of the scenario, or of the steps of its nth program.
    pub fn text(&self, part: Option<usize>) -> String {
        self.bench.text(&self.path(part))
    }

    /// Tries a text in that place: `undefined` where it is right, else `line`, `column` and `message`.
    #[wasm_bindgen(js_name = tryEdit)]
    pub fn try_edit(&self, text: &str, part: Option<usize>, lang: &str) -> JsValue {
        told(self.bench.edited(text, &self.path(part)).err(), lang)
    }

    /// The same, and takes it.
    pub fn edit(&mut self, text: &str, part: Option<usize>, lang: &str) -> JsValue {
        let path = self.path(part);
        told(self.bench.edit(text, &path).err(), lang)
    }

    /// Takes the nth change back.
    pub fn undo(&mut self, nth: usize, lang: &str) -> Result<(), JsError> {
        self.bench.undo(nth).map_err(|error| refused(error, lang_of(lang)))
    }

    /// Takes all changes back.
    pub fn clear(&mut self) {
        self.bench.clear();
    }

    /// A copy, to try something on.
    pub fn copy(&self) -> Lab {
        Lab { bench: self.bench.clone(), topic: self.topic }
    }

    /// A copy without the changes.
    pub fn untouched(&self) -> Lab {
        Lab { bench: Bench::new(self.bench.base().clone()), topic: self.topic }
    }

    /// Begins a run.
    pub fn start(&self, lang: &str) -> Result<Work, JsError> {
        let runner = Runner::new(self.bench.scenario(), &self.bench.commands());
        let runner = runner.map_err(|error| JsError::new(&error.to_string()))?;
        Ok(Work { runner, lang: lang_of(lang) })
    }
}

fn told(error: Option<ScenarioError>, lang: &str) -> JsValue {
    let Some(error) = error else { return JsValue::UNDEFINED };
    let out = Object::new();
    set(&out, "line", (error.line as f64).into());
    set(&out, "column", (error.column as f64).into());
    set(&out, "message", error.message(lang_of(lang)).into());
    out.into()
}

#[inline(never)]
fn compared(before: &Player, after: &Player) -> (Comparison, [Marks; 2]) {
    let compared = compare(before.session.trace(), after.session.trace());
    let marks = both(before.session.figure(), after.session.figure(), &compared);
    (compared, marks)
}

/// Compares two runs. `before` and `after` are of each run: `ids` of what is not the same with their `marks` (see `Difference`),
/// the numbers of the transcript's `rows` that only this run has, and `counts` of packets, calls and states by `Difference`.
#[wasm_bindgen(js_name = compareRuns)]
pub fn compare_runs(before: &Player, after: &Player) -> Object {
    let (compared, [one, two]) = compared(before, after);
    let side = |marks: Marks, rows: Vec<u32>| {
        let out = Object::new();
        let ids: Vec<u32> = marks.marks.iter().map(|(id, _)| id.0).collect();
        let kinds: Vec<u8> = marks.marks.iter().map(|&(_, difference)| difference as u8).collect();
        set(&out, "ids", Uint32Array::from(&ids[..]).into());
        set(&out, "marks", Uint8Array::from(&kinds[..]).into());
        set(&out, "rows", Uint32Array::from(&rows[..]).into());
        let counts = [marks.packets, marks.calls, marks.states].concat();
        set(&out, "counts", Uint32Array::from(&counts[..]).into());
        JsValue::from(out)
    };
    let out = Object::new();
    set(&out, "before", side(one, before.session.rows_alone(&compared.first)));
    set(&out, "after", side(two, after.session.rows_alone(&compared.second)));
    out
}

/// Two runs in one ladder.
#[wasm_bindgen]
pub struct Overlay {
    overlay: overlay::Overlay,
    list: DisplayList,
}

/// Lays two runs over each other, to fit into `room` pixels where that stays readable.
#[wasm_bindgen(js_name = overlayRuns)]
pub fn overlay_runs(before: &Player, after: &Player, room: f64) -> Overlay {
    let (_, marks) = compared(before, after);
    let (one, two) = (before.session.figure(), after.session.figure());
    let overlay = overlay::Overlay::new(one, two, &marks, room);
    Overlay { overlay, list: DisplayList::default() }
}

#[wasm_bindgen]
impl Overlay {
    /// The extent of its time axis.
    pub fn height(&self) -> f64 {
        self.overlay.scale().height
    }

    /// The position of a time in nanoseconds.
    pub fn position(&self, nanos: f64) -> f64 {
        self.overlay.scale().position(Instant::from_nanos(nanos as u64))
    }

    /// Draws the part of the ladder from the position `top`; gives columns, as `Player::ladder` does.
    pub fn ladder(
        &mut self,
        width: f32,
        height: f32,
        top: f64,
        zoom: f64,
        relative: bool,
        lang: &str,
    ) -> Object {
        let lang = lang_of(lang);
        self.list = self.overlay.draw(ladder::Window { width, height, top, zoom, relative, lang });
        columns(&self.list)
    }

    /// The whole picture as an SVG document, with what was `changed` and what its signs mean.
    pub fn svg(
        &self,
        width: f32,
        relative: bool,
        dark: bool,
        changed: &str,
        lang: &str,
        title: &str,
    ) -> String {
        let list = self.overlay.whole(width, relative, changed, lang_of(lang));
        svg::write(&list, if dark { Theme::Dark } else { Theme::Light }, title)
    }
}

/// A run that is being made.
#[wasm_bindgen]
pub struct Work {
    runner: Runner,
    lang: Lang,
}

#[wasm_bindgen]
impl Work {
    /// Lets the next `steps` things happen; false when it is over.
    pub fn advance(&mut self, steps: u32) -> bool {
        self.runner.advance(steps)
    }

    /// Events so far.
    pub fn events(&self) -> u32 {
        self.runner.trace().len() as u32
    }

    /// How far it has come in virtual time, as people read it.
    pub fn now(&self) -> String {
        let nanos = self.runner.now().as_nanos();
        Span(Duration::from_nanos(nanos - nanos % 1_000_000)).to_string()
    }

    /// Opens what has happened.
    pub fn finish(self) -> Player {
        let run = self.runner.finish();
        let remark = run.stop().message(self.lang).unwrap_or_default();
        Player::over(run.shared_trace(), remark)
    }
}

#[wasm_bindgen]
impl Player {
    /// The trace's number of the packet that an id shows.
    #[wasm_bindgen(js_name = packetOf)]
    pub fn packet_of(&self, id: u32) -> Option<u32> {
        self.session.packet_of(id)
    }

    /// The event that comes next at a playhead position, by its number.
    #[wasm_bindgen(js_name = eventAfter)]
    pub fn event_after(&self, position: f64) -> u32 {
        self.session.order_at(position).saturating_add(1)
    }

    /// The run's digest, as `framewire sim --digest` prints it.
    pub fn digest(&self) -> String {
        format!("{:016x}", crate::sim::digest(self.session.trace()))
    }
}
