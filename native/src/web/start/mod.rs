//! What is started from the page: servers and relays in this process, clients and commands as programs of their own. Each is
//! recorded, and so appears among the live recordings.

pub mod ask;
pub mod child;
pub mod error;
#[cfg(target_os = "linux")]
pub mod perform;
pub mod routes;
pub mod words;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use framewire::framing::{Framing, Limits};
use framewire::lang::Lang;
use tokio::sync::watch;

use super::demo::{ROTATE_AT, service};
use super::live::{Feed, Feeds, Listed, Started};
use crate::listen::{self, Transport};
use crate::record::{Recorder, RecorderOptions};
use crate::relay::knobs::{Knobs, Shown};
use crate::relay::shape::Shape;
use crate::relay::{self, Breaks, Plan};
use crate::reply::Reply;
use crate::serve::{self, session};
use crate::shutdown::Shutdown;
use ask::{Ask, Permits, Wish};
use child::Running;
use error::StartError;

/// Connections of a relay at a time.
const MOST_CONNECTIONS: usize = 1_000;
/// After so long a silent client of a UDP relay is forgotten.
const IDLE: Duration = Duration::from_secs(60);

/// Starts, turns and stops.
#[derive(Clone, Debug)]
pub struct Starter(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    feeds: Feeds,
    permits: Permits,
    /// Programs at a time.
    most: usize,
    folder: tempfile::TempDir,
    made: AtomicU64,
    starting: Mutex<()>,
    runs: Mutex<BTreeMap<u64, Run>>,
    #[cfg(target_os = "linux")]
    stage: perform::Stage,
}

#[derive(Debug)]
struct Run {
    kind: &'static str,
    address: Option<SocketAddr>,
    feed: Arc<Feed>,
    control: Control,
}

/// How it is taken hold of.
#[derive(Debug)]
enum Control {
    Server(Shutdown),
    Relay { shutdown: Shutdown, turner: watch::Sender<Plan>, knobs: Knobs },
    Program(Running),
}

