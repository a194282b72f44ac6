//! Programs from outside that tests and builds need: looked for, and installed where we may.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::shell;

/// A program and the Debian packages that bring it.
pub struct Tool {
    /// What to look for on PATH; the first that is there will do.
    pub programs: &'static [&'static str],
    /// What apt calls it.
    pub packages: &'static [&'static str],
    /// Why it is needed, for the error message.
    pub purpose: &'static str,
}

/// A C linker: Rust needs one, and bare machines lack it.
pub const LINKER: Tool =
    Tool { programs: &["cc"], packages: &["build-essential"], purpose: "link Rust programs" };
/// Node.js for the bundler, the optimiser and the page's tests; `cargo xtask run` can do without.
pub const NODE: Tool = Tool { programs: &["node"], packages: &["nodejs"], purpose: "run the page's tests" };
/// npm for their packages.
pub const NPM: Tool =
    Tool { programs: &["npm"], packages: &["npm"], purpose: "install the page's test packages" };
/// The browser of the page's tests.
pub const CHROMIUM: Tool = Tool {
    programs: &["chromium", "chromium-browser", "google-chrome"],
    packages: &["chromium"],
    purpose: "run the page's tests in a real browser",
};
/// The peers of the course.
pub const PYTHON: Tool =
    Tool { programs: &["python3"], packages: &["python3"], purpose: "run the Python peers of the tests" };
/// An independent reader of the captures that we write.
pub const TSHARK: Tool = Tool {
    programs: &["tshark"],
    packages: &["tshark"],
    purpose: "check our captures with an independent reader",
};

/// What captures are held against.
pub const TCPDUMP: Tool = Tool {
    programs: &["tcpdump"],
    packages: &["tcpdump"],
    purpose: "hold our captures against another's of the same run",
};

impl Tool {
    /// Where the program is, if it is there.
    pub fn find(&self) -> Option<PathBuf> {
        self.programs.iter().find_map(|program| find_on_path(program))
    }

    /// Where the program is, after installing it if need be.
    pub fn ensure(&self) -> Result<PathBuf> {
        if let Some(path) = self.find() {
            return Ok(path);
        }
        apt_install(self.packages, self.purpose)?;
        match self.find() {
            Some(path) => Ok(path),
            None => {
                bail!("{} is installed, yet no `{}` is on PATH", self.packages.join(" "), self.programs[0])
            }
        }
    }
}

/// Fonts that the tests draw with, where Debian puts them, and the packages that bring them: Latin letters, and Chinese.
const FONTS: [(&str, &str); 2] = [
    ("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "fonts-dejavu-core"),
    ("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", "fonts-wqy-microhei"),
];

/// Installs the fonts that the tests draw with; on a machine without apt, the machine's own must do.
pub fn ensure_fonts() -> Result<()> {
    let missing: Vec<&str> =
        FONTS.iter().filter(|(file, _)| !Path::new(file).exists()).map(|(_, package)| *package).collect();
    if missing.is_empty() || find_on_path("apt-get").is_none() {
        return Ok(());
    }
    apt_install(&missing, "draw the tests' pictures")
}

/// `npm ci` in a folder, unless its lock file has not changed since the last time.
pub fn npm_ci(folder: &Path, title: &str) -> Result<()> {
    let file = folder.join("package-lock.json");
    let lock = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let stamp = folder.join("node_modules/.framewire-lock");
    if std::fs::read(&stamp).is_ok_and(|old| old == lock) {
        return Ok(());
    }
    let mut install = shell::command("npm");
    install.current_dir(folder).args(["ci", "--no-audit", "--no-fund"]);
    shell::run_quietly(title, &mut install)?;
    std::fs::write(stamp, lock)?;
    Ok(())
}

/// The file that a shell would run for `program`.
pub fn find_on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Installs Debian packages where we may: as root, or with a sudo that asks nothing.
pub fn apt_install(packages: &[&str], purpose: &str) -> Result<()> {
    let by_hand = format!("sudo apt-get install {}", packages.join(" "));
    if find_on_path("apt-get").is_none() {
        bail!(
            "needed to {purpose}: {}. Install it and try again (on Debian: {by_hand})",
            packages.join(", ")
        );
    }
    let is_root = shell::output(shell::command("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    let may_sudo = || shell::output(shell::command("sudo").args(["-n", "true"])).is_ok();
    if !is_root && !may_sudo() {
        bail!("needed to {purpose}: {}. Install it and try again: {by_hand}", packages.join(", "));
    }
    let apt = |args: &[&str], title: &str| {
        let mut command = shell::command(if is_root { "apt-get" } else { "sudo" });
        if !is_root {
            command.args(["-n", "apt-get"]);
        }
        command.env("DEBIAN_FRONTEND", "noninteractive").args(args);
        shell::run_quietly(title, &mut command)
    };
    let mut install = vec!["install", "-y", "--no-install-recommends"];
    install.extend(packages);
    let title = format!("Installing {}", packages.join(" "));
    // The package lists may be missing or old: refresh them first, and go on with what there is if that fails.
    let refreshed = apt(&["update"], "Refreshing the package lists");
    match (apt(&install, &title), refreshed) {
        (Ok(()), _) => Ok(()),
        (Err(error), Ok(())) => Err(error.context(format!("needed to {purpose}; by hand: {by_hand}"))),
        (Err(_), Err(error)) => Err(error.context(format!(
            "needed to {purpose}: {} (is the network there? by hand: {by_hand})",
            packages.join(", ")
        ))),
    }
}
