//! UDP endpoints (RFC 768, RFC 1122 section 4.1), sans-IO.
//!
//! A [`UdpSocket`] keeps datagrams apart, whole and in order of arrival: one `recv` takes one datagram, and what does not
//! fit the caller's buffer is gone. The caller gives the time and a probe with each call; packets go out as bytes appended
//! to a buffer of the caller's.

mod socket;

pub use socket::{Envelope, Limits, Received, RecvError, Refused, SendError, UdpSocket};
