//! The page: embedded in the binary, or (while somebody works on it) read from a directory.

use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use super::packed::{Packed, takes_gzip};

#[derive(RustEmbed)]
#[folder = "../www/"]
#[exclude = "node_modules/*"]
#[exclude = "*.d.ts"]
#[allow_missing = true]
struct Embedded;

/// What the page cannot do without: the WASM build.
const WASM_MODULE: &str = "pkg/framewire_bg.wasm";

const NO_PAGE: &str = include_str!("no_page.html");

/// Where the page's files come from.
pub struct Assets {
    dir: Option<PathBuf>,
    packed: Packed,
}

struct Asset {
    bytes: Cow<'static, [u8]>,
    tag: String,
}

impl Assets {
    /// The embedded page, or the files of `dir`.
    pub fn new(dir: Option<PathBuf>) -> Self {
        Assets { dir, packed: Packed::default() }
    }

    /// False when the page's WASM is missing (built by `cargo build` alone).
    pub fn complete(&self) -> bool {
        self.load(WASM_MODULE).is_some()
    }

    fn load(&self, path: &str) -> Option<Asset> {
        let Some(dir) = &self.dir else {
            let file = Embedded::get(path)?;
            let hash = file.metadata.sha256_hash();
            let tag = hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
            return Some(Asset { bytes: file.data, tag });
        };
        // Only plain names below the directory: no `..`, no root.
        if !Path::new(path).components().all(|part| matches!(part, Component::Normal(_))) {
            return None;
        }
        let file = dir.join(path).canonicalize().ok()?;
        if !file.starts_with(dir.canonicalize().ok()?) {
            return None;
        }
        let stamp = file.metadata().ok()?.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
        let bytes = std::fs::read(&file).ok()?;
        let tag = format!("{:x}-{:x}", stamp.as_nanos(), bytes.len());
        Some(Asset { bytes: bytes.into(), tag })
    }

    /// The answer to a request for `path` with these headers: gzipped for those who take it so.
    pub fn respond(&self, path: &str, asked: &HeaderMap) -> Response {
        let Ok(path) = percent_encoding::percent_decode_str(path.trim_start_matches('/')).decode_utf8()
        else {
            return (StatusCode::BAD_REQUEST, "the path is not UTF-8\n").into_response();
        };
        // A folder is answered by its index.
        let path = match path.as_ref() {
            "" => Cow::Borrowed("index.html"),
            folder if folder.ends_with('/') => Cow::Owned(format!("{folder}index.html")),
            other => Cow::Borrowed(other),
        };
        let path = path.as_ref();
        if path == "index.html" && !self.complete() {
            return ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], NO_PAGE).into_response();
        }
        let Some(asset) = self.load(path) else {
            // Without the slash the folder's own links would miss it.
            if self.load(&format!("{path}/index.html")).is_some() {
                let last = path.rsplit('/').next().unwrap_or_default();
                return (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, format!("{last}/"))])
                    .into_response();
            }
            return (StatusCode::NOT_FOUND, "no such page; the player is at /\n").into_response();
        };
        let packed = match takes_gzip(asked.get(header::ACCEPT_ENCODING)) {
            true => self.packed.get(path, &asset.tag, &asset.bytes),
            false => None,
        };
        // Packed or not are two things to a cache (RFC 9110, section 8.8.3.3).
        let tag = format!("\"{}{}\"", asset.tag, if packed.is_some() { "-gzip" } else { "" });
        let vary = (header::VARY, "accept-encoding");
        if asked.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
            return (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)], [vary]).into_response();
        }
        let headers = [(header::CONTENT_TYPE, mime(path)), (header::ETAG, tag)];
        match packed {
            Some(packed) => {
                let coding = (header::CONTENT_ENCODING, "gzip");
                (headers, [vary, coding], Body::from(packed)).into_response()
            }
            None => (headers, [vary], Body::from(asset.bytes.into_owned())).into_response(),
        }
    }
}

