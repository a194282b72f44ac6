//! The display list as SVG: the same picture, for export, print and the command line.

use std::fmt::Write;

use crate::view::list::{DisplayList, HUES, Kind, Role, look};
use crate::view::metrics;

/// Which paper the picture stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Theme {
    /// Ink on paper.
    #[default]
    Light,
    /// Chalk on slate.
    Dark,
}

/// Message hues: Okabe and Ito's colour-blind-safe set, the order changed so that neighbours differ most.
pub const MESSAGE_LIGHT: [&str; HUES as usize] =
    ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#b8a900"];
/// The same hues on slate, a little lighter where they would sink.
pub const MESSAGE_DARK: [&str; HUES as usize] =
    ["#4aa3dc", "#e69f00", "#2fbf97", "#d58fb5", "#7cc6f0", "#e8773a", "#d8cc42"];

fn paint_of(role: Role, theme: Theme) -> &'static str {
    let (light, dark) = match role {
        Role::Ink | Role::Call => ("#1b1b1b", "#e8e6df"),
        Role::Faint | Role::Timer | Role::Message => ("#5c5f63", "#a5a8ab"),
        Role::Grid => ("#e4e3de", "#35393d"),
        Role::State => ("#dcdbd5", "#3a4046"),
        Role::Trouble => ("#b3261e", "#ff8d80"),
        Role::Paper => ("#fffefb", "#1c1f22"),
    };
    if theme == Theme::Dark { dark } else { light }
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // XML 1.0 has no place for these, escaped or not.
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
}

/// A number with at most two decimals, as short as it gets.
fn number(v: f32) -> String {
    let v = (v * 100.0).round() / 100.0;
    if v == v.trunc() { format!("{}", v as i64) } else { format!("{v}") }
}

/// Writes `list` as a complete SVG document on a background of `theme`, with `title` for screen readers.
pub fn write(list: &DisplayList, theme: Theme, title: &str) -> String {
    let mut out = String::with_capacity(256 + list.len() * 96);
    let (w, h) = (number(list.width), number(list.height));
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" role=\"img\" \
         font-family=\"system-ui,'Noto Sans','Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif\">\n<title>"
    );
    escape(title, &mut out);
    let paper = paint_of(Role::Paper, theme);
    let ink = paint_of(Role::Ink, theme);
    let _ = write!(
        out,
        "</title>\n<defs><pattern id=\"fw-hatch\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" \
         patternTransform=\"rotate(45)\"><rect width=\"1.2\" height=\"5\" fill=\"{ink}\"/></pattern></defs>\n\
         <rect width=\"{w}\" height=\"{h}\" fill=\"{paper}\"/>\n"
    );
    let mut clips = 0u32;
    let mut clipped = false;
    for i in 0..list.len() {
        let row = Row { list, i, theme };
        if list.kind[i] == Kind::Clip as u8 {
            if clipped {
                out.push_str("</g>\n");
            }
            let p = list.points_of(i);
            clipped = p.len() == 4 && p[2] > 0.0;
            if clipped {
                clips += 1;
                let _ = writeln!(
                    out,
                    "<clipPath id=\"fw-clip{clips}\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/></clipPath>\
                     <g clip-path=\"url(#fw-clip{clips})\">",
                    number(p[0]),
                    number(p[1]),
                    number(p[2]),
                    number(p[3])
                );
            }
            continue;
        }
        row.write(&mut out);
    }
    if clipped {
        out.push_str("</g>\n");
    }
    out.push_str("</svg>\n");
    out
}

struct Row<'a> {
    list: &'a DisplayList,
    i: usize,
    theme: Theme,
}

