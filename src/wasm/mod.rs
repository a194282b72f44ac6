//! The bindings to the page, thin.
//!
//! Small structs cross by serde, display lists as typed-array views that the page copies before it calls again. Every
//! failure is a thrown string in the reader's language.

mod export;
mod framing;
mod lab;
mod live;
mod predict;
mod recording;

use std::sync::Arc;

use js_sys::{Array, Float32Array, Float64Array, Object, Reflect, Uint8Array, Uint16Array, Uint32Array};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::sim::scenario::View;
use crate::sim::{BUILTINS, Scenario, Topic, builtin};
use crate::trace::Trace;
use crate::view::figure::Place;
use crate::view::list::{DisplayList, Role};
use crate::view::session::Session;
use crate::view::svg::Theme;
use crate::view::words::{Lang, Word};
use crate::view::{charts, ladder, ledger, machine};

fn to_js<T: Serialize>(value: &T) -> JsValue {
    serde_wasm_bindgen::to_value(value).unwrap_or(JsValue::UNDEFINED)
}

/// Chinese for every tag that begins with `zh`, else English.
fn lang_of(tag: &str) -> Lang {
    tag.parse().unwrap_or_default()
}

/// All words of a language: key and text in turn, a line each. One text crosses sooner than many.
#[wasm_bindgen]
pub fn words(lang: &str) -> String {
    let lang = lang_of(lang);
    let mut lines = String::new();
    for word in Word::ALL {
        for line in [word.key(), word.text(lang)] {
            lines.push_str(line);
            lines.push('\n');
        }
    }
    lines
}

/// The classes of roles, by number.
#[wasm_bindgen]
pub fn roles() -> Array {
    Role::ALL.iter().map(|role| JsValue::from(role.class())).collect()
}

fn set(object: &Object, key: &str, value: JsValue) {
    // Setting a property of a plain object cannot fail.
    let _ = Reflect::set(object, &key.into(), &value);
}

/// What the page tells of a scenario before and while it is open.
#[derive(Serialize)]
struct ScenarioInfo<'a> {
    name: &'a str,
    title: &'a str,
    look: &'a str,
    question: &'a str,
    /// The name of the topic's word.
    topic: &'static str,
    /// The view that it is about; empty for none.
    view: &'static str,
}

impl<'a> ScenarioInfo<'a> {
    /// What is told of a scenario; one that is not built in has no topic.
    fn of(scenario: &'a Scenario, topic: Option<Topic>, lang: Lang) -> ScenarioInfo<'a> {
        ScenarioInfo {
            name: topic.map_or("", |_| &scenario.name),
            title: scenario.title.get(lang),
            look: scenario.look.get(lang),
            question: scenario.question.get(lang),
            topic: topic.map_or("", Topic::name),
            view: scenario.show.view.map_or("", View::name),
        }
    }
}

/// Name, title, what to look for and question of every built-in scenario.
#[wasm_bindgen]
pub fn scenarios(lang: &str) -> JsValue {
    let lang = lang_of(lang);
    let all: Vec<(Topic, Scenario)> =
        BUILTINS.iter().filter_map(|b| Some((b.topic, builtin(b.name)?))).collect();
    let infos: Vec<ScenarioInfo> =
        all.iter().map(|(topic, scenario)| ScenarioInfo::of(scenario, Some(*topic), lang)).collect();
    to_js(&infos)
}

/// The names of the built-in scenarios, in the order of the list.
#[wasm_bindgen(js_name = scenarioNames)]
pub fn scenario_names() -> Vec<String> {
    BUILTINS.iter().map(|b| b.name.to_owned()).collect()
}

/// One opened conversation.
#[wasm_bindgen]
pub struct Player {
    session: Session,
    /// The list whose columns were handed out last: views into it live until the next call.
    list: DisplayList,
    /// Where the streams stand in the ledger drawn last.
    placed: Vec<ledger::Placed>,
    remark: String,
}

impl Player {
    fn over(trace: impl Into<Arc<Trace>>, remark: String) -> Player {
        let session = Session::new(trace);
        Player { session, list: DisplayList::default(), placed: Vec::new(), remark }
    }
}

#[wasm_bindgen]
impl Player {
    /// What the reader should know of how the run ended; empty if nothing.
    pub fn remark(&self) -> String {
        self.remark.clone()
    }

