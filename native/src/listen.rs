//! Addresses, binding, and errors that say what to do.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs, UdpSocket};

use socket2::{Domain, Protocol, Socket, Type};

/// Connections that may wait for `accept()`; the kernel caps it at `net.core.somaxconn`.
const BACKLOG: i32 = 4096;

/// TCP or UDP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Transport {
    /// A byte stream.
    Tcp,
    /// Datagrams.
    Udp,
}

impl Transport {
    /// `tcp` or `udp`.
    pub fn name(self) -> &'static str {
        match self {
            Transport::Tcp => "tcp",
            Transport::Udp => "udp",
        }
    }
}

/// An address that cannot be resolved or listened on.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    /// The text is no address, or the name is unknown.
    #[error("`{text}` is no address: {reason}; write HOST:PORT, such as 127.0.0.1:9001 or [::1]:9001")]
    Bad {
        /// The text as given.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The port is taken.
    #[error(
        "cannot listen on {transport} {addr}: port {port} is in use by another program; \
         `ss -ln{flag}p 'sport = :{port}'` shows which, {alternative}",
        port = addr.port(),
        alternative = alternative(*addr, *free)
    )]
    InUse {
        /// `tcp` or `udp`.
        transport: &'static str,
        /// The address asked for.
        addr: SocketAddr,
        /// The option of `ss` for this transport.
        flag: char,
        /// A port near it that is free right now.
        free: Option<u16>,
    },
    /// Anything else that the system refused.
    #[error("cannot listen on {transport} {addr}: {source}{advice}")]
    Bind {
        /// `tcp` or `udp`.
        transport: &'static str,
        /// The address asked for.
        addr: SocketAddr,
        /// What the system said.
        source: io::Error,
        /// What to do about it, or nothing.
        advice: &'static str,
    },
}

/// Resolves `HOST:PORT`, `:PORT` or `PORT`; the host defaults to 127.0.0.1.
pub fn resolve(text: &str) -> Result<SocketAddr, AddressError> {
    let bad = |reason: String| AddressError::Bad { text: text.to_owned(), reason };
    let port_only = text.strip_prefix(':').unwrap_or(text);
    if !port_only.is_empty() && port_only.bytes().all(|b| b.is_ascii_digit()) {
        let port = port_only.parse().map_err(|_| bad(format!("{port_only} is no port (0 to 65535)")))?;
        return Ok((Ipv4Addr::LOCALHOST, port).into());
    }
    let mut found = text.to_socket_addrs().map_err(|error| bad(error.to_string()))?.collect::<Vec<_>>();
    // `localhost` means 127.0.0.1 here, as in the courses' programs, even where ::1 is listed first.
    found.sort_by_key(SocketAddr::is_ipv6);
    found.first().copied().ok_or_else(|| bad("the name has no address".to_owned()))
}

/// A listening TCP socket, non-blocking, with SO_REUSEADDR (a server that restarts must not wait for TIME_WAIT).
pub fn tcp(addr: SocketAddr) -> Result<TcpListener, AddressError> {
    let open = || -> io::Result<TcpListener> {
        let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_reuse_address(true)?;
        socket.bind(&addr.into())?;
        socket.listen(BACKLOG)?;
        socket.set_nonblocking(true)?;
        Ok(socket.into())
    };
    open().map_err(|error| explain(Transport::Tcp, addr, error))
}

/// A bound UDP socket, non-blocking, with receive and send buffers of up to `buffer` bytes (as far as the system allows).
pub fn udp(addr: SocketAddr, buffer: usize) -> Result<UdpSocket, AddressError> {
    let open = || -> io::Result<UdpSocket> {
        let socket = Socket::new(Domain::for_address(addr), Type::DGRAM, Some(Protocol::UDP))?;
        // Larger buffers only lose fewer datagrams in a burst: refusing them is no reason to stop.
        let _ = socket.set_recv_buffer_size(buffer);
        let _ = socket.set_send_buffer_size(buffer);
        socket.bind(&addr.into())?;
        socket.set_nonblocking(true)?;
        Ok(socket.into())
    };
    open().map_err(|error| explain(Transport::Udp, addr, error))
}

