//! What Linux says of a TCP connection (TCP_INFO, tcp(7)), as the trace's variables.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd};

use framewire::probe::Var;
use framewire::tcp::State;
use nix::libc;

fn info(socket: &impl AsFd) -> Option<libc::tcp_info> {
    let mut info = MaybeUninit::<libc::tcp_info>::zeroed();
    let mut len = size_of::<libc::tcp_info>() as libc::socklen_t;
    // SAFETY: both pointers are valid during the call, which writes at most `len` octets; a tcp_info is numbers only, so that
    // zeroed memory is one, whatever part of it the kernel fills in.
    unsafe {
        let fd = socket.as_fd().as_raw_fd();
        let place = info.as_mut_ptr().cast();
        let result = libc::getsockopt(fd, libc::IPPROTO_TCP, libc::TCP_INFO, place, &mut len);
        (result == 0).then(|| info.assume_init())
    }
}

/// How many variables are sampled.
pub const COUNT: usize = 8;

/// Linux's numbers of states (include/net/tcp_states.h).
fn state(number: u8) -> Option<State> {
    Some(match number {
        1 => State::Established,
        2 => State::SynSent,
        3 | 12 => State::SynReceived,
        4 => State::FinWait1,
        5 => State::FinWait2,
        6 => State::TimeWait,
        7 => State::Closed,
        8 => State::CloseWait,
        9 => State::LastAck,
        10 => State::Listen,
        11 => State::Closing,
        _ => return None,
    })
}

/// The variables of a connection just now: `None` where the socket is none of TCP. A threshold that was never set is left out.
pub fn sample(socket: &impl AsFd) -> Option<[Option<(Var, i64)>; COUNT]> {
    let info = info(socket)?;
    let mss = i64::from(info.tcpi_snd_mss);
    let micros = |n: u32| (n > 0).then(|| i64::from(n) * 1000);
    let measured = info.tcpi_rtt > 0;
    // Linux counts windows in segments, and says "no threshold" by a very large one.
    let threshold = (info.tcpi_snd_ssthresh < 0x7fff_ffff).then(|| i64::from(info.tcpi_snd_ssthresh) * mss);
    Some([
        state(info.tcpi_state).map(|state| (Var::State, state as i64)),
        Some((Var::Cwnd, i64::from(info.tcpi_snd_cwnd) * mss)),
        threshold.map(|bytes| (Var::Ssthresh, bytes)),
        micros(info.tcpi_rtt).map(|nanos| (Var::Srtt, nanos)),
        micros(info.tcpi_rttvar).filter(|_| measured).map(|nanos| (Var::RttVar, nanos)),
        micros(info.tcpi_rto).map(|nanos| (Var::Rto, nanos)),
        Some((Var::Backoff, i64::from(info.tcpi_backoff))),
        Some((Var::SndMss, mss)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn a_connection_tells_of_itself() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        client.write_all(b"hello").unwrap();
        server.read_exact(&mut [0; 5]).unwrap();
        let find = |wanted: Var, socket: &TcpStream| {
            sample(socket)
                .unwrap()
                .into_iter()
                .flatten()
                .find(|(var, _)| *var == wanted)
                .map(|(_, value)| value)
        };
        assert_eq!(find(Var::State, &client), Some(State::Established as i64));
        assert!(find(Var::Cwnd, &client).unwrap() > 1000);
        assert!(find(Var::Srtt, &client).is_some_and(|nanos| nanos > 0));
        drop(client);
        assert_eq!(server.read(&mut [0]).unwrap(), 0);
        assert_eq!(find(Var::State, &server), Some(State::CloseWait as i64));
        let udp = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        assert!(sample(&udp).is_none());
    }
}