    /// What the page shows around the views.
    pub fn about(&self) -> JsValue {
        to_js(&self.session.about())
    }

    /// Lays the time axis out for this height; gives the axis' extent.
    pub fn fit(&mut self, height: f64) -> JsValue {
        to_js(&self.session.fit(height))
    }

    /// Draws the part of the ladder from the position `top`; gives columns (see `columns`).
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
        self.list = self.session.ladder(ladder::Window { width, height, top, zoom, relative, lang });
        columns(&self.list)
    }

    /// Draws the byte ledger of a connection, or of all if `connection` is negative; of `stream` only `count` octets from
    /// `first` on, unless `count` is 0; gives columns.
    pub fn ledger(
        &mut self,
        width: f32,
        connection: i32,
        stream: u32,
        first: f64,
        count: f64,
        lang: &str,
    ) -> Object {
        let range = first as u64..(first + count) as u64;
        let zoom = (count > 0.0).then_some(Place { stream, range });
        let connection = u32::try_from(connection).ok();
        let window = ledger::Window { width, connection, zoom, lang: lang_of(lang) };
        (self.list, self.placed) = self.session.ledger(&window);
        columns(&self.list)
    }

    /// What stands at a point of the ledger drawn last: the stream's number and the octet's offset.
    #[wasm_bindgen(js_name = octetAt)]
    pub fn octet_at(&self, x: f32, y: f32) -> Option<Vec<f64>> {
        let found = self.placed.iter().find_map(|p| Some((p.stream, p.octet_at((x, y))?)));
        found.map(|(stream, offset)| vec![f64::from(stream), offset as f64])
    }

    /// The streams in the ledger drawn last, each followed by its length in octets.
    pub fn streams(&self) -> Vec<f64> {
        let len = |stream: u32| self.session.figure().streams.get(stream as usize).map_or(0, |s| s.len);
        self.placed.iter().flat_map(|p| [f64::from(p.stream), len(p.stream) as f64]).collect()
    }

    /// Some octet of the ledger drawn last has no room for what it is.
    pub fn squeezed(&self) -> bool {
        self.placed.iter().any(ledger::Placed::is_squeezed)
    }

    /// Everything that carries an octet.
    pub fn carriers(&self, stream: u32, offset: f64) -> Vec<u32> {
        self.session.carriers(&Place { stream, range: offset as u64..offset as u64 + 1 })
    }

    /// An octet, or what `id` carries if that is not 0, in words.
    #[wasm_bindgen(js_name = octetText)]
    pub fn octet_text(&self, id: u32, stream: u32, offset: f64, lang: &str) -> String {
        let (figure, lang) = (self.session.figure(), lang_of(lang));
        match self.session.place(id) {
            Some(place) => ledger::range_text(figure, &place, lang),
            None if id == 0 => ledger::octet_text(figure, stream, offset as u64, lang),
            None => String::new(),
        }
    }

    /// The band (left, top, width, height) in the ledger drawn last of what `id` carries, or if it is 0 of an octet.
    pub fn band(&self, id: u32, stream: u32, offset: f64) -> Option<Vec<f32>> {
        let octet = || Place { stream, range: offset as u64..offset as u64 + 1 };
        let place = if id == 0 { octet() } else { self.session.place(id)? };
        self.placed.iter().find(|p| p.stream == place.stream)?.band(&place.range).map(|band| band.to_vec())
    }

    /// Draws the state machine of a connection at a position; gives columns.
    pub fn machine(&mut self, width: f32, connection: u32, position: f64, lang: &str) -> Object {
        let lang = lang_of(lang);
        self.list = self.session.machine(machine::Window { width, connection, position, lang });
        columns(&self.list)
    }

    /// The same in words, a sentence an end.
    #[wasm_bindgen(js_name = machineTold)]
    pub fn machine_told(&self, connection: u32, position: f64, lang: &str) -> Vec<String> {
        let lang = lang_of(lang);
        self.session.machine_told(machine::Window { width: 0.0, connection, position, lang })
    }

    /// Draws the charts of a stream from a time until another, in nanoseconds; gives columns.
    pub fn charts(&mut self, width: f32, stream: u32, from: f64, until: f64, lang: &str) -> Object {
        let (from, until, lang) = (from as u64, until as u64, lang_of(lang));
        self.list = self.session.charts(charts::Window { width, stream, from, until, lang });
        columns(&self.list)
    }

