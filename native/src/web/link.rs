//! `--web`: a program that records tells a running `framewire web`, whose page then shows the traffic while it goes on.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::token;
use crate::listen;

/// Time for the page's server to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// The longest answer that is read, in bytes.
const MOST_ANSWERED: u64 = 1 << 20;

/// Where the traffic can be watched.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Link {
    /// Show it live in a running `framewire web`, by default the one on 127.0.0.1:8080 (without a file to record to, the
    /// recording goes with the program)
    #[arg(long, value_name = "ADDR", num_args = 0..=1, require_equals = true, default_missing_value = "127.0.0.1:8080")]
    pub web: Option<String>,
}

/// Where a recording goes; a temporary one goes away with this.
#[derive(Debug)]
pub struct Target {
    /// The file.
    pub path: PathBuf,
    /// Keeps a temporary file until the program ends.
    _temporary: Option<tempfile::TempPath>,
}

impl Link {
    /// The file to record to, if anything is to be recorded: the one that was asked for, or a temporary one.
    ///
    /// # Errors
    /// When no temporary file can be made.
    pub fn target(&self, record: Option<&Path>) -> Result<Option<Target>> {
        if let Some(path) = record {
            return Ok(Some(Target { path: path.to_owned(), _temporary: None }));
        }
        if self.web.is_none() {
            return Ok(None);
        }
        let made = tempfile::Builder::new().prefix("framewire-").suffix(".fwtrace").tempfile();
        let made = made.context("cannot make a temporary file for the recording")?.into_temp_path();
        Ok(Some(Target { path: made.to_path_buf(), _temporary: Some(made) }))
    }

    /// Tells the page of the recording, which has begun.
    ///
    /// # Errors
    /// When there is no such page, or it refuses.
    pub fn announce(&self, name: &str, target: Option<&Target>) -> Result<()> {
        let (Some(web), Some(target)) = (&self.web, target) else { return Ok(()) };
        let addr = listen::resolve(web)?;
        announce(addr, name, &target.path)
            .with_context(|| format!("--web: `framewire web` on {addr} cannot show this"))
    }
}

fn announce(addr: SocketAddr, name: &str, path: &Path) -> Result<()> {
    let path = path.canonicalize().with_context(|| format!("cannot find {}", path.display()))?;
    let body = serde_json::json!({ "name": name, "path": path, "process": std::process::id() }).to_string();
    match post(addr, "/api/live", &body, PATIENCE)? {
        (200, _) => Ok(()),
        (_, answer) => bail!("{}", answer.trim()),
    }
}

/// Asks the `framewire web` of this user that listens on `addr` for something, with its secret; gives the status and the body of
/// the answer, for which it is waited so long.
///
/// # Errors
/// When nobody answers there, or the secret is not to be had.
pub fn post(addr: SocketAddr, path: &str, body: &str, patience: Duration) -> Result<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&addr, PATIENCE)
        .context("nobody answers there: start `framewire web` first, or give its address as --web=ADDR")?;
    let token = token::of_port(addr.port())
        .context("its secret is not to be had: it runs as another user, or is another program")?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: {addr}\r\n{}: {token}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        token::HEADER,
        body.len()
    )?;
    let mut answer = Vec::new();
    stream.take(MOST_ANSWERED).read_to_end(&mut answer).context("no answer")?;
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    Ok((status, answer.split_once("\r\n\r\n").map_or("", |(_, body)| body).to_owned()))
}
