//! A built-in scenario, run and opened as the page opens it.

use framewire::lang::Lang;
use framewire::sim::{Simulation, builtin};
use framewire::trace::Trace;
use framewire::view::ladder;
use framewire::view::list::DisplayList;
use framewire::view::session::Session;

pub fn session(name: &str) -> Session {
    let scenario = builtin(name).unwrap_or_else(|| panic!("{name} is built in"));
    let mut trace = Trace::new();
    let mut simulation =
        Simulation::new(&scenario, &mut trace).unwrap_or_else(|flaw| panic!("{name}: {flaw:?}"));
    simulation.run(&mut trace);
    Session::new(trace)
}

/// Its whole ladder, as high as pictures get.
#[allow(dead_code)] // the state machine and the charts need no ladder
pub fn whole(session: &Session, width: f32, lang: Lang) -> DisplayList {
    let height = (session.scale().height as f32 + 60.0).min(4_000.0);
    session.ladder(ladder::Window { width, height, top: 0.0, zoom: 1.0, relative: true, lang })
}
