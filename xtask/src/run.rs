//! `cargo xtask run`: from a fresh clone to the open page.

use anyhow::{Context, Result, bail};

use crate::{shell, tools, wasm};

/// Arguments of `cargo xtask run`.
#[derive(clap::Args)]
pub struct Args {
    /// Address of the page
    #[arg(long, default_value = "127.0.0.1:8080")]
    addr: String,
    /// Where the TCP and UDP echo servers listen
    #[arg(long, default_value = "127.0.0.1:9001")]
    echo_addr: String,
    /// Where the framed echo server listens
    #[arg(long, default_value = "127.0.0.1:9002")]
    framed_addr: String,
    /// Build and run the optimised binary (a longer first build)
    #[arg(long)]
    release: bool,
    /// Recordings (.fwtrace) to open in the page
    files: Vec<std::path::PathBuf>,
}

/// Builds WASM and the binary, then becomes `framewire web --with-servers`.
pub fn run(args: &Args) -> Result<()> {
    // Said before minutes of building, not after: a port in use is the most common stumble.
    for (what, option, addr, other) in [
        ("the page", "--addr", &args.addr, "127.0.0.1:8081"),
        ("the echo servers", "--echo-addr", &args.echo_addr, "127.0.0.1:9101"),
        ("the framed echo server", "--framed-addr", &args.framed_addr, "127.0.0.1:9102"),
    ] {
        let tcp = std::net::TcpListener::bind(addr).map(drop);
        let free = match option {
            "--echo-addr" => tcp.and_then(|()| std::net::UdpSocket::bind(addr).map(drop)),
            _ => tcp,
        };
        if let Err(error) = free {
            bail!(
                "{what} cannot listen on {addr}: {error}. Stop what listens there, or choose another port: \
                 cargo xtask run {option} {other}"
            );
        }
    }
    tools::LINKER.ensure()?;
    wasm::build(&wasm::Args::default())?;
    let mut build = shell::cargo();
    build.args(["build", "--package", "framewire-native"]);
    if args.release {
        build.arg("--release");
    }
    shell::run(&mut build).context(shell::BUILD_FAILED)?;
    let profile = if args.release { "release" } else { "debug" };
    let mut web = shell::command(wasm::target_dir().join(profile).join("framewire"));
    if let Ok(here) = std::env::current_dir() {
        web.current_dir(here); // files are named as the user sees them
    }
    web.args(["web", "--addr", &args.addr, "--with-servers"])
        .args(["--echo-addr", &args.echo_addr, "--framed-addr", &args.framed_addr])
        .args(&args.files);
    become_program(&mut web)
}

#[cfg(unix)]
fn become_program(command: &mut std::process::Command) -> Result<()> {
    // Replaces this process: Ctrl-C then reaches the servers and nothing else.
    let error = std::os::unix::process::CommandExt::exec(command);
    bail!("cannot start `{}`: {error}", shell::line(command))
}

#[cfg(not(unix))]
fn become_program(command: &mut std::process::Command) -> Result<()> {
    shell::run(command)
}
