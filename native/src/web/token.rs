//! The secret of one `framewire web`. Programs of the same user find it in a file that only that user reads, and so may announce
//! a recording; the page has it from the address that was printed, and so may start programs.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::PathBuf;

/// The header that carries it.
pub const HEADER: &str = "x-framewire-token";
/// Octets of chance in it.
const OCTETS: usize = 16;

/// The secret of one running `framewire web`. Its file goes with it.
#[derive(Debug)]
pub struct Token {
    text: String,
    file: Option<PathBuf>,
}

/// The user's own directory for such things.
fn directory() -> PathBuf {
    match std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|dir| dir.is_dir()) {
        Some(own) => own.join("framewire"),
        None => std::env::temp_dir().join(format!("framewire-{}", nix::unistd::getuid())),
    }
}

fn path(port: u16) -> PathBuf {
    directory().join(format!("web-{port}.token"))
}

/// A directory in which nobody else may write, or an error.
fn own_directory() -> io::Result<PathBuf> {
    let directory = directory();
    match DirBuilder::new().mode(0o700).create(&directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let meta = std::fs::symlink_metadata(&directory)?;
    let ours = meta.is_dir() && meta.uid() == nix::unistd::getuid().as_raw() && meta.mode() & 0o022 == 0;
    match ours {
        true => Ok(directory),
        false => Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!("{} belongs to somebody else or may be written by others", directory.display()),
        )),
    }
}

impl Token {
    /// Draws a secret and puts it where programs of this user find it by the port. Where that cannot be, nobody finds it.
    ///
    /// # Errors
    /// When the system gives no chance.
    pub fn draw(port: u16) -> io::Result<Self> {
        let mut drawn = [0; OCTETS];
        File::open("/dev/urandom")?.read_exact(&mut drawn)?;
        let text: String = drawn.iter().map(|octet| format!("{octet:02x}")).collect();
        let write = || -> io::Result<PathBuf> {
            own_directory()?;
            let path = path(port);
            let _ = std::fs::remove_file(&path);
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
            file.write_all(text.as_bytes())?;
            Ok(path)
        };
        let file = write().inspect_err(|error| {
            tracing::warn!(%error, "other programs cannot announce recordings with --web");
        });
        Ok(Token { text, file: file.ok() })
    }

    /// The secret as it stands behind the `#` of the page's address, which no server and no log ever sees.
    pub fn fragment(&self) -> String {
        format!("key={}", self.text)
    }

    /// Whether this is the secret. How long the answer takes does not tell how much of it was right.
    pub fn is(&self, given: &[u8]) -> bool {
        let same = given.iter().zip(self.text.as_bytes()).fold(0, |differ, (a, b)| differ | (a ^ b));
        given.len() == self.text.len() && same == 0
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        if let Some(file) = &self.file {
            // Another one may have taken the port meanwhile: its secret stays.
            if std::fs::read_to_string(file).is_ok_and(|text| text == self.text) {
                let _ = std::fs::remove_file(file);
            }
        }
    }
}

/// The secret of the `framewire web` that listens on this port.
///
/// # Errors
/// When there is none of this user.
pub fn of_port(port: u16) -> io::Result<String> {
    own_directory()?;
    std::fs::read_to_string(path(port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_found_by_the_port_and_goes_with_its_owner() {
        let port = 3;
        let token = Token::draw(port).unwrap();
        let found = of_port(port).unwrap();
        assert_eq!(found.len(), 2 * OCTETS);
        assert!(token.is(found.as_bytes()));
        for wrong in ["", "x", &found[1..], &format!("{found}0")] {
            assert!(!token.is(wrong.as_bytes()), "{wrong}");
        }
        assert_eq!(std::fs::metadata(path(port)).unwrap().mode() & 0o777, 0o600);
        let other = Token::draw(port).unwrap();
        assert!(!other.is(found.as_bytes()));
        drop(token);
        assert!(of_port(port).is_ok(), "the newer one's");
        drop(other);
        assert!(of_port(port).is_err());
    }
}
