//! The page's files gzipped for those who take them so: on a classroom's network the module is more than halved.

use std::collections::HashMap;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;
use axum::http::HeaderValue;
use flate2::{Compression, write::GzEncoder};

/// Below this a packet is a packet, packed or not.
const WORTH_IT: usize = 1400;
/// Files of the page that are kept packed, at most; it has about a hundred.
const KEPT: usize = 512;

/// What was packed once, by path; anew when the file has changed.
#[derive(Default)]
pub struct Packed {
    kept: Mutex<HashMap<String, (String, Bytes)>>,
}

impl Packed {
    /// `bytes` gzipped (RFC 1952), where that is worth it. `tag` stands for this very content of `path`.
    pub fn get(&self, path: &str, tag: &str, bytes: &[u8]) -> Option<Bytes> {
        if bytes.len() < WORTH_IT || !shrinks(path) {
            return None;
        }
        // A panic elsewhere leaves the map whole: entries are put in at once.
        let kept = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, packed)) = kept().get(path).filter(|(known, _)| known == tag) {
            return Some(packed.clone());
        }
        let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 2), Compression::default());
        encoder.write_all(bytes).ok()?;
        let packed = Bytes::from(encoder.finish().ok()?);
        let mut kept = kept();
        if kept.len() < KEPT || kept.contains_key(path) {
            kept.insert(path.to_owned(), (tag.to_owned(), packed.clone()));
        }
        Some(packed)
    }
}

/// Text and WASM; pictures and recordings are packed already or not worth it.
fn shrinks(path: &str) -> bool {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    matches!(extension, "html" | "css" | "js" | "mjs" | "json" | "svg" | "wasm" | "py" | "txt")
}

/// Whether a request's `Accept-Encoding` takes gzip (RFC 9110, section 12.5.3).
pub fn takes_gzip(accept: Option<&HeaderValue>) -> bool {
    let Some(accept) = accept.and_then(|value| value.to_str().ok()) else { return false };
    let mut any = false;
    for coding in accept.split(',') {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        // "A weight of 0 means not acceptable": q=0, q=0.0, q=0.000.
        let weight = weight.trim();
        let refused = weight.starts_with("q=0") && !weight.bytes().any(|b| matches!(b, b'1'..=b'9'));
        match name.trim() {
            name if name.eq_ignore_ascii_case("gzip") => return !refused,
            "*" => any = !refused,
            _ => {}
        }
    }
    any
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn accept_encoding_is_read_as_the_rfc_has_it() {
        let takes = |text: &'static str| takes_gzip(Some(&HeaderValue::from_static(text)));
        assert!(takes("gzip, deflate, br"));
        assert!(takes("br;q=1.0, GZIP;q=0.8"));
        assert!(takes("*"));
        assert!(takes("gzip;q=0.001"));
        assert!(!takes("gzip;q=0, *"));
        assert!(!takes("br"));
        assert!(!takes("*;q=0.0"));
        assert!(!takes(""));
        assert!(!takes_gzip(None));
    }

    #[test]
    fn a_file_is_packed_once_and_anew_when_it_has_changed() {
        let packed = Packed::default();
        let text = "every byte from send() to frame\n".repeat(200);
        let first = packed.get("a.js", "1", text.as_bytes()).unwrap();
        let mut back = String::new();
        flate2::read::GzDecoder::new(&first[..]).read_to_string(&mut back).unwrap();
        assert_eq!(back, text);
        assert!(first.len() < text.len() / 2);
        assert_eq!(packed.get("a.js", "1", b"is not looked at").map(|b| b.len()), None, "too small to pack");
        assert_eq!(
            packed.get("a.js", "1", &vec![0; 9000]).unwrap(),
            first,
            "the tag says that nothing changed"
        );
        assert_ne!(packed.get("a.js", "2", &vec![0; 9000]).unwrap(), first);
        assert!(packed.get("a.fwtrace", "1", text.as_bytes()).is_none());
    }
}
