//! Packets: bytes <-> headers, checksums, the bit fields that the inspector draws, pcap and pcapng.
//!
//! Everything here is a plain function from bytes to values or back. Parsing is *structural*: it says what the octets
//! mean and refuses what cannot be a packet; whether a checksum is right is asked separately ([`checksum`]), because a
//! capture of an offloaded segment is still worth reading. Emitting appends a whole IP packet with true checksums to a
//! buffer, in one pass over the payload.
//!
//! ```
//! use framewire::packet::{IpHeader, OptionLayout, Protocol, TcpFlags, TcpHeader, emit_tcp};
//!
//! let ip = IpHeader::new([10, 0, 0, 1].into(), [10, 0, 0, 2].into(), Protocol::TCP);
//! let tcp = TcpHeader { src_port: 40000, dst_port: 80, flags: TcpFlags::PSH | TcpFlags::ACK, ..Default::default() };
//! let mut packet = Vec::new();
//! emit_tcp(&ip, &tcp, OptionLayout::Linux, &[b"hel", b"lo"], &mut packet);
//!
//! let (ip, segment) = IpHeader::parse(&packet)?;
//! let (tcp, payload) = TcpHeader::parse(segment)?;
//! assert_eq!((ip.protocol, tcp.dst_port, payload), (Protocol::TCP, 80, &b"hello"[..]));
//! # Ok::<(), framewire::packet::ParseError>(())
//! ```

pub mod capture;
pub mod checksum;
mod error;
mod extensions;
mod field_name;
mod fields;
mod icmp;
mod ip;
mod ipv4;
mod ipv6;
mod options;
mod tcp;
mod udp;
mod words;

pub use error::{Layer, ParseError};
pub use extensions::{Objection, check_extensions};
pub use field_name::FieldName;
pub use fields::{Check, Field, FieldValue, fields};
pub use icmp::{Icmp, Quote, Unreachable, emit_echo_reply, emit_icmp};
pub use ip::{Ecn, Fragment, IpHeader, Protocol, decrement_ttl, mark_congestion};
pub use ipv4::{HEADER_LEN as IPV4_HEADER_LEN, checksum_is_right as ipv4_checksum_is_right};
pub use ipv6::{FRAGMENT_HEADER_LEN as IPV6_FRAGMENT_HEADER_LEN, HEADER_LEN as IPV6_HEADER_LEN, MINIMUM_MTU};
pub use options::{OptionLayout, OptionProblem, SackBlocks, TcpOptions};
pub use tcp::{HEADER_LEN as TCP_HEADER_LEN, TcpFlags, TcpHeader, emit_tcp};
pub(crate) use tcp::{MAX_TCP_HEADERS, write_tcp_headers};
pub use udp::{HEADER_LEN as UDP_HEADER_LEN, UdpHeader, emit_udp};
