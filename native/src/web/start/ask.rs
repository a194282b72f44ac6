//! What the page may ask for, checked before anything is opened.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use framewire::framing::Framing;
use serde::Deserialize;

use super::error::StartError;
use crate::listen::{self, Transport};
use crate::relay::knobs::Knobs;
use crate::reply::Reply;

/// Messages of a client, at most.
const MOST_MESSAGES: usize = 100;
/// Characters of a command, at most.
const MOST_COMMAND: usize = 4_000;

/// A wish, as the page's form sends it: all fields are text, as they were typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Ask {
    /// `server`, `client`, `relay` or `command`.
    pub kind: String,
    /// `tcp` or `udp`.
    pub transport: String,
    /// Where to listen: a port, or an address with a port.
    pub port: String,
    /// Whom to call.
    pub to: String,
    /// The framing's name.
    pub framing: String,
    /// `upper`, `echo`, `discard` or `text`.
    pub reply: String,
    /// The text of a `text` reply.
    pub text: String,
    /// A client's messages, one a line.
    pub messages: String,
    /// How often they are sent.
    pub count: String,
    /// Milliseconds between two.
    pub interval: String,
    /// Octets of a send().
    pub chunk: String,
    /// Milliseconds between two of them.
    pub gap: String,
    /// Switches: `nodelay`, `half-close`, `rst`, `no-recv`.
    pub switches: Vec<String>,
    /// A relay's knobs.
    pub knobs: BTreeMap<String, String>,
    /// A command.
    pub line: String,
}

/// A wish that can be granted.
#[derive(Debug)]
pub enum Wish {
    /// A server.
    Server {
        /// TCP or UDP.
        transport: Transport,
        /// Where it listens.
        at: SocketAddr,
        /// The framing and its name.
        framing: (Option<Framing>, String),
        /// What it answers.
        reply: Reply,
    },
    /// A relay.
    Relay {
        /// Where it listens.
        at: SocketAddr,
        /// Whom it calls.
        to: SocketAddr,
        /// What it does.
        knobs: Knobs,
    },
    /// `framewire send` with these arguments, which name this server.
    Client {
        /// TCP or UDP.
        transport: Transport,
        /// Whom it calls.
        to: SocketAddr,
        /// All arguments behind the address.
        arguments: Vec<String>,
    },
    /// A command for the shell.
    Command(String),
}

/// What is permitted.
#[derive(Clone, Copy, Debug)]
pub struct Permits {
    /// Commands.
    pub commands: bool,
    /// Addresses beyond this machine's loopback.
    pub network: bool,
}

impl Ask {
    /// The wish, or what is wrong with it.
    ///
    /// # Errors
    /// The first field that cannot be used.
    pub fn check(&self, permits: Permits) -> Result<Wish, StartError> {
        match self.kind.as_str() {
            "server" => self.server(permits),
            "relay" => self.relay(permits),
            "client" => self.client(permits),
            "command" => match self.line.trim() {
                _ if !permits.commands => Err(StartError::CommandsOff),
                "" => Err(StartError::Empty("line")),
                line if line.len() > MOST_COMMAND || line.contains('\0') => Err(StartError::Garbled),
                line => Ok(Wish::Command(line.to_owned())),
            },
            _ => Err(StartError::Garbled),
        }
    }

    fn transport(&self) -> Result<Transport, StartError> {
        match self.transport.as_str() {
            "tcp" => Ok(Transport::Tcp),
            "udp" => Ok(Transport::Udp),
            _ => Err(StartError::Garbled),
        }
    }

    /// Where to listen.
    fn at(&self, permits: Permits) -> Result<SocketAddr, StartError> {
        let text = self.port.trim();
        let wrong = |_| StartError::Port(text.chars().take(60).collect());
        near(listen::resolve(text).map_err(wrong)?, permits)
    }

    /// Whom to call.
    fn to(&self, permits: Permits) -> Result<SocketAddr, StartError> {
        let text = self.to.trim();
        if text.is_empty() {
            return Err(StartError::Empty("to"));
        }
        let addr = listen::resolve(text)?;
        if addr.port() == 0 {
            return Err(StartError::Address(text.chars().take(60).collect()));
        }
        near(addr, permits)
    }

