//! The `framewire` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    framewire_native::cli::main()
}