/// The MIME type of a path; text is UTF-8.
fn mime(path: &str) -> String {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        // `instantiateStreaming` and module scripts insist on these two.
        Some("wasm") => "application/wasm".to_owned(),
        Some("js" | "mjs") => "text/javascript; charset=utf-8".to_owned(),
        Some("fwtrace" | "pcap" | "pcapng") => "application/octet-stream".to_owned(),
        _ => {
            let guess = mime_guess::from_path(path).first_or_octet_stream();
            match guess.type_() == mime_guess::mime::TEXT {
                true => format!("{guess}; charset=utf-8"),
                false => guess.to_string(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn header(response: &Response, name: header::HeaderName) -> String {
        response.headers().get(name).map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    #[test]
    fn types_that_browsers_insist_on() {
        assert_eq!(mime("pkg/framewire_bg.wasm"), "application/wasm");
        assert_eq!(mime("js/player.js"), "text/javascript; charset=utf-8");
        assert_eq!(mime("style.css"), "text/css; charset=utf-8");
        assert_eq!(mime("icon.svg"), "image/svg+xml");
    }

    #[test]
    fn a_directory_serves_only_what_is_below_it() {
        let dir = tempfile::tempdir().unwrap();
        let www = dir.path().join("www");
        std::fs::create_dir_all(www.join("pkg")).unwrap();
        std::fs::write(www.join("index.html"), "page").unwrap();
        std::fs::write(www.join(WASM_MODULE), "wasm").unwrap();
        std::fs::write(dir.path().join("secret"), "secret").unwrap();
        std::os::unix::fs::symlink(dir.path().join("secret"), www.join("link")).unwrap();
        let assets = Assets::new(Some(www));
        assert!(assets.complete());
        assert_eq!(assets.respond("/", &HeaderMap::new()).status(), StatusCode::OK);
        for path in ["/../secret", "/%2e%2e/secret", "/link", "//etc/passwd", "/pkg/../../secret", "/nothing"]
        {
            assert_eq!(assets.respond(path, &HeaderMap::new()).status(), StatusCode::NOT_FOUND, "{path}");
        }
        assert_eq!(assets.respond("/%ff", &HeaderMap::new()).status(), StatusCode::BAD_REQUEST);
    }

    #[test]
    fn a_folder_is_answered_by_its_index() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("notes")).unwrap();
        std::fs::write(dir.path().join("notes/index.html"), "notes").unwrap();
        let assets = Assets::new(Some(dir.path().to_owned()));
        let page = assets.respond("/notes/", &HeaderMap::new());
        assert_eq!(page.status(), StatusCode::OK);
        assert_eq!(header(&page, header::CONTENT_TYPE), "text/html; charset=utf-8");
        let without = assets.respond("/notes", &HeaderMap::new());
        assert_eq!(without.status(), StatusCode::PERMANENT_REDIRECT);
        assert_eq!(header(&without, header::LOCATION), "notes/");
        assert_eq!(assets.respond("/other/", &HeaderMap::new()).status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn an_unchanged_file_is_not_sent_again() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a.js"), "1").unwrap();
        let assets = Assets::new(Some(dir.path().to_owned()));
        let first = assets.respond("/a.js", &HeaderMap::new());
        let known = HeaderMap::from_iter([(header::IF_NONE_MATCH, first.headers()[header::ETAG].clone())]);
        assert_eq!(assets.respond("/a.js", &known).status(), StatusCode::NOT_MODIFIED);
        std::fs::write(dir.path().join("a.js"), "12").unwrap();
        assert_eq!(assets.respond("/a.js", &known).status(), StatusCode::OK);
    }

    #[test]
    fn who_takes_gzip_gets_it_under_a_tag_of_its_own() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a.js"), "let frame;\n".repeat(999)).unwrap();
        let assets = Assets::new(Some(dir.path().to_owned()));
        let plain = assets.respond("/a.js", &HeaderMap::new());
        let takes = (header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, br"));
        let packed = assets.respond("/a.js", &HeaderMap::from_iter([takes.clone()]));
        assert_eq!(header(&plain, header::CONTENT_ENCODING), "");
        assert_eq!(header(&packed, header::CONTENT_ENCODING), "gzip");
        assert_eq!(header(&packed, header::CONTENT_TYPE), "text/javascript; charset=utf-8");
        for answer in [&plain, &packed] {
            assert_eq!(header(answer, header::VARY), "accept-encoding");
        }
        assert_ne!(header(&plain, header::ETAG), header(&packed, header::ETAG));
        let known = (header::IF_NONE_MATCH, packed.headers()[header::ETAG].clone());
        let again = assets.respond("/a.js", &HeaderMap::from_iter([takes, known.clone()]));
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(assets.respond("/a.js", &HeaderMap::from_iter([known])).status(), StatusCode::OK);
    }

    #[test]
    fn without_wasm_the_page_says_how_to_get_it() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("index.html"), "page").unwrap();
        let assets = Assets::new(Some(dir.path().to_owned()));
        assert!(!assets.complete());
        assert_eq!(assets.respond("/", &HeaderMap::new()).status(), StatusCode::OK);
        assert!(NO_PAGE.contains("cargo xtask run"));
    }
}
