//! What /proc says of a process.

use std::path::{Path, PathBuf};

use nix::unistd::Pid;

/// Source text longer than this is not kept.
const MAX_SOURCE: u64 = 256 << 10;

/// A program as the trace names it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// Its name: of a script the script's.
    pub name: String,
    /// `python` for a Python script, else empty.
    pub language: &'static str,
    /// The script's text, else empty.
    pub source: String,
}

/// The process that a thread belongs to.
pub fn process_of(thread: Pid) -> Option<Pid> {
    let status = std::fs::read_to_string(format!("/proc/{thread}/status")).ok()?;
    let process = status.lines().find_map(|line| line.strip_prefix("Tgid:"))?.trim().parse().ok()?;
    Some(Pid::from_raw(process))
}

/// The thread's own name where it differs from its process's.
pub fn thread_name(process: Pid, thread: Pid) -> String {
    if process == thread {
        return "main".into();
    }
    let name = std::fs::read_to_string(format!("/proc/{process}/task/{thread}/comm")).unwrap_or_default();
    name.trim_end().to_owned()
}

/// Name and source of the program that a process runs.
pub fn describe(process: Pid) -> Description {
    let line = std::fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
    let words: Vec<String> = line
        .split(|&b| b == 0)
        .filter(|w| !w.is_empty())
        .map(|w| String::from_utf8_lossy(w).into_owned())
        .collect();
    let folder = std::fs::read_link(format!("/proc/{process}/cwd")).unwrap_or_default();
    describe_words(&words, &folder)
        .unwrap_or_else(|| Description { name: format!("{process}"), ..Description::default() })
}

fn describe_words(words: &[String], folder: &Path) -> Option<Description> {
    let file_name = |word: &str| Path::new(word).file_name().map(|name| name.to_string_lossy().into_owned());
    let (program, arguments) = words.split_first()?;
    let program = file_name(program)?;
    if !program.starts_with("python") {
        return Some(Description { name: program, ..Description::default() });
    }
    // The first argument that is no option is the script; after -c or -m comes none.
    for (argument, next) in arguments.iter().zip(arguments.iter().skip(1).map(Some).chain([None])) {
        match argument.as_str() {
            "-c" => {
                let source = next.cloned().unwrap_or_default();
                return Some(Description { name: program, language: "python", source });
            }
            "-m" => return Some(Description { name: next?.clone(), ..Description::default() }),
            option if option.starts_with('-') => {}
            script => {
                let source = read_source(&folder.join(script)).unwrap_or_default();
                return Some(Description { name: file_name(script)?, language: "python", source });
            }
        }
    }
    Some(Description { name: program, ..Description::default() })
}

fn read_source(path: &PathBuf) -> Option<String> {
    let is_short = std::fs::metadata(path).ok()?.len() <= MAX_SOURCE;
    if is_short { std::fs::read_to_string(path).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn describe(words: &[&str]) -> Description {
        let words: Vec<String> = words.iter().map(|&w| w.to_owned()).collect();
        describe_words(&words, Path::new("/")).unwrap()
    }

    #[test]
    fn a_script_is_called_by_its_own_name() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("client.py");
        std::fs::write(&script, "import socket\n").unwrap();
        let found = describe(&["/usr/bin/python3", "-u", script.to_str().unwrap(), "--fast"]);
        assert_eq!((found.name.as_str(), found.language), ("client.py", "python"));
        assert_eq!(found.source, "import socket\n");
        assert_eq!(describe(&["python3", "-c", "print(1)"]).source, "print(1)");
        assert_eq!(describe(&["python3", "-m", "http.server"]).name, "http.server");
        assert_eq!(describe(&["/bin/nc", "-l"]).name, "nc");
        assert_eq!(process_of(Pid::this()), Some(Pid::this()));
    }
}
