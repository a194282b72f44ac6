//! Programs as a scenario writes them: socket calls in order. [`compile`](crate::sim::program::compile) turns them
//! into code that a [`Task`](crate::sim::program::Task) runs.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

use super::is_default;
use crate::sim::units::{Size, Span, bilingual};

/// A program: a sequence of socket calls with the blocking semantics of the socket API.
///
/// Its Python source is written from the steps; a step with `py` brings its own lines.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// Its name; the host's with `.py` when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When it starts; at once when missing. A server is best started first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Span>,
    /// What it does.
    pub steps: Vec<Step>,
}

/// What a step does. In brackets: the fields that it uses; those with `?` may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
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

/// The kind of a socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SocketKind {
    /// SOCK_STREAM
    #[default]
    Tcp,
    /// SOCK_DGRAM
    Udp,
}

/// Which direction a shutdown ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// SHUT_RD
    Read,
    /// SHUT_WR
    Write,
    /// SHUT_RDWR
    Both,
}

/// A socket option.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum SocketOption {
    /// Small segments are sent at once.
    #[serde(rename = "TCP_NODELAY")]
    NoDelay,
    /// Partial segments are held back.
    #[serde(rename = "TCP_CORK")]
    Cork,
    /// The address may be used again while an old connection is in TIME-WAIT.
    #[serde(rename = "SO_REUSEADDR")]
    ReuseAddr,
    /// An idle connection is probed.
    #[serde(rename = "SO_KEEPALIVE")]
    KeepAlive,
    /// Seconds that close() waits; 0 aborts with RST.
    #[serde(rename = "SO_LINGER")]
    Linger,
    /// Room of the send buffer.
    #[serde(rename = "SO_SNDBUF")]
    SendBuffer,
    /// Room of the receive buffer.
    #[serde(rename = "SO_RCVBUF")]
    ReceiveBuffer,
    /// Acknowledges at once.
    #[serde(rename = "TCP_QUICKACK")]
    QuickAck,
    /// Calls that would block fail with EAGAIN.
    #[serde(rename = "O_NONBLOCK")]
    NonBlock,
    /// Milliseconds after which a recv() or accept() that still waits fails with EAGAIN.
    #[serde(rename = "SO_RCVTIMEO")]
    ReceiveTimeout,
}

impl SocketOption {
    /// Its name in the socket API.
    pub const fn name(self) -> &'static str {
        match self {
            SocketOption::NoDelay => "TCP_NODELAY",
            SocketOption::Cork => "TCP_CORK",
            SocketOption::ReuseAddr => "SO_REUSEADDR",
            SocketOption::KeepAlive => "SO_KEEPALIVE",
            SocketOption::Linger => "SO_LINGER",
            SocketOption::SendBuffer => "SO_SNDBUF",
            SocketOption::ReceiveBuffer => "SO_RCVBUF",
            SocketOption::QuickAck => "TCP_QUICKACK",
            SocketOption::NonBlock => "O_NONBLOCK",
            SocketOption::ReceiveTimeout => "SO_RCVTIMEO",
        }
    }
}

/// When a `break` leaves its loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Until {
    /// The last receive returned no octet: the peer has ended its direction.
    Eof,
    /// Always.
    Now,
}

/// What happens when the step fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum OnError {
    /// The thread ends with a traceback, as an exception does that nobody catches.
    #[default]
    Raise,
    /// The program prints the error and goes on with the next step.
    Continue,
    /// The program leaves the loop.
    Break,
}

/// One step of a program. Which fields it takes depends on what it does ([`Verb`]).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What it does.
    #[serde(rename = "do")]
    pub verb: Verb,
    /// Source lines instead of those written from the step; the step runs on the first of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub py: Option<String>,
    /// The socket; the one made last (by `socket` or `accept`, reading downwards) when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub socket: Option<String>,
    /// The name of what it gives: of a socket (`conn`) or of data (`data`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub into: Option<String>,
    /// TCP or UDP.
    #[serde(default, skip_serializing_if = "is_default")]
    pub kind: SocketKind,
    /// A host and port: `server:8000`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// A port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// How many connections may wait for accept().
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backlog: Option<u32>,
    /// A number of octets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n: Option<Size>,
    /// What is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Data>,
    /// The data that is decoded; `data` when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub var: Option<String>,
    /// Which direction ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub how: Option<How>,
    /// A socket option.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub option: Option<SocketOption>,
    /// The option's value; 1 when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<u64>,
    /// A time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Span>,
    /// How often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// The steps within.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Vec<Step>>,
    /// When to leave the loop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Until>,
    /// What happens when it fails.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on_error: OnError,
    /// Reads a frame as the course's first programs do: every recv() is believed to give all that was asked.
    #[serde(default, skip_serializing_if = "is_default")]
    pub naive: bool,
    /// Writes length, header and payload of a frame with a send() each.
    #[serde(default, skip_serializing_if = "is_default")]
    pub pieces: bool,
    /// Decodes with what was left of a cut character kept for the next time.
    #[serde(default, skip_serializing_if = "is_default")]
    pub incremental: bool,
}

/// What is sent: a text, or `{"hex": …}`, `{"repeat": …, "times": …}`, `{"var": …}`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Data {
    /// This text, in UTF-8.
    Text(String),
    /// Anything else.
    Spec(DataSpec),
}

/// What is sent, other than a plain text. Exactly one of `text`, `hex` and `var`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DataSpec {
    /// A text, in UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Octets in hexadecimal; blanks are allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hex: Option<String>,
    /// Data that was received, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub var: Option<String>,
    /// How often it is repeated; once when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// ASCII letters are turned to upper case.
    #[serde(default, skip_serializing_if = "is_default")]
    pub upper: bool,
}

impl<'de> Deserialize<'de> for Data {
    // By hand: serde's untagged enums lose the path to an error.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Data;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&bilingual(
                    "a text, or an object with one of text, hex and var",
                    "一段文本，或含 text、hex、var 之一的对象",
                ))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Data, E> {
                Ok(Data::Text(text.to_owned()))
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Data, A::Error> {
                DataSpec::deserialize(de::value::MapAccessDeserializer::new(map)).map(Data::Spec)
            }
        }
        deserializer.deserialize_any(Visitor)
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
