//! Recordings given on the command line, for the page to list and open.

use std::io::Read;
use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tokio_util::io::ReaderStream;

/// The files that the page may open, and no others.
#[derive(Debug, Default)]
pub struct Recordings {
    files: Vec<PathBuf>,
}

/// One recording, as `/api/recordings` lists it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// Its number, from 0.
    pub number: usize,
    /// The file's name without its directory.
    pub name: String,
    /// Where the page gets it.
    pub url: String,
    /// Its size in bytes right now; `null` when the file is gone.
    pub bytes: Option<u64>,
}

/// A file that cannot be served.
#[derive(Debug, thiserror::Error)]
#[error("cannot open recording {path}: {reason}")]
pub struct RecordingError {
    path: PathBuf,
    reason: String,
}

impl Recordings {
    /// These files; each must exist and be readable.
    pub fn new(files: &[PathBuf]) -> Result<Self, RecordingError> {
        for path in files {
            let problem = |reason: String| RecordingError { path: path.clone(), reason };
            let file = std::fs::File::open(path).map_err(|error| problem(error.to_string()))?;
            if file.metadata().is_ok_and(|meta| meta.is_dir()) {
                return Err(problem("it is a directory; give .fwtrace or capture files".to_owned()));
            }
        }
        Ok(Recordings { files: files.to_vec() })
    }

    /// All of them.
    pub fn list(&self) -> Vec<Listed> {
        let listed = |(number, path): (usize, &PathBuf)| Listed {
            number,
            name: name(path),
            url: format!("/recordings/{number}"),
            bytes: std::fs::metadata(path).ok().map(|meta| meta.len()),
        };
        self.files.iter().enumerate().map(listed).collect()
    }

    /// The content of one, as it is right now (a recording may still grow).
    pub async fn open(&self, number: usize) -> Response {
        let Some(path) = self.files.get(number) else {
            let text = format!("there is no recording {number}; /api/recordings lists them\n");
            return (StatusCode::NOT_FOUND, text).into_response();
        };
        send(path).await
    }
}

/// The content of a file as it is right now.
pub async fn send(path: &Path) -> Response {
    match tokio::fs::File::open(path).await {
        Ok(file) => {
            let headers = [(header::CONTENT_TYPE, "application/octet-stream")];
            (headers, Body::from_stream(ReaderStream::with_capacity(file, 64 << 10))).into_response()
        }
        Err(error) => {
            (StatusCode::NOT_FOUND, format!("cannot open {}: {error}\n", name(path))).into_response()
        }
    }
}

/// What keeps the page from opening a file as it is now, as far as its beginning shows: an empty one may still grow.
pub fn doubt(path: &Path) -> Option<String> {
    const LOOK: u64 = 4096;
    let mut first = Vec::new();
    let file =
        std::fs::File::open(path).ok().filter(|file| file.metadata().is_ok_and(|meta| meta.is_file()))?;
    file.take(LOOK).read_to_end(&mut first).ok()?;
    crate::trace_cmd::open(&first).err().map(|error| format!("{error:#}"))
}

fn name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_listed_by_number_without_their_directory() {
        let file = tempfile::NamedTempFile::with_suffix(".fwtrace").unwrap();
        std::fs::write(file.path(), b"12345").unwrap();
        let recordings = Recordings::new(&[file.path().to_owned()]).unwrap();
        let [listed] = recordings.list().try_into().unwrap();
        assert_eq!((listed.number, listed.url.as_str(), listed.bytes), (0, "/recordings/0", Some(5)));
        assert!(!listed.name.contains('/') && listed.name.ends_with(".fwtrace"));
    }

    #[test]
    fn a_file_of_another_kind_is_doubted() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes: &[u8]| {
            let path = dir.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            doubt(&path)
        };
        assert!(file("text", b"hello hello").is_some_and(|said| said.contains(".fwtrace")));
        assert!(file("empty", b"").is_some_and(|said| said.contains("empty")));
        let mut trace = framewire::trace::write(&framewire::trace::Trace::new());
        assert_eq!(file("trace", &trace), None);
        trace.extend([9; 100]);
        assert_eq!(file("cut", &trace), None, "what is damaged further on opens up to there");
        let pcap = [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0];
        assert_eq!(file("capture", &pcap), None);
    }

    #[test]
    fn what_cannot_be_opened_is_named_at_once() {
        let error = Recordings::new(&["/no/such.fwtrace".into()]).unwrap_err().to_string();
        assert!(error.contains("/no/such.fwtrace"), "{error}");
        let error = Recordings::new(&["/tmp".into()]).unwrap_err().to_string();
        assert!(error.contains("directory"), "{error}");
    }
}
