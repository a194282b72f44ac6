//! ns-3, where Debian's package is installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::node::{Outcome, output, source, target};

/// ns-3's CUBIC, as Debian packages it.
pub struct Ns3(PathBuf);

impl Ns3 {
    /// Compiles the program; says what is missing where it cannot.
    pub fn build() -> Outcome<Ns3> {
        if !Path::new("/usr/include/ns3/core-module.h").exists() {
            return Err("ns-3 is not installed (apt-get install libns3-dev)".to_owned());
        }
        std::fs::create_dir_all(target()).map_err(|error| error.to_string())?;
        let (program, code) = (target().join("ns3_bulk"), source("ns3_bulk.cc"));
        let built = |path: &Path| path.metadata().and_then(|about| about.modified()).ok();
        if built(&program) < built(&code) {
            let mut compiler = Command::new("g++");
            compiler.arg("-O2").arg(&code).arg("-o").arg(&program);
            for library in
                ["core", "network", "internet", "point-to-point", "applications", "stats", "traffic-control"]
            {
                compiler.arg(format!("-lns3-{library}"));
            }
            output(&mut compiler)?;
        }
        Ok(Ns3(program))
    }

    /// One transfer: virtual seconds, and nanoseconds of the processor.
    pub fn run(&self, segments: u64, loss: f64, seed: u64) -> Outcome<(f64, f64)> {
        let said =
            output(Command::new(&self.0).args([segments.to_string(), loss.to_string(), seed.to_string()]))?;
        let numbers: Vec<f64> = said.split_whitespace().filter_map(|number| number.parse().ok()).collect();
        match numbers[..] {
            [seconds, nanos] => Ok((seconds, nanos)),
            _ => Err(format!("ns-3 said {said:?}")),
        }
    }
}
