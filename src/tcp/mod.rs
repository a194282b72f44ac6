//! TCP endpoints: RFC 9293 and its companions, sans-IO.

pub mod congestion;
pub mod recovery;
pub mod rtt;
pub mod sack;
