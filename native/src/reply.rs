//! What a server answers.

use std::path::PathBuf;
use std::str::FromStr;

use crate::upper::{Upper, upper_into};

/// The largest file that `file:PATH` takes as an answer or a message.
pub const MAX_FILE: u64 = 64 << 20;

/// How a server answers what it has received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// What came, in upper case.
    Upper,
    /// What came.
    Echo,
    /// Nothing: the bytes are read and thrown away.
    Discard,
    /// Always these bytes: one answer a frame, a datagram or (without framing) a read.
    Fixed(Vec<u8>),
}

/// A `file:PATH` argument that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileArgError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}; `file:PATH` takes the bytes of an existing file")]
    Read {
        /// The path as it was given.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is longer than [`MAX_FILE`].
    #[error("{path} has {len} bytes: `file:PATH` takes at most {MAX_FILE}")]
    TooLong {
        /// The path as it was given.
        path: PathBuf,
        /// The length of the file in bytes.
        len: u64,
    },
}

/// The bytes of a text argument: `file:PATH` is the content of a file, `text:TEXT` and everything else the text itself.
pub fn bytes_of(argument: &str) -> Result<Vec<u8>, FileArgError> {
    let Some(path) = argument.strip_prefix("file:") else {
        return Ok(argument.strip_prefix("text:").unwrap_or(argument).as_bytes().to_vec());
    };
    let path = PathBuf::from(path);
    let len =
        std::fs::metadata(&path).map_err(|source| FileArgError::Read { path: path.clone(), source })?.len();
    if len > MAX_FILE {
        return Err(FileArgError::TooLong { path, len });
    }
    std::fs::read(&path).map_err(|source| FileArgError::Read { path, source })
}

impl FromStr for Reply {
    type Err = FileArgError;

    fn from_str(argument: &str) -> Result<Self, FileArgError> {
        Ok(match argument {
            "upper" => Reply::Upper,
            "echo" => Reply::Echo,
            "discard" => Reply::Discard,
            other => Reply::Fixed(bytes_of(other)?),
        })
    }
}

impl Reply {
    /// Appends the answer to one whole message (a frame's payload or a datagram) to `out`; false when there is none.
    pub fn answer(&self, message: &[u8], out: &mut Vec<u8>) -> bool {
        match self {
            Reply::Upper => upper_into(message, out),
            Reply::Echo => out.extend_from_slice(message),
            Reply::Discard => return false,
            Reply::Fixed(bytes) => out.extend_from_slice(bytes),
        }
        true
    }

    /// Appends the answer to one piece of a byte stream to `out`; `upper` keeps the character that the piece cut.
    pub fn answer_stream(&self, piece: &[u8], upper: &mut Upper, out: &mut Vec<u8>) {
        match self {
            Reply::Upper => upper.feed(piece, out),
            other => {
                other.answer(piece, out);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_texts_and_files() {
        assert_eq!("upper".parse::<Reply>().unwrap(), Reply::Upper);
        assert_eq!("text:upper".parse::<Reply>().unwrap(), Reply::Fixed(b"upper".to_vec()));
        assert_eq!("Hello".parse::<Reply>().unwrap(), Reply::Fixed(b"Hello".to_vec()));
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), b"\x00\xff").unwrap();
        let argument = format!("file:{}", file.path().display());
        assert_eq!(argument.parse::<Reply>().unwrap(), Reply::Fixed(vec![0, 255]));
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = "file:/no/such/file".parse::<Reply>().unwrap_err().to_string();
        assert!(error.contains("/no/such/file") && error.contains("existing file"), "{error}");
    }

    #[test]
    fn discard_answers_nothing() {
        let mut out = Vec::new();
        assert!(!Reply::Discard.answer(b"x", &mut out));
        assert!(Reply::Fixed(b"ok".to_vec()).answer(b"x", &mut out));
        assert_eq!(out, b"ok");
    }
}
