//! `framewire render`: a figure as a file: SVG, PNG, PDF, Mermaid or plain text.

mod fonts;

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::ValueEnum;
use framewire::lang::Lang;
use framewire::sim::Run;
use framewire::sim::units::Span;
use framewire::time::Instant;
use framewire::view::list::DisplayList;
use framewire::view::session::Session;
use framewire::view::svg::{self, Theme};
use framewire::view::{ladder, ledger, mermaid, still, text};
use resvg::{tiny_skia, usvg};

use crate::sim_cmd::{self, Language};
use crate::trace_cmd;
use fonts::Fonts;

const EXAMPLES: &str = "\
Examples:
  framewire render four-way-close -o figure.svg                    the ladder of a built-in scenario
  framewire render lesson.json -o figure.pdf --lang zh             your own scenario, for LaTeX, in Chinese
  framewire render hello.fwtrace -o bytes.png --view ledger        the bytes of a recording
  framewire render hello-tcp -o figure.png --until 40ms --theme dark
  framewire render hello-tcp -o figure.mmd                         a Mermaid sequence diagram
  framewire render hello-tcp -o -                                  plain text, to the terminal";

/// Draw a scenario, a recording or a capture into a file
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct RenderArgs {
    /// A built-in scenario's name, a scenario (JSON), a recording (.fwtrace) or a capture (pcap, pcapng)
    #[arg(value_name = "SCENARIO|TRACE")]
    pub source: String,
    /// Where to; the ending says what: .svg, .png, .pdf, .mmd (Mermaid) or .txt; `-` prints plain text
    #[arg(short, long, value_name = "FILE")]
    pub out: PathBuf,
    /// What to draw (SVG, PNG and PDF)
    #[arg(long, value_enum, default_value_t = View::Ladder)]
    pub view: View,
    /// Only what has happened until then, for example 40ms or 1.5s
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Width in pixels, or in characters for plain text (800, or 96)
    #[arg(long, value_name = "N")]
    pub width: Option<u32>,
    /// Pixels of a PNG for each pixel of width
    #[arg(long, value_name = "N", default_value_t = 2.0)]
    pub scale: f32,
    /// The language of the words
    #[arg(long, value_enum, default_value_t = Language::En)]
    pub lang: Language,
    /// Ink on paper, or chalk on slate
    #[arg(long, value_enum, default_value_t = Paper::Light)]
    pub theme: Paper,
    /// Sequence numbers as they stand in the headers
    #[arg(long)]
    pub absolute: bool,
    /// A font file to take first (several times: several)
    #[arg(long, value_name = "FILE")]
    pub font: Vec<PathBuf>,
    /// Take no fonts but those of --font: the same picture on every machine
    #[arg(long, requires = "font")]
    pub no_system_fonts: bool,
}

/// Which picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum View {
    /// The time-sequence diagram
    Ladder,
    /// The bytes, lane by lane
    Ledger,
}

/// Which colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Paper {
    /// Ink on paper
    Light,
    /// Chalk on slate
    Dark,
}

/// The widest picture, in pixels and in characters: what is wider is a slip of the hand.
const WIDEST: u32 = 10_000;
/// The most pixels a PNG may have.
const MOST_PIXELS: f64 = 100e6;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Svg,
    Png,
    Pdf,
    Mermaid,
    Text,
}

fn format_of(path: &Path) -> anyhow::Result<Format> {
    if path.as_os_str() == "-" {
        return Ok(Format::Text);
    }
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("svg") => Ok(Format::Svg),
        Some("png") => Ok(Format::Png),
        Some("pdf") => Ok(Format::Pdf),
        Some("mmd" | "mermaid") => Ok(Format::Mermaid),
        Some("txt") => Ok(Format::Text),
        _ => bail!("{}: the ending must be .svg, .png, .pdf, .mmd or .txt", path.display()),
    }
}

/// Runs the command; what goes to `-` goes to `out`.
///
/// # Errors
/// When the source cannot be read, when no font has a character, and when the file cannot be written.
pub fn run(args: &RenderArgs, out: &mut impl Write) -> anyhow::Result<()> {
    let format = format_of(&args.out)?;
    let bytes = draw(args, format)?;
    if args.out.as_os_str() == "-" {
        return Ok(out.write_all(&bytes)?);
    }
    std::fs::write(&args.out, bytes).with_context(|| format!("cannot write {}", args.out.display()))
}

/// What is drawn, and what it is called.
fn open(source: &str, lang: Lang) -> anyhow::Result<(Session, String)> {
    let path = Path::new(source);
    let is_scenario = !path.exists() || path.extension().is_some_and(|ending| ending == "json");
    if is_scenario {
        let scenario = sim_cmd::load(source, lang)?;
        let title = scenario.title.get(lang).to_owned();
        let run = Run::new(&scenario, &[])?;
        if let Some(message) = run.stop().message(lang) {
            eprintln!("{message}");
        }
        return Ok((Session::new(run.into_trace()), title));
    }
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {source}"))?;
    let opened = trace_cmd::open(&bytes).with_context(|| format!("cannot read {source}"))?;
    for remark in opened.remarks {
        eprintln!("{source}: {remark}");
    }
    let title = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok((Session::new(opened.trace), title))
}