impl Row<'_> {
    fn has(&self, bit: u16) -> bool {
        self.list.look[self.i] & bit != 0
    }

    fn role(&self) -> Role {
        Role::ALL.get(self.list.role[self.i] as usize).copied().unwrap_or(Role::Ink)
    }

    fn colour(&self) -> &'static str {
        match (self.role(), self.list.hue[self.i]) {
            (_, hue @ 1..) => {
                let set = if self.theme == Theme::Dark { &MESSAGE_DARK } else { &MESSAGE_LIGHT };
                set[(hue - 1) as usize % set.len()]
            }
            (role, _) => paint_of(role, self.theme),
        }
    }

    fn stroke(&self, out: &mut String) {
        let width = match self.role() {
            Role::Grid | Role::Faint | Role::Timer => 1.0,
            _ if self.has(look::BOLD) => 2.5,
            _ => 1.5,
        };
        let _ = write!(out, " fill=\"none\" stroke=\"{}\" stroke-width=\"{}\"", self.colour(), number(width));
        if self.has(look::DASHED) {
            out.push_str(" stroke-dasharray=\"6 4\"");
        } else if self.has(look::DOTTED) {
            out.push_str(" stroke-dasharray=\"1.5 3\"");
        }
    }

    fn write(&self, out: &mut String) {
        let p = self.list.points_of(self.i);
        match self.list.kind[self.i] {
            k if k == Kind::Line as u8 => self.line(p, out),
            k if k == Kind::Arrow as u8 && p.len() == 4 => self.arrow([p[0], p[1], p[2], p[3]], out),
            k if k == Kind::Rect as u8 && p.len() == 4 => self.rect([p[0], p[1], p[2], p[3]], out),
            k if k == Kind::Area as u8 => {
                out.push_str("<polygon points=\"");
                points(p, out);
                let opacity = if self.has(look::SOFT) { " fill-opacity=\"0.22\"" } else { "" };
                let _ = writeln!(out, "\" fill=\"{}\"{opacity}/>", self.colour());
            }
            k if k == Kind::Cross as u8 && p.len() == 2 => {
                let (x, y) = (p[0], p[1]);
                let _ =
                    write!(out, "<path d=\"M{} {}l10 10m0 -10l-10 10\"", number(x - 5.0), number(y - 5.0));
                let _ = writeln!(out, " stroke=\"{}\" stroke-width=\"2\" fill=\"none\"/>", self.colour());
            }
            k if k == Kind::Text as u8 => self.text(p, out),
            _ => {}
        }
    }

    fn line(&self, p: &[f32], out: &mut String) {
        out.push_str("<polyline points=\"");
        points(p, out);
        out.push('"');
        self.stroke(out);
        out.push_str("/>\n");
    }

    fn arrow(&self, [x0, y0, x1, y1]: [f32; 4], out: &mut String) {
        let (dx, dy) = (x1 - x0, y1 - y0);
        let length = (dx * dx + dy * dy).sqrt().max(1e-3);
        let (ux, uy) = (dx / length, dy / length);
        let shifts: &[f32] = if self.has(look::DOUBLE) { &[-1.75, 1.75] } else { &[0.0] };
        for s in shifts {
            self.line(&[x0 - uy * s, y0 + ux * s, x1 - uy * s, y1 + ux * s], out);
        }
        if self.has(look::HEADLESS) {
            return;
        }
        let wing = |side: f32| (x1 - ux * 9.0 - uy * 4.0 * side, y1 - uy * 9.0 + ux * 4.0 * side);
        let (a, b) = (wing(1.0), wing(-1.0));
        let head = [a.0, a.1, x1, y1, b.0, b.1];
        if self.has(look::OPEN_HEAD) {
            out.push_str("<polyline points=\"");
            points(&head, out);
            let _ = writeln!(out, "\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.5\"/>", self.colour());
        } else {
            out.push_str("<polygon points=\"");
            points(&head, out);
            let _ = writeln!(out, "\" fill=\"{}\"/>", self.colour());
        }
        if self.has(look::BARRED) {
            let bar = [x1 - uy * 7.0, y1 + ux * 7.0, x1 + uy * 7.0, y1 - ux * 7.0];
            out.push_str("<polyline points=\"");
            points(&bar, out);
            let _ = writeln!(out, "\" stroke=\"{}\" stroke-width=\"2.5\"/>", self.colour());
        }
    }

    fn rect(&self, [x, y, w, h]: [f32; 4], out: &mut String) {
        let place = format!(
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"",
            number(x),
            number(y),
            number(w),
            number(h)
        );
        if self.has(look::HATCHED) {
            let _ = writeln!(
                out,
                "{place} fill=\"url(#fw-hatch)\" stroke=\"{}\" stroke-width=\"1\"/>",
                self.colour()
            );
        } else if self.has(look::OUTLINE) {
            let _ = writeln!(out, "{place} fill=\"none\" stroke=\"{}\" stroke-width=\"1\"/>", self.colour());
        } else {
            let opacity = match () {
                () if self.has(look::EMPTIES) => " fill-opacity=\"0.14\"",
                () if self.has(look::SOFT) => " fill-opacity=\"0.22\"",
                () => "",
            };
            let _ = writeln!(out, "{place} fill=\"{}\"{opacity}/>", self.colour());
        }
    }

    fn text(&self, p: &[f32], out: &mut String) {
        let (Some(text), &[x, y, ..]) = (self.list.text_of(self.i), p) else { return };
        let size = if self.has(look::LARGE) { metrics::LARGE } else { metrics::SMALL };
        let _ = write!(out, "<text x=\"{}\" y=\"{}\" font-size=\"{}\"", number(x), number(y), number(size));
        if let &[_, _, tx, ty] = p {
            let angle = (ty - y).atan2(tx - x).to_degrees();
            if angle.abs() > 0.01 {
                let _ = write!(out, " transform=\"rotate({} {} {})\"", number(angle), number(x), number(y));
            }
        }
        if self.has(look::CENTRE) {
            out.push_str(" text-anchor=\"middle\"");
        } else if self.has(look::END) {
            out.push_str(" text-anchor=\"end\"");
        }
        if self.has(look::MONO) {
            out.push_str(
                " font-family=\"ui-monospace,'DejaVu Sans Mono','Noto Sans Mono CJK SC',monospace\"",
            );
        }
        if self.has(look::BOLD) {
            out.push_str(" font-weight=\"600\"");
        }
        if self.has(look::HALO) {
            let paper = paint_of(Role::Paper, self.theme);
            let _ = write!(out, " paint-order=\"stroke\" stroke=\"{paper}\" stroke-width=\"3\"");
        }
        let _ = write!(out, " fill=\"{}\" xml:space=\"preserve\">", self.colour());
        escape(text, out);
        out.push_str("</text>\n");
    }
}