    fn framing(&self, transport: Transport) -> Result<(Option<Framing>, String), StartError> {
        let name = match self.framing.trim() {
            "" => "none",
            name => name,
        };
        let framing = match name.parse() {
            Ok(Framing::None | Framing::Datagram) => None,
            Ok(framing) => Some(framing),
            Err(error) => return Err(StartError::Framing(error)),
        };
        if framing.is_some() && transport == Transport::Udp {
            return Err(StartError::UdpFraming);
        }
        Ok((framing, name.to_owned()))
    }

    fn server(&self, permits: Permits) -> Result<Wish, StartError> {
        let transport = self.transport()?;
        let reply = match self.reply.as_str() {
            "upper" | "" => Reply::Upper,
            "echo" => Reply::Echo,
            "discard" => Reply::Discard,
            "text" if self.text.is_empty() => return Err(StartError::Empty("text")),
            "text" => Reply::Fixed(self.text.clone().into_bytes()),
            _ => return Err(StartError::Garbled),
        };
        Ok(Wish::Server { transport, at: self.at(permits)?, framing: self.framing(transport)?, reply })
    }

    fn relay(&self, permits: Permits) -> Result<Wish, StartError> {
        let mut knobs = Knobs::new(self.transport()? == Transport::Udp);
        for (path, value) in &self.knobs {
            knobs.turn(path, value).map_err(StartError::Knob)?;
        }
        let (at, to) = (self.at(permits)?, self.to(permits)?);
        if at.port() == to.port() && (at.ip() == to.ip() || at.ip().is_unspecified()) {
            return Err(StartError::Itself);
        }
        Ok(Wish::Relay { at, to, knobs })
    }

    fn client(&self, permits: Permits) -> Result<Wish, StartError> {
        let (transport, to) = (self.transport()?, self.to(permits)?);
        let (framing, name) = self.framing(transport)?;
        let mut arguments = Vec::new();
        let mut option = |name: &str, value: String| arguments.extend([format!("--{name}"), value]);
        if framing.is_some() {
            option("framing", name);
        }
        option("count", number(&self.count, "count", 1, 1, 1_000_000)?.to_string());
        option("interval", number(&self.interval, "interval", 0, 0, 60_000)?.to_string());
        if transport == Transport::Tcp {
            let chunk = number(&self.chunk, "chunk", 0, 1, 1 << 20)?;
            if chunk > 0 {
                option("chunk", chunk.to_string());
                option("gap", number(&self.gap, "gap", 0, 0, 60_000)?.to_string());
            }
            for switch in ["nodelay", "half-close", "rst"] {
                if self.switches.iter().any(|asked| asked == switch) {
                    arguments.push(format!("--{switch}"));
                }
            }
        }
        if self.switches.iter().any(|asked| asked == "no-recv") {
            arguments.push("--no-recv".to_owned());
        }
        let messages: Vec<&str> = self.messages.lines().filter(|line| !line.is_empty()).collect();
        match messages.len() {
            0 => return Err(StartError::Empty("messages")),
            1..=MOST_MESSAGES => {}
            _ => {
                let high = MOST_MESSAGES as u64;
                return Err(StartError::Number { field: "messages", low: 1, high });
            }
        }
        // What was typed is the message, whatever it looks like: no option, no file, no standard input.
        arguments.push("--".to_owned());
        arguments.extend(messages.iter().map(|message| format!("text:{message}")));
        Ok(Wish::Client { transport, to, arguments })
    }
}

fn near(addr: SocketAddr, permits: Permits) -> Result<SocketAddr, StartError> {
    if permits.network || addr.ip().is_loopback() { Ok(addr) } else { Err(StartError::Elsewhere(addr)) }
}

/// A whole number; nothing stands for `empty`.
fn number(text: &str, field: &'static str, empty: u64, low: u64, high: u64) -> Result<u64, StartError> {
    match text.trim() {
        "" => Ok(empty),
        text => match text.parse() {
            Ok(n) if (low..=high).contains(&n) => Ok(n),
            _ => Err(StartError::Number { field, low, high }),
        },
    }
}

#[cfg(test)]
mod tests {
    use framewire::lang::Lang;

    use super::*;

    const NONE: Permits = Permits { commands: false, network: false };

    fn ask(text: &str) -> Ask {
        serde_json::from_str(text).unwrap()
    }

