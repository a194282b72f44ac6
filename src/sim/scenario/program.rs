//! Programs as a scenario writes them: socket calls in order. [`compile`](crate::sim::program::compile) turns them
//! into code that a [`Task`](crate::sim::program::Task) runs.

use super::json::Json;
use super::node::{Blank, Node, allowed, blank_is_default, names, object};
use crate::sim::error::Flaw;
use crate::sim::locate::Path;
use crate::sim::units::{Size, Span};

/// A program: a sequence of socket calls with the blocking semantics of the socket API.
///
/// Its Python source is written from the steps; a step with `py` brings its own lines.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Program {
    /// Its name; the host's with `.py` when missing.
    pub name: Option<String>,
    /// When it starts; at once when missing. A server is best started first.
    pub start: Option<Span>,
    /// What it does.
    pub steps: Vec<Step>,
}

blank_is_default!(Program);
object!(Program { name, start, steps: needed });

/// What a step does. In brackets: the fields that it uses; those with `?` may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename_all = "kebab-case"))]
pub enum Verb {
    /// Nothing: a line of source alone (`py`).
    Text,
    /// Makes a socket (`socket?`, `kind?`).
    Socket,
    /// Gives it a local address (`socket?`, `port`).
    Bind,
    /// Waits for connections (`socket?`, `backlog?`).
    Listen,
    /// Takes the next connection as the socket `into` (`socket?`, `into?`).
    Accept,
    /// Connects (`socket?`, `to`).
    Connect,
    /// Sends some of the data, as much as the send buffer takes at once (`socket?`, `data`).
    Send,
    /// Sends all of the data (`socket?`, `data`).
    Sendall,
    /// Receives at most `n` octets (`socket?`, `n`, `into?`).
    Recv,
    /// Receives exactly `n` octets, in as many calls as it takes (`socket?`, `n`, `into?`).
    RecvExactly,
    /// Sends a datagram (`socket?`, `data`, `to?`: whence the last one came when missing).
    Sendto,
    /// Receives a datagram, at most `n` octets of it (`socket?`, `n`, `into?`).
    Recvfrom,
    /// Reads a frame of the scenario's framing (`socket?`, `n?`: the most to receive at once, `naive?`, `into?`).
    ReadFrame,
    /// Writes a frame of the scenario's framing (`socket?`, `data`, `pieces?`).
    WriteFrame,
    /// Ends a direction (`socket?`, `how`).
    Shutdown,
    /// Closes the socket (`socket?`).
    Close,
    /// Sets an option (`socket?`, `option`, `value?`).
    SetOption,
    /// Sleeps (`time`).
    Sleep,
    /// Repeats its `body` (`times?`: for ever when missing).
    Loop,
    /// Leaves the loop when `when` holds (`when`).
    Break,
    /// Runs its `body` in a thread of its own (`body`).
    Thread,
    /// Decodes received octets as UTF-8 text and prints it; fails where they are none (`var?`, `errors?`).
    Decode,
}

names!(Verb {
    Text = "text", Socket = "socket", Bind = "bind", Listen = "listen", Accept = "accept",
    Connect = "connect", Send = "send", Sendall = "sendall", Recv = "recv", RecvExactly = "recv-exactly",
    Sendto = "sendto", Recvfrom = "recvfrom", ReadFrame = "read-frame", WriteFrame = "write-frame",
    Shutdown = "shutdown", Close = "close", SetOption = "set-option", Sleep = "sleep", Loop = "loop",
    Break = "break", Thread = "thread", Decode = "decode",
});

/// The kind of a socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename_all = "kebab-case"))]
pub enum SocketKind {
    /// SOCK_STREAM
    #[default]
    Tcp,
    /// SOCK_DGRAM
    Udp,
}

names!(SocketKind { Tcp = "tcp", Udp = "udp" });

/// Which direction a shutdown ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename_all = "kebab-case"))]
pub enum How {
    /// SHUT_RD
    Read,
    /// SHUT_WR
    Write,
    /// SHUT_RDWR
    Both,
}

names!(How { Read = "read", Write = "write", Both = "both" });

/// A socket option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum SocketOption {
    /// Small segments are sent at once.
    #[cfg_attr(feature = "schema", schemars(rename = "TCP_NODELAY"))]
    NoDelay,
    /// Partial segments are held back.
    #[cfg_attr(feature = "schema", schemars(rename = "TCP_CORK"))]
    Cork,
    /// The address may be used again while an old connection is in TIME-WAIT.
    #[cfg_attr(feature = "schema", schemars(rename = "SO_REUSEADDR"))]
    ReuseAddr,
    /// An idle connection is probed.
    #[cfg_attr(feature = "schema", schemars(rename = "SO_KEEPALIVE"))]
    KeepAlive,
    /// Seconds that close() waits; 0 aborts with RST.
    #[cfg_attr(feature = "schema", schemars(rename = "SO_LINGER"))]
    Linger,
    /// Room of the send buffer.
    #[cfg_attr(feature = "schema", schemars(rename = "SO_SNDBUF"))]
    SendBuffer,
    /// Room of the receive buffer.
    #[cfg_attr(feature = "schema", schemars(rename = "SO_RCVBUF"))]
    ReceiveBuffer,
    /// Acknowledges at once.
    #[cfg_attr(feature = "schema", schemars(rename = "TCP_QUICKACK"))]
    QuickAck,
    /// Calls that would block fail with EAGAIN.
    #[cfg_attr(feature = "schema", schemars(rename = "O_NONBLOCK"))]
    NonBlock,
    /// Milliseconds after which a recv() or accept() that still waits fails with EAGAIN.
    #[cfg_attr(feature = "schema", schemars(rename = "SO_RCVTIMEO"))]
    ReceiveTimeout,
}