    /// The stream that the charts show first (or this one) and its time range.
    #[wasm_bindgen(js_name = chartRange)]
    pub fn chart_range(&mut self, stream: Option<u32>) -> Vec<f64> {
        self.session.chart_range(stream).to_vec()
    }

    /// Names and values, in turn, of what the charts show at a time in nanoseconds.
    #[wasm_bindgen(js_name = chartValues)]
    pub fn chart_values(&mut self, stream: u32, at: f64, lang: &str) -> Vec<String> {
        self.session.chart_values(stream, at as u64, lang_of(lang))
    }

    /// The picture that was drawn last, as an SVG document.
    #[wasm_bindgen(js_name = drawnSvg)]
    pub fn drawn_svg(&self, dark: bool, title: &str) -> String {
        crate::view::svg::write(&self.list, if dark { Theme::Dark } else { Theme::Light }, title)
    }

    /// A view as an SVG document.
    pub fn svg(&self, view: &str, width: f32, relative: bool, dark: bool, lang: &str, title: &str) -> String {
        let theme = if dark { Theme::Dark } else { Theme::Light };
        self.session.svg(view, width, relative, theme, lang_of(lang), title)
    }

    /// The position of a time in nanoseconds.
    pub fn position(&self, nanos: f64) -> f64 {
        self.session.position(nanos)
    }

    /// The time at a position, in nanoseconds.
    pub fn nanos(&self, position: f64) -> f64 {
        self.session.nanos(position)
    }

    /// The time at a position as people read it.
    #[wasm_bindgen(js_name = timeText)]
    pub fn time_text(&self, position: f64, lang: &str) -> String {
        self.session.time_text(position, lang_of(lang))
    }

    /// The next stop in the direction of `step`.
    pub fn step(&self, position: f64, step: i32, segments: bool) -> f64 {
        self.session.step(position, step, segments)
    }

    /// Sentences of the transcript.
    pub fn rows(&self, first: u32, count: u32, relative: bool, lang: &str) -> JsValue {
        to_js(&self.session.rows(first as usize, count as usize, relative, lang_of(lang)))
    }

    /// How many sentences are true at a position.
    #[wasm_bindgen(js_name = rowsUntil)]
    pub fn rows_until(&self, position: f64) -> u32 {
        self.session.rows_until(position) as u32
    }

    /// Marks for the scrubber.
    pub fn marks(&self, most: u32) -> JsValue {
        to_js(&self.session.marks(most as usize))
    }

    /// What each program is doing at a position.
    pub fn running(&self, position: f64) -> JsValue {
        to_js(&self.session.running(position))
    }

    /// Everything about one thing; `undefined` where there is nothing to tell.
    pub fn inspect(&self, id: u32, relative: bool, lang: &str) -> JsValue {
        self.session.inspect(id, relative, lang_of(lang)).map_or(JsValue::UNDEFINED, |detail| to_js(&detail))
    }

    /// The variables of every endpoint at a position.
    pub fn variables(&self, position: f64, relative: bool, lang: &str) -> JsValue {
        to_js(&self.session.variables(position, relative, lang_of(lang)))
    }

    /// The ids that carry the same bytes as this one.
    pub fn related(&self, id: u32) -> Vec<u32> {
        self.session.related(id)
    }
}

/// The list as views into WASM memory: to be copied before anything else is called.
pub(crate) fn columns(list: &DisplayList) -> Object {
    let out = Object::new();
    set(&out, "width", list.width.into());
    set(&out, "height", list.height.into());
    // SAFETY: the views stand in memory that `list` owns; the page copies them before its next call, and
    // making them allocates nothing in WASM memory.
    unsafe {
        set(&out, "kind", Uint8Array::view(&list.kind).into());
        set(&out, "role", Uint8Array::view(&list.role).into());
        set(&out, "hue", Uint8Array::view(&list.hue).into());
        set(&out, "look", Uint16Array::view(&list.look).into());
        set(&out, "id", Uint32Array::view(&list.id).into());
        set(&out, "from", Float64Array::view(&list.from).into());
        set(&out, "until", Float64Array::view(&list.until).into());
        set(&out, "start", Uint32Array::view(&list.start).into());
        set(&out, "points", Float32Array::view(&list.points).into());
        set(&out, "text", Uint32Array::view(&list.text).into());
    }
    set(&out, "texts", list.texts.join("\n").into());
    out
}
