//! The packet socket: every IP packet that the kernel sends or receives, with its time.

use std::collections::BTreeMap;
use std::io::{self, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::time::Duration;

use framewire::packet::capture::Way;
use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, ControlMessageOwned, LinkAddr, MsgFlags, SockFlag, SockProtocol, SockType, recvmsg,
    setsockopt, socket, sockopt,
};

/// Octets kept of a packet: more than the kernel joins into one by default (64 KiB).
const SNAP: usize = 256 << 10;
/// Octets of packets that may wait in the kernel for us.
const QUEUE: usize = 32 << 20;

/// Why packets cannot be captured.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The right is missing.
    #[error(
        "capturing packets needs the capability CAP_NET_RAW: run it with sudo, or grant it once to this program with\n  \
         sudo setcap cap_net_raw+ep {program}"
    )]
    NoRight {
        /// Where this program stands.
        program: String,
    },
    /// There is no such interface.
    #[error("there is no network interface {name}; there are: {known}")]
    NoInterface {
        /// As it was given.
        name: String,
        /// Those there are.
        known: String,
    },
    /// The system refused otherwise.
    #[error("cannot open a packet socket: {0}")]
    System(#[from] io::Error),
}

/// An interface of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its name.
    pub name: String,
    /// The largest IP packet that it sends, in octets.
    pub mtu: Option<u32>,
}

/// A packet as it was seen. Its bytes stand in the socket's buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Nanoseconds since 1970.
    pub epoch_nanos: u64,
    /// The interface's number in the kernel.
    pub interface: u32,
    /// Sent or received.
    pub way: Way,
    /// Octets kept, from the IP header on.
    pub len: usize,
    /// Octets of the whole packet.
    pub wire: u32,
}

/// Hears all IP packets, or those of one interface.
#[derive(Debug)]
pub struct PacketSocket {
    fd: OwnedFd,
    buffer: Vec<u8>,
    control: Vec<u8>,
    only: Option<u32>,
    loopback: Option<u32>,
    dropped: u32,
}

/// The interfaces by their numbers in the kernel, looked up once.
#[derive(Debug, Default)]
pub struct Interfaces(BTreeMap<u32, Interface>);

fn index(name: &str) -> Option<u32> {
    nix::net::if_::if_nametoindex(name).ok()
}

fn names() -> String {
    let all = nix::net::if_::if_nameindex().ok();
    let names = all.iter().flat_map(|all| all.iter()).map(|one| one.name().to_string_lossy().into_owned());
    names.collect::<Vec<_>>().join(", ")
}

impl PacketSocket {
    /// Hears the packets of the interface of that name, or of all.
    ///
    /// # Errors
    /// When there is no such interface, or the right to capture is missing.
    pub fn open(interface: Option<&str>) -> Result<Self, OpenError> {
        let only = match interface {
            None => None,
            Some(name) => Some(
                index(name)
                    .ok_or_else(|| OpenError::NoInterface { name: name.to_owned(), known: names() })?,
            ),
        };
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        // Of the type "datagram" the kernel takes the link layer's header off.
        let fd = socket(AddressFamily::Packet, SockType::Datagram, flags, SockProtocol::EthAll).map_err(
            |errno| match errno {
                Errno::EPERM | Errno::EACCES => OpenError::NoRight {
                    program: std::env::current_exe()
                        .map_or_else(|_| "framewire".to_owned(), |path| path.display().to_string()),
                },
                other => OpenError::System(other.into()),
            },
        )?;
        setsockopt(&fd, sockopt::ReceiveTimestampns, &true).map_err(io::Error::from)?;
        // What is lost for want of room is counted; more room than is usual needs a right that root has.
        let _ = setsockopt(&fd, sockopt::RxqOvfl, &1);
        if setsockopt(&fd, sockopt::RcvBufForce, &QUEUE).is_err() {
            let _ = setsockopt(&fd, sockopt::RcvBuf, &QUEUE);
        }
        Ok(PacketSocket {
            fd,
            buffer: vec![0; SNAP],
            control: nix::cmsg_space!(nix::sys::time::TimeSpec, u32),
            only,
            loopback: index("lo"),
            dropped: 0,
        })
    }

    /// The next packet, if one has come. Packets that go over the loopback are seen once, as they arrive.
    ///
    /// # Errors
    /// What the system says; not that there is none.
    pub fn receive(&mut self) -> io::Result<Option<(Seen, &[u8])>> {
        let seen = loop {
            let mut pieces = [IoSliceMut::new(&mut self.buffer)];
            // With MSG_TRUNC the result is the packet's own length, even if it does not fit.
            let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_TRUNC;
            let message =
                match recvmsg::<LinkAddr>(self.fd.as_raw_fd(), &mut pieces, Some(&mut self.control), flags) {
                    Ok(message) => message,
                    Err(Errno::EAGAIN) => return Ok(None),
                    // An interface went down: the others go on.
                    Err(Errno::EINTR | Errno::ENETDOWN) => continue,
                    Err(error) => return Err(error.into()),
                };
            let mut epoch_nanos = 0;
            if let Ok(control) = message.cmsgs() {
                for one in control {
                    match one {
                        ControlMessageOwned::ScmTimestampns(at) => {
                            let seconds = u64::try_from(at.tv_sec()).unwrap_or(0);
                            epoch_nanos = seconds * 1_000_000_000 + u64::try_from(at.tv_nsec()).unwrap_or(0);
                        }
                        ControlMessageOwned::RxqOvfl(all) => self.dropped = all,
                        _ => {}
                    }
                }
            }
            let Some(from) = message.address else { continue };
            let interface = u32::try_from(from.ifindex()).unwrap_or(0);
            let protocol = u16::from_be(from.protocol());
            let is_ip = [libc::ETH_P_IP, libc::ETH_P_IPV6].contains(&i32::from(protocol));
            let sent = from.pkttype() == libc::PACKET_OUTGOING;
            let twice = sent && self.loopback == Some(interface);
            if !is_ip || twice || self.only.is_some_and(|only| only != interface) {
                continue;
            }
            let (len, way) = (message.bytes.min(SNAP), if sent { Way::Out } else { Way::In });
            let wire = u32::try_from(message.bytes).unwrap_or(u32::MAX);
            break Seen { epoch_nanos, interface, way, len, wire };
        };
        Ok(Some((seen, self.buffer.get(..seen.len).unwrap_or_default())))
    }

    /// Waits until a packet comes, for so long at most.
    ///
    /// # Errors
    /// What the system says; not that it took too long or was interrupted.
    pub fn wait(&self, limit: Duration) -> io::Result<()> {
        let mut fds = [PollFd::new(self.fd.as_fd(), PollFlags::POLLIN)];
        match poll(&mut fds, PollTimeout::try_from(limit).unwrap_or(PollTimeout::MAX)) {
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Packets that the kernel threw away because we were too slow.
    pub fn dropped(&self) -> u32 {
        self.dropped
    }
}

impl Interfaces {
    /// What is known of an interface.
    pub fn get(&mut self, number: u32) -> &Interface {
        self.0.entry(number).or_insert_with(|| {
            let all = nix::net::if_::if_nameindex().ok();
            let mut all = all.iter().flat_map(|all| all.iter());
            let name =
                all.find(|one| one.index() == number).map(|one| one.name().to_string_lossy().into_owned());
            let name = name.unwrap_or_else(|| format!("interface {number}"));
            let mtu = std::fs::read_to_string(format!("/sys/class/net/{name}/mtu")).ok();
            let mtu = mtu.and_then(|text| text.trim().parse().ok());
            Interface { name, mtu }
        })
    }
}