names!(SocketOption {
    NoDelay = "TCP_NODELAY", Cork = "TCP_CORK", ReuseAddr = "SO_REUSEADDR", KeepAlive = "SO_KEEPALIVE",
    Linger = "SO_LINGER", SendBuffer = "SO_SNDBUF", ReceiveBuffer = "SO_RCVBUF", QuickAck = "TCP_QUICKACK",
    NonBlock = "O_NONBLOCK", ReceiveTimeout = "SO_RCVTIMEO",
});

/// When a `break` leaves its loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename_all = "kebab-case"))]
pub enum Until {
    /// The last receive returned no octet: the peer has ended its direction.
    Eof,
    /// Always.
    Now,
}

names!(Until { Eof = "eof", Now = "now" });

/// What happens when the step fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename_all = "kebab-case"))]
pub enum OnError {
    /// The thread ends with a traceback, as an exception does that nobody catches.
    #[default]
    Raise,
    /// The program prints the error and goes on with the next step.
    Continue,
    /// The program leaves the loop.
    Break,
}

names!(OnError { Raise = "raise", Continue = "continue", Break = "break" });

/// One step of a program. Which fields it takes depends on what it does ([`Verb`]).
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Step {
    /// What it does.
    #[cfg_attr(feature = "schema", schemars(rename = "do"))]
    pub verb: Verb,
    /// Source lines instead of those written from the step; the step runs on the first of them.
    pub py: Option<String>,
    /// The socket; the one made last (by `socket` or `accept`, reading downwards) when missing.
    pub socket: Option<String>,
    /// The name of what it gives: of a socket (`conn`) or of data (`data`).
    pub into: Option<String>,
    /// TCP or UDP.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub kind: SocketKind,
    /// A host and port: `server:8000`.
    pub to: Option<String>,
    /// A port.
    pub port: Option<u16>,
    /// How many connections may wait for accept().
    pub backlog: Option<u32>,
    /// A number of octets.
    pub n: Option<Size>,
    /// What is sent.
    pub data: Option<Data>,
    /// The data that is decoded; `data` when missing.
    pub var: Option<String>,
    /// Which direction ends.
    pub how: Option<How>,
    /// A socket option.
    pub option: Option<SocketOption>,
    /// The option's value; 1 when missing.
    pub value: Option<u64>,
    /// A time.
    pub time: Option<Span>,
    /// How often.
    pub times: Option<u32>,
    /// The steps within.
    pub body: Option<Vec<Step>>,
    /// When to leave the loop.
    pub when: Option<Until>,
    /// What happens when it fails.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub on_error: OnError,
    /// Reads a frame as the course's first programs do: every recv() is believed to give all that was asked.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub naive: bool,
    /// Writes length, header and payload of a frame with a send() each.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub pieces: bool,
    /// Decodes with what was left of a cut character kept for the next time.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub incremental: bool,
}

object!(Step {
    verb as "do": needed, py, socket, into, kind, to, port, backlog, n, data, var, how, option, value, time, times,
    body, when, on_error, naive, pieces, incremental,
});

/// What is sent: a text, or `{"hex": …}`, `{"repeat": …, "times": …}`, `{"var": …}`.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(untagged))]
pub enum Data {
    /// This text, in UTF-8.
    Text(String),
    /// Anything else.
    Spec(DataSpec),
}

/// What is sent, other than a plain text. Exactly one of `text`, `hex` and `var`.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct DataSpec {
    /// A text, in UTF-8.
    pub text: Option<String>,
    /// Octets in hexadecimal; blanks are allowed.
    pub hex: Option<String>,
    /// Data that was received, by name.
    pub var: Option<String>,
    /// How often it is repeated; once when missing.
    pub times: Option<u64>,
    /// ASCII letters are turned to upper case.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub upper: bool,
}

blank_is_default!(DataSpec);
object!(DataSpec { text, hex, var, times, upper });

impl Blank for Data {
    fn blank() -> Self {
        Data::Text(String::new())
    }
}

impl Node for Data {
    fn read(&mut self, json: &Json, at: &mut Path) -> Result<(), Flaw> {
        *self = match json {
            Json::Text(text) => Data::Text(text.clone()),
            Json::Object(_) => {
                let mut spec = DataSpec::default();
                spec.read(json, at)?;
                Data::Spec(spec)
            }
            _ => {
                return Err(allowed(
                    at,
                    "a text, or an object with one of text, hex and var",
                    "一段文本，或含 text、hex、var 之一的对象",
                ));
            }
        };
        Ok(())
    }
    fn json(&mut self) -> Json {
        match self {
            Data::Text(text) => Json::Text(text.clone()),
            Data::Spec(spec) => spec.json(),
        }
    }
}

impl Blank for Step {
    fn blank() -> Self {
        Step::new(Verb::Text)
    }
}

impl Step {
    /// A step that does `verb` and sets no field.
    pub fn new(verb: Verb) -> Self {
        Step {
            verb,
            py: None,
            socket: None,
            into: None,
            kind: SocketKind::Tcp,
            to: None,
            port: None,
            backlog: None,
            n: None,
            data: None,
            var: None,
            how: None,
            option: None,
            value: None,
            time: None,
            times: None,
            body: None,
            when: None,
            on_error: OnError::Raise,
            naive: false,
            pieces: false,
            incremental: false,
        }
    }
}
