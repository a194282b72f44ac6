//! Reading what a stopped program's arguments point at.

use std::io::IoSliceMut;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use nix::libc;
use nix::sys::uio::{RemoteIoVec, process_vm_readv};
use nix::unistd::Pid;

/// At most this many buffers of a readv(), sendmsg() and the like are looked at (the kernel's own limit, UIO_MAXIOV).
const MAX_BUFFERS: u64 = 1024;

/// Up to `len` octets at `address`; fewer where the program's memory ends, none where it points nowhere.
pub fn read(process: Pid, address: u64, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    let remote = [RemoteIoVec { base: address as usize, len }];
    let taken = process_vm_readv(process, &mut [IoSliceMut::new(&mut bytes)], &remote).unwrap_or(0);
    bytes.truncate(taken);
    bytes
}

/// A 64-bit word, 0 where there is none.
pub fn word(process: Pid, address: u64) -> u64 {
    read(process, address, 8).first_chunk::<8>().map_or(0, |b| u64::from_ne_bytes(*b))
}

/// A 32-bit word, 0 where there is none.
pub fn int(process: Pid, address: u64) -> u32 {
    read(process, address, 4).first_chunk::<4>().map_or(0, |b| u32::from_ne_bytes(*b))
}

/// Up to `len` octets from `count` buffers, each an `iovec` (address and length, 8 octets each).
pub fn gather(process: Pid, vector: u64, count: u64, len: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let table = read(process, vector, (count.min(MAX_BUFFERS) * 16) as usize);
    for buffer in table.as_chunks::<16>().0 {
        let (base, size) = two_words(buffer);
        let wanted = (len - bytes.len()).min(size as usize);
        if wanted == 0 {
            break;
        }
        bytes.extend(read(process, base, wanted));
    }
    bytes
}

/// The octets that `count` buffers have room for.
pub fn room(process: Pid, vector: u64, count: u64) -> u64 {
    let table = read(process, vector, (count.min(MAX_BUFFERS) * 16) as usize);
    table.as_chunks::<16>().0.iter().map(|buffer| two_words(buffer).1).sum()
}

fn two_words(bytes: &[u8; 16]) -> (u64, u64) {
    let both = u128::from_le_bytes(*bytes);
    (both as u64, (both >> 64) as u64)
}

/// An address of IPv4 or IPv6 from a `sockaddr` of `len` octets.
pub fn socket_address(process: Pid, address: u64, len: u64) -> Option<SocketAddr> {
    if address == 0 || len < 16 {
        return None;
    }
    parse_socket_address(&read(process, address, len.min(28) as usize))
}

fn parse_socket_address(bytes: &[u8]) -> Option<SocketAddr> {
    let (family, rest) = bytes.split_first_chunk::<2>()?;
    let (port, rest) = rest.split_first_chunk::<2>()?;
    let port = u16::from_be_bytes(*port);
    let ip = match i32::from(u16::from_ne_bytes(*family)) {
        libc::AF_INET => IpAddr::V4(Ipv4Addr::from(*rest.first_chunk::<4>()?)),
        libc::AF_INET6 => {
            let (_flow, rest) = rest.split_first_chunk::<4>()?;
            IpAddr::V6(Ipv6Addr::from(*rest.first_chunk::<16>()?))
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_memory_can_be_read() {
        let me = Pid::this();
        let text = *b"hello, memory";
        assert_eq!(read(me, text.as_ptr() as u64, text.len()), text);
        assert_eq!(read(me, 8, 100), b"");
        let number = 0x0102_0304_u32;
        assert_eq!(int(me, &raw const number as u64), number);
        let vector = [text.as_ptr() as u64, 5, text.as_ptr() as u64 + 7, 6];
        assert_eq!(gather(me, vector.as_ptr() as u64, 2, 100), b"hellomemory");
        assert_eq!(gather(me, vector.as_ptr() as u64, 2, 7), b"hellome");
        assert_eq!(room(me, vector.as_ptr() as u64, 2), 11);
    }

    #[test]
    fn addresses_of_both_families_are_read() {
        let mut v4 = (libc::AF_INET as u16).to_ne_bytes().to_vec();
        v4.extend([0x23, 0x29, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(parse_socket_address(&v4), Some("127.0.0.1:9001".parse().unwrap()));
        let mut v6 = (libc::AF_INET6 as u16).to_ne_bytes().to_vec();
        v6.extend([0x23, 0x29, 0, 0, 0, 0]);
        v6.extend(Ipv6Addr::LOCALHOST.octets());
        assert_eq!(parse_socket_address(&v6), Some("[::1]:9001".parse().unwrap()));
        assert_eq!(parse_socket_address(&v6[..12]), None);
        assert_eq!(parse_socket_address(&[1, 0, b'/', b't']), None);
    }
}
