//! The small enumerations of the vocabulary. Their numbers stand in files and never change; new ones are added at the end.

use std::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal $label:literal,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
            #[repr(u8)]
            pub enum $name {
                $($(#[$vdoc])* $variant = $code,)*
            }

            impl $name {
                /// Every one.
                pub const ALL: &[$name] = &[$($name::$variant),*];

                /// The name, as files and JSON carry it.
                pub const fn name(self) -> &'static str {
                    match self { $($name::$variant => $label,)* }
                }

                /// The one with this number.
                pub const fn from_code(code: u8) -> Option<$name> {
                    match code { $($code => Some($name::$variant),)* _ => None }
                }
            }

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(self.name())
                }
            }
        )*
    };
}

codes! {
    /// How an event is known. The page never blurs them.
    Provenance {
        /// A model computed it.
        Modelled = 0 "modelled",
        /// A socket call really did it.
        Observed = 1 "observed",
        /// A packet was really seen.
        Captured = 2 "captured",
        /// Concluded from the others.
        Inferred = 3 "inferred",
    }

    /// What kind of event, one for each variant of [`What`](crate::trace::What), and `StateChange` besides.
    Kind {
        /// There is a host.
        Host = 0 "host",
        /// A program runs.
        Program = 1 "program",
        /// A thread starts.
        Thread = 2 "thread",
        /// There is a socket.
        Socket = 3 "socket",
        /// A socket's addresses became known.
        SocketNamed = 4 "socket-named",
        /// A call begun.
        CallBegun = 5 "call-begun",
        /// Bytes of a blocked send were accepted.
        BytesAccepted = 6 "bytes-accepted",
        /// A call returned.
        CallReturned = 7 "call-returned",
        /// A packet was sent.
        PacketSent = 8 "packet-sent",
        /// A packet waits.
        PacketQueued = 9 "packet-queued",
        /// A packet was lost.
        PacketDropped = 10 "packet-dropped",
        /// A packet was duplicated.
        PacketDuplicated = 11 "packet-duplicated",
        /// A packet was changed.
        PacketCorrupted = 12 "packet-corrupted",
        /// A packet arrived.
        PacketArrived = 13 "packet-arrived",
        /// An endpoint took a packet in.
        PacketConsumed = 14 "packet-consumed",
        /// A packet had no effect.
        PacketIgnored = 15 "packet-ignored",
        /// A connection's state changed.
        StateChange = 16 "state-change",
        /// Another variable changed.
        VarChange = 17 "var-change",
        /// A timer was set.
        TimerSet = 18 "timer-set",
        /// A timer was cancelled.
        TimerCancelled = 19 "timer-cancelled",
        /// A timer fired.
        TimerFired = 20 "timer-fired",
        /// A rule fired.
        RuleFired = 21 "rule-fired",
        /// A frame was decoded.
        FrameDecoded = 22 "frame-decoded",
        /// Content of a stream became known.
        StreamBytes = 23 "stream-bytes",
        /// A command from outside.
        Command = 24 "command",
        /// A remark.
        Note = 25 "note",
        /// A limit stopped the run.
        LimitReached = 26 "limit-reached",
        /// Events are missing here.
        Lost = 27 "lost",
        /// The wall-clock time of instant 0.
        Clock = 28 "clock",
    }

    /// The transport protocol.
    Transport {
        /// TCP.
        Tcp = 0 "tcp",
        /// UDP.
        Udp = 1 "udp",
    }

    /// A socket call, or a call of the framing library that is made of socket calls.
    Op {
        /// socket()
        Socket = 0 "socket",
        /// bind()
        Bind = 1 "bind",
        /// listen()
        Listen = 2 "listen",
        /// accept()
        Accept = 3 "accept",
        /// connect()
        Connect = 4 "connect",
        /// send() or write()
        Send = 5 "send",
        /// sendall(): send() until all is accepted
        SendAll = 6 "sendall",
        /// recv() or read()
        Recv = 7 "recv",
        /// recv() until exactly so many bytes are there
        RecvExactly = 8 "recv-exactly",
        /// sendto()
        SendTo = 9 "sendto",
        /// recvfrom()
        RecvFrom = 10 "recvfrom",
        /// Reading one frame
        ReadFrame = 11 "read-frame",
        /// Writing one frame
        WriteFrame = 12 "write-frame",
        /// shutdown()
        Shutdown = 13 "shutdown",
        /// close()
        Close = 14 "close",
        /// setsockopt()
        SetSockOpt = 15 "setsockopt",
        /// getsockopt()
        GetSockOpt = 16 "getsockopt",
        /// sleep()
        Sleep = 17 "sleep",
        /// poll(), select(), epoll_wait()
        Poll = 18 "poll",
        /// sendmsg()
        SendMsg = 19 "sendmsg",
        /// recvmsg()
        RecvMsg = 20 "recvmsg",
        /// sendmmsg()
        SendMmsg = 21 "sendmmsg",
        /// recvmmsg()
        RecvMmsg = 22 "recvmmsg",
        /// sendfile() or splice()
        SendFile = 23 "sendfile",
        /// Starting a thread
        StartThread = 24 "start-thread",
        /// Anything else; its name stands in the arguments' text
        Other = 25 "other",
    }

    /// Which direction shutdown() ends.
    How {
        /// SHUT_RD
        Read = 0 "read",
        /// SHUT_WR
        Write = 1 "write",
        /// SHUT_RDWR
        Both = 2 "both",
    }

    /// Why a packet was lost.
    DropReason {
        /// By chance, as the link's loss rate says.
        Loss = 0 "loss",
        /// By a script or a click: this very packet.
        Scripted = 1 "scripted",
        /// The queue was full.
        QueueFull = 2 "queue-full",
        /// Larger than the link's MTU and not to be fragmented.
        TooBig = 3 "too-big",
        /// There is no way to the destination.
        NoRoute = 4 "no-route",
        /// The hop limit ran out.
        HopLimit = 5 "hop-limit",
        /// The IP or transport checksum is wrong.
        Checksum = 6 "checksum",
        /// The bytes are no packet.
        Malformed = 7 "malformed",
        /// A fragment was missing when the reassembly time ran out.
        Reassembly = 8 "reassembly",
        /// No socket wants it.
        NoSocket = 9 "no-socket",
        /// The socket's receive buffer is full (UDP).
        BufferFull = 10 "buffer-full",
        /// The link is down.
        LinkDown = 11 "link-down",
    }

    /// What stopped a run.
    Limit {
        /// Virtual time, in nanoseconds.
        Time = 0 "time",
        /// The number of events.
        Events = 1 "events",
        /// The number of bytes.
        Bytes = 2 "bytes",
        /// A program's steps without time passing.
        Steps = 3 "steps",
    }
}

