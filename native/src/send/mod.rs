//! `framewire send`: the clients of the course, and any other that asks and listens.

pub mod output;
pub mod tcp;
pub mod udp;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::listen::{self, Transport};
use crate::record::{Recorder, RecorderOptions};
use crate::reply::bytes_of;
use crate::serve::session;
use crate::units::{parse_length, parse_millis, parse_seconds, parse_size};
use crate::web::link::Link;
use output::Output;

const EXAMPLES: &str = "\
Examples:
  framewire send tcp 127.0.0.1:9001 'hello hello'            send, receive, print
  framewire send udp 127.0.0.1:9001 'hello world!'           the same in one datagram
  framewire send tcp :9002 --framing json-header:data_size 'hello' 'world'
                                                             two frames, an answer each
  framewire send tcp :9001 --framing json-header:size --recv-size 1024
                                                             no message: read one frame and print it
  framewire send tcp :9002 --framing json-header:data_size hello --chunk 1 --gap 100
                                                             the same bytes, one at a time: does the server cope?
  echo hello | framewire send tcp :9001 -                    the message from standard input
  framewire send tcp :9001 hello --expect HELLO              exit status 1 unless this is the answer
  framewire send tcp :9001 hello --calls                     show every socket call, its bytes and its time

Without framing nobody can know where an answer ends: TCP is a stream. So reading goes on until the peer closes, until
the bytes of --expect are there, or until nothing more comes for --wait milliseconds.";

/// Sends messages to a TCP or UDP server and prints the answers.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct SendArgs {
    /// How to talk to it
    #[arg(value_enum)]
    pub transport: Transport,
    /// The server: HOST:PORT, or :PORT on this machine
    #[arg(value_name = "ADDR")]
    pub addr: String,
    /// Messages: TEXT, - (standard input) or file:PATH; none: only read
    #[arg(value_name = "MESSAGE")]
    pub messages: Vec<String>,
    /// How messages are cut out of the byte stream (TCP): none, json-header:KEY, …
    #[arg(long, value_name = "SPEC", default_value = "none")]
    pub framing: String,
    /// Send all messages this many times
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub count: u64,
    /// Wait so long between messages
    #[arg(long, value_name = "MS", default_value = "0", value_parser = parse_millis)]
    pub interval: Duration,
    /// Bytes asked for in one recv()
    #[arg(long, value_name = "BYTES", default_value = "1024", value_parser = parse_length)]
    pub recv_size: usize,
    /// Each answer must be this: TEXT or file:PATH
    #[arg(long, value_name = "TEXT")]
    pub expect: Option<String>,
    /// Do not wait for answers
    #[arg(long, conflicts_with = "expect")]
    pub no_recv: bool,
    /// After the last message say so with FIN (shutdown), then read until the peer closes (TCP)
    #[arg(long)]
    pub half_close: bool,
    /// End with RST in place of FIN (TCP)
    #[arg(long)]
    pub rst: bool,
    /// Switch Nagle's algorithm off (TCP)
    #[arg(long)]
    pub nodelay: bool,
    /// Cut what is sent into pieces of so many bytes, one send() each (TCP)
    #[arg(long, value_name = "BYTES", value_parser = parse_length)]
    pub chunk: Option<usize>,
    /// Wait so long between the pieces
    #[arg(long, value_name = "MS", default_value = "0", value_parser = parse_millis)]
    pub gap: Duration,
    /// Without framing: an answer is over when nothing came for so long
    #[arg(long, value_name = "MS", default_value = "200", value_parser = parse_millis)]
    pub wait: Duration,
    /// How long to wait for a connection and for an answer to begin
    #[arg(long, value_name = "S", default_value = "10", value_parser = parse_seconds)]
    pub timeout: Duration,
    /// Longest frame payload taken
    #[arg(long, value_name = "BYTES", default_value = "64MiB", value_parser = parse_size)]
    pub max_payload: usize,
    /// Write every socket call with its bytes to this .fwtrace file
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Where it can be watched
    #[command(flatten)]
    pub link: Link,
    /// Show every socket call on standard error
    #[arg(long)]
    pub calls: bool,
    /// Print one JSON object an answer
    #[arg(long)]
    pub json: bool,
}