impl Starter {
    /// Nothing runs yet.
    ///
    /// # Errors
    /// When there is no room for recordings.
    pub fn new(feeds: Feeds, permits: Permits, most: usize) -> std::io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("framewire-").tempdir()?;
        let (made, starting, runs) = (AtomicU64::new(0), Mutex::default(), Mutex::default());
        #[cfg(target_os = "linux")]
        let stage = perform::Stage::new(folder.path().to_owned());
        Ok(Starter(Arc::new(Inner {
            #[cfg(target_os = "linux")]
            stage,
            feeds,
            permits,
            most,
            folder,
            made,
            starting,
            runs,
        })))
    }

    fn runs(&self) -> MutexGuard<'_, BTreeMap<u64, Run>> {
        self.0.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where scenarios are performed.
    #[cfg(target_os = "linux")]
    pub fn stage(&self) -> &perform::Stage {
        &self.0.stage
    }

    /// What is permitted.
    pub fn permits(&self) -> Permits {
        self.0.permits
    }

    /// Grants a wish, and gives the number under which it can be watched. To be called where waiting is allowed, within the
    /// runtime.
    ///
    /// # Errors
    /// Whatever is wrong with the wish, or the system refuses.
    pub fn start(&self, ask: &Ask) -> Result<u64, StartError> {
        let wish = ask.check(self.0.permits)?;
        // One after the other: the limit holds however many ask at once.
        let _turn = self.0.starting.lock().unwrap_or_else(PoisonError::into_inner);
        self.clear();
        if self.runs().values().filter(|run| run.feed.running()).count() >= self.0.most {
            return Err(StartError::Full(self.0.most));
        }
        let run = match wish {
            Wish::Server { transport, at, framing, reply } => self.server(transport, at, framing, reply),
            Wish::Relay { at, to, knobs } => self.relay(at, to, knobs),
            Wish::Client { transport, to, arguments } => {
                let file = self.file();
                let mut command = child::framewire()?;
                command.args(["-q", "send", transport.name(), &to.to_string(), "--record"]).arg(&file);
                command.args(arguments);
                self.program("client", &mut command, &format!("send {} {to}", transport.name()), file)
            }
            Wish::Command(line) => {
                let file = self.file();
                let mut command = child::framewire()?;
                command.args(["record", "--out"]).arg(&file).args(["--", "sh", "-c", &line]);
                self.program("command", &mut command, &line, file)
            }
        }?;
        let number = run.feed.number();
        self.runs().insert(number, run);
        Ok(number)
    }

    /// Forgets what has ended and is listed no more, and its recording.
    fn clear(&self) {
        let feeds = &self.0.feeds;
        self.runs().retain(|number, run| {
            let kept = run.feed.running() || feeds.get(*number).is_some();
            if !kept {
                let _ = std::fs::remove_file(run.feed.path());
            }
            kept
        });
    }

    fn file(&self) -> PathBuf {
        let number = self.0.made.fetch_add(1, Ordering::Relaxed);
        self.0.folder.path().join(format!("{number}.fwtrace"))
    }

    fn record(&self, name: &str, options: RecorderOptions) -> Result<(Recorder, Arc<Feed>), StartError> {
        let system = |error: &dyn std::fmt::Display| StartError::System(error.to_string());
        let file = self.file();
        let options = RecorderOptions { rotate_at: ROTATE_AT, keep: 1, ..options };
        let recorder = Recorder::create(&file, options).map_err(|error| system(&error))?;
        let feed = self.0.feeds.add(name, &file, None).map_err(|error| system(&error))?;
        Ok((recorder, feed))
    }

    fn server(
        &self,
        transport: Transport,
        at: SocketAddr,
        (framing, name): (Option<Framing>, String),
        reply: Reply,
    ) -> Result<Run, StartError> {
        let system = |error: std::io::Error| StartError::System(error.to_string());
        let socket = match transport {
            Transport::Tcp => Ok(listen::tcp(at)?),
            Transport::Udp => Err(listen::udp(at, serve::udp::SOCKET_BUFFER)?),
        };
        let address = socket.as_ref().map_or_else(std::net::UdpSocket::local_addr, |tcp| tcp.local_addr());
        let address = address.map_err(system)?;
        let shown = format!("serve {} {address}", transport.name());
        let (recorder, feed) = self.record(&shown, RecorderOptions::server(&name))?;
        let shutdown = Shutdown::new();
        let codec = framing.map(|framing| session::Codec::new(framing, Limits::DEFAULT));
        let service = Arc::new(serve::Service { reply, ..service(codec, &shutdown, Some(recorder.clone())) });
        let watched = feed.clone();
        tokio::spawn(async move {
            let ended = match socket {
                Ok(listener) => serve::tcp::serve(listener, service).await,
                Err(socket) => serve::udp::serve(socket, service).await,
            };
            if let Err(error) = ended {
                tracing::error!(%error, "{shown} stopped");
            }
            finish(recorder, watched).await;
        });
        Ok(Run { kind: "server", address: Some(address), feed, control: Control::Server(shutdown) })
    }

    fn relay(&self, at: SocketAddr, to: SocketAddr, knobs: Knobs) -> Result<Run, StartError> {
        let system = |error: std::io::Error| StartError::System(error.to_string());
        let socket = match knobs.udp {
            false => Ok(tokio::net::TcpListener::from_std(listen::tcp(at)?).map_err(system)?),
            true => Err(tokio::net::UdpSocket::from_std(listen::udp(at, 1 << 20)?).map_err(system)?),
        };
        let address = socket.as_ref().map_or_else(tokio::net::UdpSocket::local_addr, |tcp| tcp.local_addr());
        let address = address.map_err(system)?;
        let mut plan = Plan {
            target: to,
            up: Shape::default(),
            down: Shape::default(),
            breaks: Breaks::default(),
            resets: 0,
            mishaps: relay::udp::Mishaps::default(),
            seed: 1,
            max_connections: MOST_CONNECTIONS,
            idle_timeout: IDLE,
        };
        knobs.apply(&mut plan);
        let transport = if knobs.udp { "udp" } else { "tcp" };
        let shown = format!("relay {transport} {address} -> {to}");
        let options =
            RecorderOptions { program: "framewire relay".into(), ..RecorderOptions::server("none") };
        let (recorder, feed) = self.record(&shown, options)?;
        let shutdown = Shutdown::new();
        let (turner, turns) = watch::channel(plan);
        let (watched, end) = (feed.clone(), shutdown.clone());
        tokio::spawn(async move {
            match socket {
                Ok(listener) => relay::tcp::serve(listener, turns, Some(&recorder), end).await,
                Err(socket) => relay::udp::serve(socket, turns, Some(&recorder), end).await,
            };
            finish(recorder, watched).await;
        });
        let control = Control::Relay { shutdown, turner, knobs };
        Ok(Run { kind: "relay", address: Some(address), feed, control })
    }

    fn program(
        &self,
        kind: &'static str,
        command: &mut std::process::Command,
        name: &str,
        file: PathBuf,
    ) -> Result<Run, StartError> {
        let (feed, running) = child::start(command, &self.0.feeds, name, file)?;
        Ok(Run { kind, address: None, feed, control: Control::Program(running) })
    }

    /// The live recordings, with what is known of those that were started here.
    pub fn list(&self) -> Vec<Listed> {
        let mut list = self.0.feeds.list();
        let runs = self.runs();
        for listed in &mut list {
            listed.started = runs.get(&listed.number).map(|run| Started {
                started: run.kind,
                address: run.address,
                said: match &run.control {
                    Control::Program(running) => running.said.text(),
                    _ => String::new(),
                },
            });
        }
        list
    }

    /// Stops what runs; what has ended is taken from the list, with its recording. To be called where waiting is allowed.
    ///
    /// # Errors
    /// When nothing of this number was started here.
    pub fn stop(&self, number: u64) -> Result<(), StartError> {
        let mut runs = self.runs();
        let run = runs.get(&number).ok_or(StartError::Gone)?;
        if !run.feed.running() {
            let _ = std::fs::remove_file(run.feed.path());
            self.0.feeds.remove(number);
            runs.remove(&number);
            return Ok(());
        }
        match &run.control {
            Control::Server(shutdown) | Control::Relay { shutdown, .. } => shutdown.begin(),
            Control::Program(running) => {
                let running = running.clone();
                drop(runs);
                running.stop();
            }
        }
        Ok(())
    }

    /// A relay's knobs.
    ///
    /// # Errors
    /// When no relay of this number runs.
    pub fn knobs(&self, number: u64, lang: Lang) -> Result<Vec<Shown>, StartError> {
        self.of_relay(number, |_, knobs| knobs.shown(lang))
    }

    /// Turns one of a relay's knobs and gives them all.
    ///
    /// # Errors
    /// When no relay of this number runs, or the knob takes no such value.
    pub fn turn(&self, number: u64, path: &str, value: &str, lang: Lang) -> Result<Vec<Shown>, StartError> {
        self.of_relay(number, |turner, knobs| {
            knobs.turn(path, value).map_err(StartError::Knob)?;
            turner.send_modify(|plan| knobs.apply(plan));
            Ok(knobs.shown(lang))
        })?
    }

    /// Resets all connections of a relay.
    ///
    /// # Errors
    /// When no relay of this number runs.
    pub fn reset(&self, number: u64) -> Result<(), StartError> {
        self.of_relay(number, |turner, _| turner.send_modify(|plan| plan.resets += 1))
    }

    fn of_relay<T>(
        &self,
        number: u64,
        act: impl FnOnce(&watch::Sender<Plan>, &mut Knobs) -> T,
    ) -> Result<T, StartError> {
        match self.runs().get_mut(&number) {
            Some(Run { control: Control::Relay { turner, knobs, .. }, feed, .. }) if feed.running() => {
                Ok(act(turner, knobs))
            }
            _ => Err(StartError::Gone),
        }
    }

    /// Stops everything. To be called where waiting is allowed.
    pub fn stop_all(&self) {
        let numbers: Vec<u64> =
            self.runs().iter().filter(|(_, run)| run.feed.running()).map(|(n, _)| *n).collect();
        std::thread::scope(|scope| {
            for number in numbers {
                scope.spawn(move || self.stop(number));
            }
        });
        // Servers finish what is in flight, and the recordings are written out.
        let until = std::time::Instant::now() + Duration::from_secs(5);
        while self.runs().values().any(|run| run.feed.running()) && std::time::Instant::now() < until {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Writes what is left of a recording.
async fn finish(recorder: Recorder, feed: Arc<Feed>) {
    let _ = tokio::task::spawn_blocking(move || recorder.finish()).await;
    feed.end();
}