impl Kind {
    /// True for the kinds whose subject is a packet.
    pub const fn is_packet(self) -> bool {
        (self as u8) >= Kind::PacketSent as u8 && (self as u8) <= Kind::PacketIgnored as u8
    }

    /// True for the kinds whose subject is a call.
    pub const fn is_call(self) -> bool {
        (self as u8) >= Kind::CallBegun as u8 && (self as u8) <= Kind::CallReturned as u8
    }
}

/// An error number, as Linux counts them on x86-64 and ARM (errno(3)): traces carry the same numbers everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Errno(pub u16);

macro_rules! errnos {
    ($($name:ident = $code:literal $text:literal;)*) => {
        impl Errno {
            $(#[doc = $text] pub const $name: Errno = Errno($code);)*

            /// The symbolic name (`ECONNREFUSED`), `None` if it is not known here.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 { $($code => Some(stringify!($name)),)* _ => None }
            }

            /// What strerror(3) says of it, `None` if it is not known here.
            pub const fn text(self) -> Option<&'static str> {
                match self.0 { $($code => Some($text),)* _ => None }
            }
        }
    };
}

errnos! {
    EPERM = 1 "Operation not permitted";
    ENOENT = 2 "No such file or directory";
    EINTR = 4 "Interrupted system call";
    EIO = 5 "Input/output error";
    EBADF = 9 "Bad file descriptor";
    EAGAIN = 11 "Resource temporarily unavailable";
    ENOMEM = 12 "Cannot allocate memory";
    EACCES = 13 "Permission denied";
    EFAULT = 14 "Bad address";
    EINVAL = 22 "Invalid argument";
    EMFILE = 24 "Too many open files";
    EPIPE = 32 "Broken pipe";
    ENOTSOCK = 88 "Socket operation on non-socket";
    EDESTADDRREQ = 89 "Destination address required";
    EMSGSIZE = 90 "Message too long";
    ENOPROTOOPT = 92 "Protocol not available";
    EOPNOTSUPP = 95 "Operation not supported";
    EAFNOSUPPORT = 97 "Address family not supported by protocol";
    EADDRINUSE = 98 "Address already in use";
    EADDRNOTAVAIL = 99 "Cannot assign requested address";
    ENETDOWN = 100 "Network is down";
    ENETUNREACH = 101 "Network is unreachable";
    ECONNABORTED = 103 "Software caused connection abort";
    ECONNRESET = 104 "Connection reset by peer";
    ENOBUFS = 105 "No buffer space available";
    EISCONN = 106 "Transport endpoint is already connected";
    ENOTCONN = 107 "Transport endpoint is not connected";
    ESHUTDOWN = 108 "Cannot send after transport endpoint shutdown";
    ETIMEDOUT = 110 "Connection timed out";
    ECONNREFUSED = 111 "Connection refused";
    EHOSTUNREACH = 113 "No route to host";
    EALREADY = 114 "Operation already in progress";
    EINPROGRESS = 115 "Operation now in progress";
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "errno {}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_again() {
        for &kind in Kind::ALL {
            assert_eq!(Kind::from_code(kind as u8), Some(kind));
        }
        for &op in Op::ALL {
            assert_eq!(Op::from_code(op as u8), Some(op));
        }
        assert_eq!(Kind::from_code(200), None);
        assert_eq!(Errno(111).to_string(), "ECONNREFUSED");
        assert_eq!(Errno(999).to_string(), "errno 999");
    }
}
