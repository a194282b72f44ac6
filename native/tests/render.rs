//! `framewire render`: every format, deterministic, in both languages; what is wrong is told.

#![allow(clippy::unwrap_used, reason = "a panic in a test is a failure with a line number")]

mod common;

use std::path::{Path, PathBuf};

use common::{framewire, output, run};

fn drawn(args: &[&str], ending: &str) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join(format!("figure.{ending}"));
    run(framewire().arg("render").args(args).arg("-o").arg(&file));
    std::fs::read(file).unwrap()
}

/// Compares with a file of the tree; `FRAMEWIRE_BLESS=1` writes it anew.
fn as_in(path: &Path, got: &str) {
    if std::env::var_os("FRAMEWIRE_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, got).unwrap();
    }
    let known = std::fs::read_to_string(path).unwrap_or_default();
    assert!(known == got, "{} is not what is drawn now; FRAMEWIRE_BLESS=1 writes it anew", path.display());
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn text_and_mermaid_are_as_they_were() {
    for (name, lang) in [("hello-tcp", "en"), ("lost-syn", "zh"), ("framed-echo", "en")] {
        for ending in ["txt", "mmd"] {
            let got = String::from_utf8(drawn(&[name, "--lang", lang], ending)).unwrap();
            as_in(&root().join(format!("native/tests/figures/{name}.{ending}")), &got);
        }
    }
}

/// The pictures are drawn anew by `FRAMEWIRE_BLESS=1`, and need not be after every change of a line's width: each must
/// be there and show its scenario in its language.
#[test]
fn notes_and_examples_have_their_fallback_pictures() {
    let mut wanted = vec![("four-way-close".to_owned(), "en", "www/examples/four-way-close.svg".to_owned())];
    for lang in ["en", "zh"] {
        let page = std::fs::read_to_string(root().join(format!("www/notes/{lang}.html"))).unwrap();
        let names: Vec<&str> = page
            .split("framewire-player scenario=\"")
            .skip(1)
            // A question's picture would be its answer: without scripts there is none.
            .filter(|rest| !rest.split('>').next().is_some_and(|tag| tag.contains(" predict=")))
            .filter_map(|rest| rest.split('"').next())
            .collect();
        assert!(names.len() >= 10, "{names:?}");
        for name in names {
            assert!(page.contains(&format!("src=\"figures/{name}.{lang}.svg\"")), "{name}");
            wanted.push((name.to_owned(), lang, format!("www/notes/figures/{name}.{lang}.svg")));
        }
    }
    for (name, lang, path) in wanted {
        let got = String::from_utf8(drawn(&[&name, "--lang", lang], "svg")).unwrap();
        let path = root().join(path);
        if std::env::var_os("FRAMEWIRE_BLESS").is_some() {
            std::fs::write(&path, &got).unwrap();
        }
        let kept =
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let title = |svg: &str| {
            svg.split("</title>").next().map(|t| t.split("<title>").last().unwrap_or_default().to_owned())
        };
        assert_eq!(title(&kept), title(&got), "{}", path.display());
    }
}

#[test]
fn the_same_figure_is_the_same_file() {
    for (ending, first) in [("png", &b"\x89PNG"[..]), ("pdf", b"%PDF"), ("svg", b"<svg")] {
        let args = ["sticky-packets", "--width", "640", "--theme", "dark"];
        let one = drawn(&args, ending);
        assert!(one.starts_with(first));
        assert!(one.len() > 2_000, "{ending}: {} bytes", one.len());
        assert!(one == drawn(&args, ending), "{ending}");
    }
}

#[test]
fn a_png_has_the_size_that_was_asked_for() {
    let png = drawn(&["hello-udp", "--width", "500", "--scale", "3"], "png");
    assert_eq!(u32::from_be_bytes(png[16..20].try_into().unwrap()), 1500);
}

#[test]
fn until_leaves_out_what_comes_later() {
    let whole = String::from_utf8(drawn(&["hello-tcp"], "svg")).unwrap();
    let part = String::from_utf8(drawn(&["hello-tcp", "--until", "45ms"], "svg")).unwrap();
    assert!(whole.contains("FIN") && !part.contains("FIN"));
    assert!(part.contains("SYN") && part.len() < whole.len());
    let text = String::from_utf8(drawn(&["hello-tcp", "--until", "45ms"], "txt")).unwrap();
    assert!(text.contains("SYN ACK") && !text.contains("FIN"));
    let bytes =
        String::from_utf8(drawn(&["sticky-packets", "--view", "ledger", "--lang", "zh"], "svg")).unwrap();
    assert!(bytes.contains("发送调用"));
}

#[test]
fn chinese_renders_or_the_lack_of_a_font_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("figure.png");
    let out = output(framewire().args(["render", "hello-tcp", "--lang", "zh", "-o"]).arg(&file));
    let told = String::from_utf8_lossy(&out.stderr).into_owned();
    if out.status.success() {
        // With a font: the words are there, and they are not all the same box.
        assert!(std::fs::metadata(&file).unwrap().len() > 5_000);
    } else {
        assert!(told.contains("no font at hand has") && told.contains("fonts-noto-cjk"), "{told}");
    }
    // One font alone, without Chinese: told, whatever the machine has.
    let latin = [
        "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
        "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf",
    ];
    let Some(latin) = latin.into_iter().find(|path| Path::new(path).exists()) else {
        assert!(std::env::var_os("CI").is_none(), "no Latin font to try with");
        return;
    };
    let args = ["render", "lost-syn", "--lang", "zh", "--no-system-fonts", "--font", latin, "-o"];
    let out = output(framewire().args(args).arg(&file));
    let told = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(!out.status.success() && told.contains("丢 (U+4E22)") && told.contains("--font"), "{told}");
}

#[test]
fn what_is_wrong_is_told() {
    for (args, says) in [
        (&["hello-tcp", "-o", "x.gif"][..], "the ending must be .svg, .png, .pdf, .mmd or .txt"),
        (&["helo-tcp", "-o", "x.svg"], "did you mean hello-tcp"),
        (&["hello-tcp", "-o", "x.svg", "--until", "soon"], "write a time with its unit"),
        (&["hello-tcp", "-o", "x.svg", "--width", "1"], "from 40 to 10000"),
        (&["hello-tcp", "-o", "x.png", "--scale", "999"], "smaller --scale"),
        (&["hello-tcp", "-o", "/nowhere/x.svg"], "cannot write /nowhere/x.svg"),
        (&["hello-tcp", "-o", "x.png", "--font", "Cargo.toml"], "no font that can be read"),
        (&["Cargo.toml", "-o", "x.svg"], "neither a .fwtrace file nor a capture"),
    ] {
        let out = output(framewire().arg("render").args(args).current_dir(env!("CARGO_MANIFEST_DIR")));
        let told = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(!out.status.success() && told.contains(says), "{args:?}: {told}");
    }
    assert!(!root().join("native/x.svg").exists());
}
