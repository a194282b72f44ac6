//! A demand of an RFC, and what proves it.

/// What proves a demand.
pub enum Proof {
    /// Tests: of this RFC's own file by their name, others as `file::name` (`rfc_recovery/rfc5681::…`, `udp::…`,
    /// `src/tcp/rtt::…`).
    Tests(&'static [&'static str]),
    /// RFC 9293 took the demand over: its labels there.
    Labels(&'static [&'static str]),
    /// It asks nothing of this stack, or is not taken: why.
    Apart(&'static str),
}

/// One demand (MUST, MUST NOT, SHALL, REQUIRED, and each SHOULD that concerns an endpoint, a host or a router of ours; in RFCs
/// older than RFC 2119 what they say must be).
pub struct Demand {
    pub section: &'static str,
    /// In the RFC's own words; `…` stands for what is left out, square brackets hold words of ours.
    pub text: &'static str,
    pub proof: Proof,
}

/// An RFC and its demands in its order.
pub struct Rfc {
    pub number: u16,
    pub title: &'static str,
    /// How much of its text was read beside the list.
    pub read: &'static str,
    /// What the reader should know of the list.
    pub note: &'static str,
    pub demands: &'static [Demand],
}

/// Proven by tests.
pub const fn tested(section: &'static str, text: &'static str, tests: &'static [&'static str]) -> Demand {
    Demand { section, text, proof: Proof::Tests(tests) }
}

/// Taken over by RFC 9293 and proven there.
pub const fn as_9293(section: &'static str, text: &'static str, labels: &'static [&'static str]) -> Demand {
    Demand { section, text, proof: Proof::Labels(labels) }
}

/// Not applicable, or not taken.
pub const fn apart(section: &'static str, text: &'static str, why: &'static str) -> Demand {
    Demand { section, text, proof: Proof::Apart(why) }
}
