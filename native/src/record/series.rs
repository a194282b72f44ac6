//! The files of one recording that begins anew: the newest has its plain name, older ones a number.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Looking for the next file while the files are being renamed is tried so often.
const TRIES: u32 = 20;

/// `hello.fwtrace` -> `hello.3.fwtrace`; 0 is the newest, of the plain name.
pub fn numbered(path: &Path, number: usize) -> PathBuf {
    if number == 0 {
        return path.to_owned();
    }
    let extension = path.extension().map(|e| e.to_string_lossy().into_owned()).unwrap_or_default();
    match extension.is_empty() {
        true => path.with_extension(number.to_string()),
        false => path.with_extension(format!("{number}.{extension}")),
    }
}

/// The file that follows this one in the series of `path`: `None` while it is the newest. Of one that is not there any more,
/// the newest.
///
/// # Errors
/// When the newest cannot be opened.
pub fn after(path: &Path, this: &File) -> io::Result<Option<File>> {
    let this = this.metadata()?.ino();
    let is = |number: usize, inode: u64| {
        std::fs::metadata(numbered(path, number)).is_ok_and(|found| found.ino() == inode)
    };
    for _ in 0..TRIES {
        if is(0, this) {
            return Ok(None);
        }
        let mut numbers = (1..).take_while(|&number| numbered(path, number).exists());
        if let Some(number) = numbers.find(|&number| is(number, this))
            && let Ok(next) = File::open(numbered(path, number - 1))
            // Both still stand where they were seen: they were not renamed meanwhile.
            && is(number - 1, next.metadata()?.ino())
            && is(number, this)
        {
            return Ok(Some(next));
        }
        std::thread::yield_now();
    }
    File::open(path).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn names_of_old_files_keep_the_extension() {
        assert_eq!(numbered(Path::new("/a/b.fwtrace"), 2), Path::new("/a/b.2.fwtrace"));
        assert_eq!(numbered(Path::new("b"), 1), Path::new("b.1"));
        assert_eq!(numbered(Path::new("b"), 0), Path::new("b"));
    }

    #[test]
    fn each_file_leads_to_the_one_that_was_written_next() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("r.fwtrace");
        for (number, text) in [(2, "first"), (1, "second"), (0, "third")] {
            std::fs::write(numbered(&path, number), text).unwrap();
        }
        let mut file = File::open(numbered(&path, 2)).unwrap();
        let mut seen = vec![];
        while let Some(mut next) = after(&path, &file).unwrap() {
            let mut text = String::new();
            next.read_to_string(&mut text).unwrap();
            seen.push(text);
            file = next;
        }
        assert_eq!(seen, ["second", "third"]);
        // One that was not kept leads to the newest.
        let gone = File::open(numbered(&path, 2)).unwrap();
        std::fs::remove_file(numbered(&path, 2)).unwrap();
        let newest = after(&path, &gone).unwrap().unwrap();
        assert_eq!(newest.metadata().unwrap().ino(), file.metadata().unwrap().ino());
    }
}
