//! `framewire web`: the player and recordings, served to the browser on this machine.

pub mod assets;
pub mod demo;
pub mod guard;
pub mod link;
pub mod live;
mod packed;
pub mod recordings;
pub mod start;
pub mod token;

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::body::Bytes;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::listen;
use crate::shutdown::Shutdown;
use crate::units::parse_seconds;
use assets::Assets;
use live::Feeds;
use recordings::Recordings;
use start::ask::Permits;
use start::{Starter, routes};
use token::Token;

const EXAMPLES: &str = "\
Examples:
  framewire web                                the player on http://127.0.0.1:8080
  framewire web hello.fwtrace                  and this recording, ready to open
  framewire web --with-servers                 and the three servers of the course, to try it with real programs
  framewire web --allow-commands               and commands may be started from the page, recorded while they run
  framewire web --addr 127.0.0.1:0             on a free port, which is printed";

/// Serves the player (embedded in this binary) and recordings.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct WebArgs {
    /// Recordings (.fwtrace) and captures for the page to open
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Address and port of the page
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub addr: String,
    /// Start the course's servers too: TCP and UDP upper-casing echo, framed echo
    #[arg(long)]
    pub with_servers: bool,
    /// Where the TCP and UDP echo servers listen (with --with-servers)
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9001")]
    pub echo_addr: String,
    /// Where the framed echo server listens (with --with-servers)
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9002")]
    pub framed_addr: String,
    /// Serve the page from this directory in place of the embedded one (for work on the page)
    #[arg(long, value_name = "DIR")]
    pub www: Option<PathBuf>,
    /// A further host name by which the page may be asked for (this machine's IP addresses and localhost always may)
    #[arg(long, value_name = "NAME")]
    pub allow_host: Vec<String>,
    /// Let commands be run from the page, under `framewire record` (whoever has the page's secret may then run anything as you)
    #[arg(long)]
    pub allow_commands: bool,
    /// Let what is started from the page listen on and talk to other addresses than this machine's loopback
    #[arg(long)]
    pub allow_network: bool,
    /// Programs started from the page that may run at a time
    #[arg(long, value_name = "N", default_value_t = 16)]
    pub max_programs: usize,
    /// Seconds after which a page that watches and says nothing is taken to be gone
    #[arg(long, value_name = "S", default_value = "30", value_parser = parse_seconds)]
    pub watch_patience: Duration,
    /// Print the addresses as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// What a program may say when it announces a recording, in bytes.
const MOST_SAID: usize = 16 << 10;

/// What the site offers.
pub struct Site {
    /// The page.
    pub assets: Assets,
    /// Recordings from the command line.
    pub recordings: Recordings,
    /// Recordings that grow.
    pub feeds: Feeds,
    /// What is started from the page.
    pub starter: Starter,
    /// Who knows it may announce recordings and start programs.
    pub token: Token,
}

/// The whole site: page, recordings, what is live, and the guard before all.
pub fn router(site: Site, allow_host: Vec<String>) -> Router {
    let site = Arc::new(site);
    let router = Router::new();
    #[cfg(target_os = "linux")]
    let router = router
        .route("/api/run", get(routes::performances).post(routes::perform))
        .layer(DefaultBodyLimit::max(start::perform::MOST_TEXT))
        .route("/api/run/{number}/{kind}", get(routes::performed));
    router
        .route("/api/recordings", get(list))
        .route("/recordings/{number}", get(recording))
        .route("/api/live", get(running).post(announced))
        .route("/api/live/{number}", get(watch))
        .route("/api/live/{number}/file", get(so_far))
        .route("/api/live/{number}/stop", post(routes::stop))
        .route("/api/live/{number}/reset", post(routes::reset))
        .route("/api/live/{number}/knobs", get(routes::knobs).post(routes::turn))
        .route("/api/start", get(routes::offer).post(routes::start))
        .layer(DefaultBodyLimit::max(MOST_SAID))
        .fallback(page)
        .with_state(site)
        .layer(middleware::from_fn_with_state(Arc::new(allow_host), guard::guard))
}

async fn list(State(site): State<Arc<Site>>) -> Response {
    axum_json(&site.recordings.list())
}

fn axum_json<T: serde::Serialize>(value: &T) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn recording(State(site): State<Arc<Site>>, Path(number): Path<usize>) -> Response {
    site.recordings.open(number).await
}

async fn running(State(site): State<Arc<Site>>) -> Response {
    axum_json(&site.starter.list())
}

async fn watch(
    State(site): State<Arc<Site>>,
    Path(number): Path<u64>,
    upgrade: WebSocketUpgrade,
) -> Response {
    site.feeds.watch(number, upgrade)
}