    /// The field and both texts of what is wrong.
    fn wrong(text: &str) -> (&'static str, String, String) {
        let error = ask(text).check(NONE).unwrap_err();
        (error.field(), error.message(Lang::En), error.message(Lang::Zh))
    }

    #[test]
    fn each_field_that_is_wrong_is_named_in_both_languages() {
        for (text, field, part) in [
            (r#"{"kind":"server","transport":"tcp","port":"x"}"#, "port", "0 to 65535"),
            (r#"{"kind":"server","transport":"tcp","port":"70000"}"#, "port", "70000"),
            (r#"{"kind":"server","transport":"tcp","port":"0.0.0.0:0"}"#, "to", "--allow-network"),
            (r#"{"kind":"server","transport":"tcp","port":"0","framing":"nosuch"}"#, "framing", "nosuch"),
            (r#"{"kind":"server","transport":"udp","port":"0","framing":"varint"}"#, "framing", "Datagrams"),
            (r#"{"kind":"server","transport":"tcp","port":"0","reply":"text"}"#, "text", "empty"),
            (r#"{"kind":"client","transport":"tcp","to":"","messages":"a"}"#, "to", "empty"),
            (r#"{"kind":"client","transport":"tcp","to":"1:2:3","messages":"a"}"#, "to", "HOST:PORT"),
            (r#"{"kind":"client","transport":"tcp","to":"0","messages":"a"}"#, "to", "HOST:PORT"),
            (r#"{"kind":"client","transport":"tcp","to":"192.0.2.1:1","messages":"a"}"#, "to", "192.0.2.1"),
            (r#"{"kind":"client","transport":"tcp","to":"1","messages":"\n"}"#, "messages", "empty"),
            (
                r#"{"kind":"client","transport":"tcp","to":"1","messages":"a","count":"0"}"#,
                "count",
                "1 to 1000000",
            ),
            (
                r#"{"kind":"client","transport":"tcp","to":"1","messages":"a","chunk":"-3"}"#,
                "chunk",
                "whole number",
            ),
            (r#"{"kind":"relay","transport":"tcp","port":"9001","to":"9001"}"#, "to", "itself"),
            (
                r#"{"kind":"relay","transport":"tcp","port":"0","to":"9001","knobs":{"loss":"1"}}"#,
                "",
                "no knob",
            ),
            (
                r#"{"kind":"relay","transport":"tcp","port":"0","to":"9001","knobs":{"slice":"no"}}"#,
                "",
                "“no”",
            ),
            (r#"{"kind":"command","line":"true"}"#, "line", "--allow-commands"),
            (r#"{"kind":"mischief"}"#, "", "Reload"),
            (r#"{"kind":"server","transport":"sctp"}"#, "", "Reload"),
        ] {
            let (named, en, zh) = wrong(text);
            assert_eq!(named, field, "{text}");
            assert!(en.contains(part), "{text}: {en}");
            assert!(!zh.is_ascii(), "{text}: {zh}");
        }
    }

    #[test]
    fn what_was_typed_is_the_message_and_never_an_option_or_a_file() {
        let typed = ask(
            r#"{"kind":"client","transport":"tcp","to":"9001","messages":"--help\nfile:/etc/passwd\n-"}"#,
        );
        let Wish::Client { arguments, .. } = typed.check(NONE).unwrap() else { panic!() };
        let end = arguments.iter().position(|argument| argument == "--").unwrap();
        assert_eq!(arguments[end + 1..], ["text:--help", "text:file:/etc/passwd", "text:-"]);
    }

    #[test]
    fn what_is_permitted_is_granted() {
        let all = Permits { commands: true, network: true };
        assert!(
            matches!(ask(r#"{"kind":"command","line":" true "}"#).check(all), Ok(Wish::Command(line)) if line == "true")
        );
        let wide = ask(r#"{"kind":"server","transport":"udp","port":"0.0.0.0:0","framing":"none"}"#);
        assert!(matches!(wide.check(all), Ok(Wish::Server { transport: Transport::Udp, .. })));
        let relay = ask(r#"{"kind":"relay","transport":"tcp","port":"0","to":"9001","knobs":{"slice":"1"}}"#);
        let Ok(Wish::Relay { knobs, .. }) = relay.check(NONE) else { panic!() };
        assert_eq!(knobs.shape.slice, Some(1));
    }
}
