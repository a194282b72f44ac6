//! The ladder of every built-in scenario as the page shows it, at many widths: no line runs through a label.

#[path = "view_support/letters.rs"]
mod letters;
mod view_support;

use framewire::lang::Lang;
use framewire::sim::BUILTINS;
use framewire::view::ladder::Window;
use letters::struck;
use view_support::session;

#[test]
fn no_line_runs_through_a_label() {
    let (mut found, mut labels) = (Vec::new(), 0);
    for entry in BUILTINS {
        let mut session = session(entry.name);
        for (width, room) in [
            (320.0, 330.0),
            (390.0, 420.0),
            (545.0, 480.0),
            (597.0, 422.0),
            (800.0, 600.0),
            (980.0, 480.0),
            (1280.0, 700.0),
        ] {
            let height = (session.fit(room).height as f32 + 60.0).min(2_400.0);
            for &lang in Lang::ALL {
                for (top, height) in [(0.0, height), (0.0, room as f32), (height / 3.0, room as f32)] {
                    let window =
                        Window { width, height, top: f64::from(top), zoom: 1.0, relative: true, lang };
                    let list = session.ladder(window);
                    labels += list.texts.len();
                    let what = format!("{} at {width} from {top}", entry.name);
                    found.extend(struck(&list, &what));
                }
            }
        }
    }
    assert!(labels > 80_000, "{labels}");
    assert!(found.is_empty(), "{found:#?}");
}
