//! Binaryen's `wasm-opt` over a module, pinned in `npm/package-lock.json`: it knows WebAssembly's own instructions, which LLVM does not.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::{shell, tools};

/// Functions stay as LLVM made them (nothing is taken into others: that only weighs more), and no address below 1024 is asked for:
/// the stack lies there, whose end nobody reaches. The bench that runs the engine in a browser reads the same file.
const FLAGS: &str = include_str!("wasm-opt-flags.txt");
/// Below `npm/`. A script for Node, whatever its name says.
const PROGRAM: &str = "node_modules/binaryen/bin/wasm-opt";

/// The optimiser.
pub struct Optimiser {
    program: PathBuf,
    /// Which it is and how it is called.
    pub said: String,
}

/// Where Node.js and npm are: it is installed, if need be. An error says why it cannot be had.
pub fn find() -> Result<Optimiser> {
    for tool in [tools::NODE, tools::NPM] {
        if tool.find().is_none() {
            bail!("no `{}` on PATH", tool.programs[0]);
        }
    }
    let npm = shell::root().join("npm");
    tools::npm_ci(&npm, "Installing the bundler and the optimiser")?;
    let program = npm.join(PROGRAM);
    let version = shell::output(shell::command("node").arg(&program).arg("--version"))?;
    Ok(Optimiser { program, said: format!(" {} {FLAGS}", version.trim()) })
}

impl Optimiser {
    /// Optimises a module in place; its functions keep their names if `named`.
    pub fn run(&self, module: &Path, named: bool) -> Result<()> {
        let better = module.with_extension("better.wasm");
        let mut command = shell::command("node");
        command.arg(&self.program).args(FLAGS.split_whitespace()).arg(module).arg("-o").arg(&better);
        if named {
            command.arg("--debuginfo");
        }
        shell::run_quietly("Optimising the WASM", &mut command)?;
        std::fs::rename(&better, module).with_context(|| format!("cannot replace {}", module.display()))
    }
}