async fn so_far(State(site): State<Arc<Site>>, Path(number): Path<u64>) -> Response {
    match site.feeds.path(number) {
        Some(path) => recordings::send(&path).await,
        None => (StatusCode::NOT_FOUND, "there is no such recording; /api/live lists them\n").into_response(),
    }
}

/// What a program says of its recording.
#[derive(serde::Deserialize)]
struct Announcement {
    name: String,
    path: PathBuf,
    process: u32,
}

/// A program of the same user, who knows the secret, announces its recording.
async fn announced(State(site): State<Arc<Site>>, headers: HeaderMap, body: Bytes) -> Response {
    let given = headers.get(token::HEADER).map(|value| value.as_bytes().to_vec()).unwrap_or_default();
    if !site.token.is(&given) {
        return (StatusCode::FORBIDDEN, "the secret is missing or wrong\n").into_response();
    }
    let Ok(Announcement { name, path, process }) = serde_json::from_slice(&body) else {
        return (StatusCode::BAD_REQUEST, "wanted: {\"name\": …, \"path\": …, \"process\": …}\n")
            .into_response();
    };
    match site.feeds.add(&name, &path, Some(process)) {
        Ok(_) => axum_json(&site.feeds.list()),
        Err(error) => (StatusCode::CONFLICT, format!("{error}\n")).into_response(),
    }
}

async fn page(State(site): State<Arc<Site>>, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")], "only GET and HEAD\n")
            .into_response();
    }
    // Reading, and packing for the first time, take longer than a turn of the runtime should.
    let answer =
        tokio::task::spawn_blocking(move || site.assets.respond(request.uri().path(), request.headers()));
    answer.await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// Runs the site (and the demo servers, if asked for) until a signal ends it.
pub fn run(args: &WebArgs) -> anyhow::Result<()> {
    let addr = listen::resolve(&args.addr)?;
    let recordings = Recordings::new(&args.files)?;
    listen::raise_open_files();
    crate::serve::runtime(None)?.block_on(async {
        let shutdown = Shutdown::new();
        let listener = listen::tcp(addr)?;
        let page_addr = listener.local_addr()?;
        let feeds = Feeds::new(args.watch_patience);
        let demo = match args.with_servers {
            true => Some(demo::start(args, &shutdown, &feeds)?),
            false => None,
        };
        shutdown.on_signals()?;
        let assets = Assets::new(args.www.clone());
        let token = Token::draw(page_addr.port())?;
        let permits = Permits { commands: args.allow_commands, network: args.allow_network };
        let starter =
            Starter::new(feeds.clone(), permits, args.max_programs).context("no room for recordings")?;
        announce(args, page_addr, &token, demo.as_ref(), &assets)?;
        let site = Site { assets, recordings, feeds, starter: starter.clone(), token };
        let router = router(site, args.allow_host.clone());
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let served = axum::serve(listener, router).with_graceful_shutdown(shutdown.clone().wait());
        tokio::select! {
            result = served => result?,
            // Browsers keep connections open: after the signal they get a moment, not for ever.
            () = async {
                shutdown.clone().wait().await;
                tokio::time::sleep(Duration::from_millis(500)).await;
            } => {}
        }
        tokio::task::spawn_blocking(move || starter.stop_all()).await?;
        if let Some(demo) = demo {
            demo.stopped().await;
        }
        tracing::info!("stopped");
        Ok(())
    })
}

fn announce(
    args: &WebArgs,
    page: std::net::SocketAddr,
    token: &Token,
    demo: Option<&demo::Demo>,
    assets: &Assets,
) -> std::io::Result<()> {
    let mut out = crate::say::output();
    let url = format!("http://{}/", listen::reachable(page));
    if args.json {
        let servers = demo.map(demo::Demo::json);
        let line = serde_json::json!({
            "event": "listening", "url": url, "key": token.fragment(), "servers": servers,
        });
        writeln!(out, "{line}")?;
        return out.flush();
    }
    writeln!(out, "framewire player: {url}#{}", token.fragment())?;
    writeln!(
        out,
        "  (what stands behind the # lets the page start programs; without it the page only shows)"
    )?;
    if !page.ip().is_loopback() {
        writeln!(out, "  note: {page} can be reached by other machines")?;
    }
    if !assets.complete() {
        writeln!(
            out,
            "  note: this binary was built without the page's WASM; `cargo xtask run` builds it all"
        )?;
    }
    for (number, file) in args.files.iter().enumerate() {
        writeln!(out, "  recording {number}: {}", file.display())?;
        if let Some(doubt) = recordings::doubt(file) {
            writeln!(out, "    note: the page cannot open it as it is: {doubt}")?;
        }
    }
    if let Some(demo) = demo {
        writeln!(out, "{demo}")?;
    }
    writeln!(out, "Ctrl-C stops everything.")?;
    out.flush()
}