fn draw(args: &RenderArgs, format: Format) -> anyhow::Result<Vec<u8>> {
    let lang = Lang::from(args.lang);
    let relative = !args.absolute;
    let until = match &args.until {
        None => None,
        Some(text) => {
            let span = Span::parse(text).with_context(|| {
                format!("--until {text}: write a time with its unit, for example 40ms or 1.5s")
            })?;
            Some(Instant::START + span.0)
        }
    };
    if let Some(width) = args.width.filter(|&width| !(40..=WIDEST).contains(&width)) {
        bail!("--width {width}: from 40 to {WIDEST}");
    }
    let (session, title) = open(&args.source, lang)?;
    let figure = session.figure();
    match format {
        Format::Mermaid => return Ok(mermaid::write(figure, &title, relative, lang, until).into_bytes()),
        Format::Text => {
            let columns = args.width.unwrap_or(96) as usize;
            return Ok(text::write(figure, columns, relative, lang, until).into_bytes());
        }
        _ => {}
    }
    let theme = match args.theme {
        Paper::Light => Theme::Light,
        Paper::Dark => Theme::Dark,
    };
    let list = picture(session, args, relative, lang, until);
    let svg = svg::write(&list, theme, &title);
    if format == Format::Svg {
        return Ok(svg.into_bytes());
    }
    let fonts = Fonts::load(&args.font, !args.no_system_fonts)?;
    fonts.check(list.texts.iter().map(String::as_str))?;
    let tree = usvg::Tree::from_str(&svg, &fonts.options()).context("the picture could not be laid out")?;
    if format == Format::Pdf {
        // Outlines in place of text: embedded fonts are written in an order that changes from run to run.
        let outlines = svg2pdf::ConversionOptions { embed_text: false, ..Default::default() };
        let pdf = svg2pdf::to_pdf(&tree, outlines, svg2pdf::PageOptions::default());
        return pdf.map(in_order).map_err(|error| anyhow::anyhow!("the PDF could not be made: {error}"));
    }
    png(&tree, args.scale)
}

/// The display list that the page would paint, as far as `until`.
fn picture(
    mut session: Session,
    args: &RenderArgs,
    relative: bool,
    lang: Lang,
    until: Option<Instant>,
) -> DisplayList {
    let width = args.width.unwrap_or(800) as f32;
    // As dense as it stays readable: a figure for print has no screen to fill.
    session.fit(1.0);
    let position = until.map(|at| session.position(at.as_nanos() as f64));
    let mut list = match args.view {
        View::Ledger => session.ledger(&ledger::Window { width, connection: None, zoom: None, lang }).0,
        View::Ladder => {
            let axis = position.unwrap_or(session.scale().height) as f32;
            let height = axis + ladder::HEAD + ladder::LEAD + 12.0;
            session.ladder(ladder::Window { width, height, top: 0.0, zoom: 1.0, relative, lang })
        }
    };
    if let Some(position) = position {
        list = still::still(&list, position);
    }
    list
}

/// Sorts the entries of resource dictionaries, which are written in an order that changes from run to run. Each stands in
/// one object, so that no offset of the file moves.
fn in_order(pdf: Vec<u8>) -> Vec<u8> {
    let is_entry = |line: &[u8]| {
        let text = std::str::from_utf8(line).unwrap_or_default();
        text.starts_with(' ') && text.trim_start().starts_with('/') && text.ends_with(" 0 R\n")
    };
    let mut lines: Vec<&[u8]> = pdf.split_inclusive(|&byte| byte == b'\n').collect();
    for run in lines.chunk_by_mut(|a, b| is_entry(a) && is_entry(b)) {
        run.sort_unstable();
    }
    lines.concat()
}

fn png(tree: &usvg::Tree, scale: f32) -> anyhow::Result<Vec<u8>> {
    let size = tree.size();
    let (width, height) = (f64::from(size.width() * scale).ceil(), f64::from(size.height() * scale).ceil());
    if !(scale > 0.0 && width >= 1.0 && width * height <= MOST_PIXELS) {
        bail!("a picture of {width:.0} by {height:.0} pixels: take a smaller --scale or --width, or --until");
    }
    let mut pixels =
        tiny_skia::Pixmap::new(width as u32, height as u32).context("no memory for the picture")?;
    resvg::render(tree, tiny_skia::Transform::from_scale(scale, scale), &mut pixels.as_mut());
    pixels.encode_png().context("the PNG could not be made")
}
