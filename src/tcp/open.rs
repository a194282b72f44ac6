//! OPEN (RFC 9293 section 3.10.1): how a connection begins.

use super::ack::AckState;
use super::connection::{Agreed, Connection, Origin, Pending};
use super::ecn::EcnState;
use super::event::{Events, OpenError};
use super::isn::{Flow, initial_sequence_number};
use super::receive_buffer::ReceiveBuffer;
use super::recovery::Recovery;
use super::reset::ChallengeLimit;
use super::sack::SackReceiver;
use super::send_buffer::SendBuffer;
use super::tcb::{ReceiveSpace, SendSpace};
use super::tell::Told;
use super::timers::TimerTable;
use super::{Config, State};
use crate::packet::{Ecn, IpHeader, Protocol, TcpHeader};
use crate::probe::{Context, Probe};
use crate::rule::Rule;
use crate::seq::SeqNumber;
use crate::time::Instant;
use std::net::{IpAddr, SocketAddr};

impl Connection {
    /// Active OPEN: the first segment that [`Connection::poll_transmit`] gives is the SYN.
    ///
    /// # Errors
    /// When an end cannot be that of a connection (RFC 9293, MUST-46).
    pub fn open_active<P: Probe>(
        cx: &mut Context<'_, P>,
        config: Config,
        flow: Flow,
    ) -> Result<Connection, OpenError> {
        check_ends(&flow)?;
        let mut conn = Connection::blank(config, flow, Origin::Active);
        conn.start_opening(cx);
        conn.state = State::SynSent;
        conn.tell(cx, Rule::ActiveOpen);
        Ok(conn)
    }

    /// Passive OPEN: waits in LISTEN at `local` for a SYN from anyone, and becomes the connection with its sender.
    ///
    /// # Errors
    /// When `local` cannot be the end of a connection. An unspecified address listens at all of the host's.
    pub fn open_passive<P: Probe>(
        cx: &mut Context<'_, P>,
        config: Config,
        local: SocketAddr,
    ) -> Result<Connection, OpenError> {
        if local.port() == 0 {
            return Err(OpenError::PortZero);
        }
        let anyone = match local.ip() {
            IpAddr::V4(_) => IpAddr::from([0; 4]),
            IpAddr::V6(_) => IpAddr::from([0; 16]),
        };
        let flow = Flow { local, remote: SocketAddr::new(anyone, 0) };
        let mut conn = Connection::blank(config, flow, Origin::Passive);
        conn.state = State::Listen;
        conn.tell(cx, Rule::PassiveOpen);
        Ok(conn)
    }

    /// The connection that a listener makes for one SYN (an entry of its SYN queue): in SYN-RECEIVED, its SYN,ACK ready
    /// to be drawn. When the handshake fails it becomes CLOSED, not LISTEN.
    ///
    /// # Errors
    /// When the segment's source cannot be the end of a connection: drop such a SYN (RFC 9293, MUST-63).
    pub fn open_from_syn<P: Probe>(
        cx: &mut Context<'_, P>,
        config: Config,
        flow: Flow,
        syn: &TcpHeader,
        payload: &[u8],
        ecn: Ecn,
    ) -> Result<Connection, OpenError> {
        check_ends(&flow)?;
        let mut conn = Connection::blank(config, flow, Origin::Listener);
        conn.state = State::Listen;
        conn.handle_segment(cx, syn, payload, ecn);
        Ok(conn)
    }

    pub(crate) fn blank(config: Config, flow: Flow, origin: Origin) -> Connection {
        let personality = &config.personality;
        let mut conn = Connection {
            flow,
            ip: header_between(&flow),
            state: State::Closed,
            origin,
            agreed: Agreed::default(),
            snd: SendSpace::default(),
            rcv: ReceiveSpace::default(),
            send_buffer: SendBuffer::default(),
            send_limit: config.send_buffer.unwrap_or(personality.send_buffer.0),
            receive_buffer: ReceiveBuffer::default(),
            receive_limit: config.receive_buffer.unwrap_or(personality.receive_buffer.0),
            recovery: Recovery::new(config.recovery(), SeqNumber(0)),
            probes: 0,
            probes_sent: 0,
            forgiven: 0,
            probe_out: false,
            sack: SackReceiver::new(),
            ack: AckState::default(),
            timers: TimerTable::default(),
            pending: Pending::default(),
            events: Events::default(),
            error: None,
            soft_error: None,
            challenges: ChallengeLimit::default(),
            orphan: false,
            read_shut: false,
            send_blocked: false,
            told: Told::default(),
            timestamp_offset: 0,
            ts_recent: None,
            path_mtu: config.mtu,
            path_mtu_at: Instant::START,
            eff_mss: 1,
            ecn: EcnState::default(),
            keepalives_sent: 0,
            read_in_round: 0,
            round_began: Instant::START,
            config,
        };
        conn.fit_segments();
        conn
    }

    /// Chooses the sequence number and queues the SYN.
    pub(crate) fn start_opening<P: Probe>(&mut self, cx: &mut Context<'_, P>) {
        let iss = self.config.iss.unwrap_or_else(|| {
            // RFC 9293 section 3.4.1, MUST-8, MUST-9, SHLD-1.
            if P::LISTENS {
                cx.probe.rule(Rule::InitialSequence);
            }
            initial_sequence_number(cx.now, &self.flow, self.config.secret)
        });
        self.snd.start(iss);
        self.recovery = Recovery::new(self.config.recovery(), iss);
        self.snd.mss = self.default_mss();
        self.fit_segments();
        self.timestamp_offset = self
            .config
            .timestamp_offset
            .unwrap_or_else(|| super::isn::timestamp_offset(&self.flow, self.config.secret));
        self.pending.syn = true;
    }

    /// Whether the peer's SYN has come.
    pub(crate) fn has_peer(&self) -> bool {
        self.state.is_synchronized() || self.state == State::SynReceived
    }
}

/// The IP header of what goes from here to the peer.
pub(crate) fn header_between(flow: &Flow) -> IpHeader {
    IpHeader::new(flow.local.ip(), flow.remote.ip(), Protocol::TCP)
}

/// RFC 9293 section 3.9.1.1, MUST-46: a connection is between two single hosts.
fn check_ends(flow: &Flow) -> Result<(), OpenError> {
    if flow.local.is_ipv4() != flow.remote.is_ipv4() {
        Err(OpenError::MixedVersions)
    } else if flow.local.port() == 0 || flow.remote.port() == 0 {
        Err(OpenError::PortZero)
    } else if !is_one_host(flow.remote.ip()) {
        Err(OpenError::RemoteAddress(flow.remote.ip()))
    } else if !is_one_host(flow.local.ip()) {
        Err(OpenError::LocalAddress(flow.local.ip()))
    } else {
        Ok(())
    }
}

/// Whether an address can be that of a single host (RFC 1122 section 3.2.1.3): only such a one sends anything.
#[inline]
pub fn is_one_host(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => !(v4.is_unspecified() || v4.is_broadcast() || v4.is_multicast()),
        IpAddr::V6(v6) => !(v6.is_unspecified() || v6.is_multicast()),
    }
}
