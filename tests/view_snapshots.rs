//! Pictures of every built-in scenario as SVG: ladder and byte ledger. A change shows in the difference of these files;
//! `INSTA_UPDATE=always cargo test --test view_snapshots` takes it over.

use framewire::lang::Lang;
use framewire::sim::{BUILTINS, Simulation, builtin};
use framewire::trace::Trace;
use framewire::view::session::Session;
use framewire::view::svg::{self, Theme};
use framewire::view::{ladder, ledger};

/// Tall ladders are shown to this height: what comes below repeats itself.
const MOST: f32 = 560.0;

/// The drawing without what every picture has, one mark a line, whole pixels: small, and stable where rounding is not.
fn compact(svg: &str) -> String {
    let marks =
        svg.lines().skip_while(|line| !line.starts_with("<rect")).skip(1).filter(|line| *line != "</svg>");
    let mut out = String::new();
    for line in marks {
        let mut number = String::new();
        for c in line.chars().chain(['\n']) {
            if c.is_ascii_digit() || c == '.' && !number.is_empty() {
                number.push(c);
                continue;
            }
            match number.parse::<f64>() {
                Ok(n) if number.contains('.') && n >= 1.0 => out.push_str(&format!("{}", n.round())),
                _ => out.push_str(&number),
            }
            number.clear();
            out.push(c);
        }
    }
    for (long, short) in [
        (" fill=\"none\" stroke=\"#1b1b1b\"", ""),
        (" paint-order=\"stroke\" stroke=\"#fffefb\" stroke-width=\"3\"", " halo"),
        (" fill=\"#1b1b1b\" xml:space=\"preserve\"", ""),
        (" xml:space=\"preserve\"", ""),
        (" font-size=\"12\"", ""),
        (" font-family=\"ui-monospace,'DejaVu Sans Mono','Noto Sans Mono CJK SC',monospace\"", " mono"),
        (" text-anchor=\"middle\"", " mid"),
        (" text-anchor=\"end\"", " end"),
    ] {
        out = out.replace(long, short);
    }
    out
}

#[test]
fn every_scenario_is_drawn_as_it_was() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots/view");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for entry in BUILTINS {
            let scenario = builtin(entry.name).expect("built in");
            let mut trace = Trace::new();
            let mut simulation = Simulation::new(&scenario, &mut trace).expect("it runs");
            simulation.run(&mut trace);
            let session = Session::new(trace);
            let height = (session.scale().height as f32 + ladder::HEAD + ladder::LEAD + 12.0).min(MOST);
            let window =
                ladder::Window { width: 640.0, height, top: 0.0, zoom: 1.0, relative: true, lang: Lang::En };
            let above = svg::write(&session.ladder(window), Theme::Light, "");
            let window = ledger::Window { width: 900.0, lang: Lang::En, ..ledger::Window::default() };
            let below = svg::write(&session.ledger(&window).0, Theme::Light, "");
            insta::assert_snapshot!(entry.name, format!("{}---\n{}", compact(&above), compact(&below)));
        }
    });
}