fn points(p: &[f32], out: &mut String) {
    for (i, pair) in p.chunks_exact(2).enumerate() {
        if i > 0 {
            out.push(' ');
        }
        let _ = write!(out, "{},{}", number(pair[0]), number(pair[1]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::list::Paint;

    /// Writes the sample's pictures where `FRAMEWIRE_PICTURES` says, to be looked at.
    #[test]
    fn pictures_of_the_sample() {
        use crate::view::{ladder, ledger, sample, scale::Scale, words::Lang};
        let figure = sample::hello();
        let scale = Scale::fitting(&figure, 420.0);
        let window = ladder::Window {
            width: 700.0,
            height: 520.0,
            top: 0.0,
            zoom: 1.0,
            relative: true,
            lang: Lang::En,
        };
        let one = write(&ladder::draw(&figure, &scale, window), Theme::Light, "ladder");
        let window = ledger::Window { width: 900.0, lang: Lang::Zh, ..ledger::Window::default() };
        let two = write(&ledger::draw(&figure, &scale, &window).0, Theme::Dark, "ledger");
        assert!(one.starts_with("<svg") && two.ends_with("</svg>\n"));
        if let Some(dir) = std::env::var_os("FRAMEWIRE_PICTURES") {
            let dir = std::path::PathBuf::from(dir);
            std::fs::write(dir.join("ladder.svg"), one).unwrap();
            std::fs::write(dir.join("ledger.svg"), two).unwrap();
        }
    }

    #[test]
    fn text_is_never_markup() {
        let mut list = DisplayList::new(100.0, 20.0);
        list.text((0.0, 10.0), "<script>alert(\"1\") & </svg>", Paint::new(Role::Ink));
        let svg = write(&list, Theme::Light, "a < b");
        assert!(svg.contains("&lt;script&gt;alert(&quot;1&quot;) &amp; &lt;/svg&gt;"));
        assert!(svg.contains("<title>a &lt; b</title>"));
        assert_eq!(svg.matches("</svg>").count(), 1);
    }

    #[test]
    fn each_trouble_has_its_form() {
        let mut list = DisplayList::new(100.0, 20.0);
        let ink = Paint::new(Role::Ink);
        list.arrow((0.0, 0.0), (90.0, 10.0), ink.look(look::DASHED | look::HEADLESS));
        list.arrow((0.0, 0.0), (90.0, 10.0), ink.look(look::DOUBLE));
        list.arrow((0.0, 0.0), (90.0, 10.0), ink.look(look::OPEN_HEAD));
        let svg = write(&list, Theme::Light, "");
        assert_eq!(svg.matches("stroke-dasharray=\"6 4\"").count(), 1);
        assert_eq!(svg.matches("<polyline").count(), 5);
        assert_eq!(svg.matches("<polygon").count(), 1);
    }

    #[test]
    fn clips_nest_and_close() {
        let mut list = DisplayList::new(10.0, 10.0);
        list.clip(Some([0.0, 0.0, 5.0, 5.0]));
        list.clip(Some([1.0, 1.0, 5.0, 5.0]));
        list.clip(None);
        list.clip(Some([1.0, 1.0, 5.0, 5.0]));
        let svg = write(&list, Theme::Dark, "");
        assert_eq!(svg.matches("<g clip").count(), svg.matches("</g>").count());
    }
}