fn explain(transport: Transport, addr: SocketAddr, source: io::Error) -> AddressError {
    match source.kind() {
        io::ErrorKind::AddrInUse => AddressError::InUse {
            transport: transport.name(),
            addr,
            flag: if transport == Transport::Tcp { 't' } else { 'u' },
            free: free_near(transport, addr),
        },
        io::ErrorKind::PermissionDenied => AddressError::Bind {
            transport: transport.name(),
            addr,
            source,
            advice: "; ports below 1024 need root: choose a higher one",
        },
        io::ErrorKind::AddrNotAvailable => AddressError::Bind {
            transport: transport.name(),
            addr,
            source,
            advice: "; the address must belong to this machine: 127.0.0.1 (this machine only) or 0.0.0.0 (all networks)",
        },
        _ => AddressError::Bind { transport: transport.name(), addr, source, advice: "" },
    }
}

/// A port near the taken one that is free right now.
fn free_near(transport: Transport, addr: SocketAddr) -> Option<u16> {
    let free = |port: &u16| {
        let addr = SocketAddr::new(addr.ip(), *port);
        match transport {
            Transport::Tcp => TcpListener::bind(addr).is_ok(),
            Transport::Udp => UdpSocket::bind(addr).is_ok(),
        }
    };
    (1..=20).filter_map(|step| addr.port().checked_add(step)).find(free)
}

/// What to write in place of a taken port.
fn alternative(addr: SocketAddr, free: Option<u16>) -> String {
    match free {
        Some(port) => format!("{} is free (port 0 lets the system choose)", SocketAddr::new(addr.ip(), port)),
        None => "port 0 lets the system choose".to_owned(),
    }
}

/// Raises the limit of open files to what the system allows and returns it: every connection takes one.
pub fn raise_open_files() -> u64 {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return 1024 };
    if soft < hard && setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_ok() { hard } else { soft }
}

/// The address that a client on this machine uses for a server that listens on `addr`.
pub fn reachable(addr: SocketAddr) -> SocketAddr {
    match addr {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => (Ipv4Addr::LOCALHOST, v4.port()).into(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => (Ipv6Addr::LOCALHOST, v6.port()).into(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_every_spelling() {
        for text in ["9001", ":9001", "127.0.0.1:9001", "localhost:9001"] {
            assert_eq!(resolve(text).unwrap(), "127.0.0.1:9001".parse().unwrap(), "{text}");
        }
        assert_eq!(resolve("[::1]:9").unwrap(), "[::1]:9".parse().unwrap());
        for text in ["", "127.0.0.1", "70000", "localhost:x"] {
            let error = resolve(text).unwrap_err().to_string();
            assert!(error.contains("HOST:PORT"), "{error}");
        }
    }

    #[test]
    fn a_port_in_use_is_named_and_a_free_one_offered() {
        let taken = tcp("127.0.0.1:0".parse().unwrap()).unwrap();
        let addr = taken.local_addr().unwrap();
        let error = tcp(addr).unwrap_err().to_string();
        assert!(error.contains(&addr.to_string()) && error.contains("in use"), "{error}");
        assert!(error.contains("ss -lntp") && error.contains("is free"), "{error}");
        let taken = udp("127.0.0.1:0".parse().unwrap(), 1 << 20).unwrap();
        let error = udp(taken.local_addr().unwrap(), 1 << 20).unwrap_err().to_string();
        assert!(error.contains("ss -lnup"), "{error}");
    }

    #[test]
    fn a_foreign_address_says_which_to_use() {
        let error = tcp("192.0.2.1:0".parse().unwrap()).unwrap_err().to_string();
        assert!(error.contains("192.0.2.1") && error.contains("belong to this machine"), "{error}");
    }
}