/// What went wrong in a conversation.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// No connection.
    #[error("cannot connect to {peer}: {source}{advice}")]
    Connect {
        /// The server.
        peer: SocketAddr,
        /// What the system said.
        source: std::io::Error,
        /// What to do about it.
        advice: String,
    },
    /// A call failed in the middle.
    #[error("{call} failed after {sent} bytes sent and {received} received: {source}{advice}")]
    Call {
        /// The socket call.
        call: &'static str,
        /// Bytes sent so far.
        sent: u64,
        /// Bytes received so far.
        received: u64,
        /// What the system said.
        source: std::io::Error,
        /// What it means.
        advice: &'static str,
    },
    /// No answer came.
    #[error("no answer from {peer} within {waited:?} (`--timeout`): {advice}")]
    Silence {
        /// The server.
        peer: SocketAddr,
        /// How long it was waited for.
        waited: Duration,
        /// What may be behind it.
        advice: &'static str,
    },
    /// The peer closed where an answer was due.
    #[error("{peer} closed the connection before message {number} was answered (after {received} bytes)")]
    Closed {
        /// The server.
        peer: SocketAddr,
        /// The message, from 1.
        number: u64,
        /// Bytes received so far.
        received: u64,
    },
    /// The peer does not keep to the framing.
    #[error("the answer breaks the framing: {0}")]
    Frame(String),
    /// The answer is not the one expected.
    #[error("answer {number} is not what was expected: got {got}, expected {expected}")]
    Unexpected {
        /// The answer, from 1.
        number: u64,
        /// What came, escaped.
        got: String,
        /// What should have come, escaped.
        expected: String,
    },
    /// The framing cannot carry a message.
    #[error("message {number} cannot be framed: {reason}")]
    Encode {
        /// The message, from 1.
        number: u64,
        /// Why.
        reason: String,
    },
}

/// Everything that a conversation needs.
pub struct Plan {
    /// The options.
    pub args: SendArgs,
    /// The server.
    pub peer: SocketAddr,
    /// The messages of one round.
    pub messages: Vec<Vec<u8>>,
    /// What each answer must be.
    pub expect: Option<Vec<u8>>,
    /// Where calls are recorded, if anywhere.
    pub recorder: Option<Recorder>,
}

impl Plan {
    /// The messages of all rounds with their numbers from 1.
    pub fn all_messages(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let rounds = if self.messages.is_empty() { 0 } else { self.args.count };
        (0..rounds).flat_map(|_| &self.messages).map(Vec::as_slice).zip(1..).map(|(m, n)| (n, m))
    }

    /// Waits `--interval` before each message but the first.
    pub fn pace(&self, number: u64) {
        if number > 1 && !self.args.interval.is_zero() {
            std::thread::sleep(self.args.interval);
        }
    }

    /// Checks an answer against `--expect`.
    pub fn check(&self, number: u64, got: &[u8]) -> Result<(), SendError> {
        match &self.expect {
            Some(expected) if expected != got => Err(SendError::Unexpected {
                number,
                got: output::quoted(got),
                expected: output::quoted(expected),
            }),
            _ => Ok(()),
        }
    }
}

/// Runs the conversation.
pub fn run(args: &SendArgs) -> anyhow::Result<()> {
    let peer = listen::resolve(&args.addr)?;
    let framing = session::framing(&args.framing)?;
    let messages = args
        .messages
        .iter()
        .map(|message| match message.as_str() {
            "-" => output::read_stdin(),
            other => Ok(bytes_of(other)?),
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let target = args.link.target(args.record.as_deref())?;
    let recorder = target
        .as_ref()
        .map(|target| Recorder::create(&target.path, RecorderOptions::client(&args.framing)))
        .transpose()?;
    args.link.announce(&format!("send {} {peer}", args.transport.name()), target.as_ref())?;
    let expect = args.expect.as_deref().map(bytes_of).transpose()?;
    let plan = Plan { args: args.clone(), peer, messages, expect, recorder };
    let mut output = Output::new(args.json, args.calls);
    let result = match args.transport {
        Transport::Tcp => tcp::converse(&plan, framing, &mut output),
        Transport::Udp => udp::converse(&plan, &mut output),
    };
    if let Some(recorder) = &plan.recorder {
        recorder.finish();
    }
    Ok(result?)
}
