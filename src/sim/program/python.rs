//! The Python source of a program, written from its steps as the course would write it.

use std::fmt;

use super::code::Op;
use super::compile::indent;
use crate::framing::{Framing, IntFormat, Limits};
use crate::sim::scenario::{Data, DataSpec, How, OnError, SocketKind, SocketOption, Step, Verb};

/// Writes source lines, and remembers which imports and helpers they need.
#[derive(Debug)]
pub(super) struct Writer {
    framing: Framing,
    pub(super) ipv6: bool,
    imports: Vec<&'static str>,
    recv_exactly: bool,
    decoder: bool,
    /// Naive or not, and the chunk size.
    read_frame: Option<(bool, usize)>,
    /// A read_frame() whose error is caught: the function shows what it refuses.
    limited: bool,
    write_frame: Option<bool>,
}

impl Writer {
    pub(super) fn new(framing: Framing) -> Self {
        Writer {
            framing,
            ipv6: false,
            imports: vec!["socket"],
            recv_exactly: false,
            decoder: false,
            read_frame: None,
            limited: false,
            write_frame: None,
        }
    }

    pub(super) fn import(&mut self, module: &'static str) {
        if !self.imports.contains(&module) {
            self.imports.push(module);
        }
    }

    pub(super) fn needs_recv_exactly(&mut self) {
        self.recv_exactly = true;
    }

    pub(super) fn needs_decoder(&mut self) {
        self.import("codecs");
        self.decoder = true;
    }

    pub(super) fn needs_read_frame(&mut self, naive: bool, chunk: usize) {
        self.frame_imports();
        if !naive && !self.by_line() {
            self.recv_exactly = true;
        }
        self.read_frame = Some((naive, chunk));
    }

    /// The error of a read_frame() is caught.
    pub(super) fn catches_frames(&mut self) {
        self.limited = true;
    }

    pub(super) fn needs_write_frame(&mut self, pieces: bool) {
        self.frame_imports();
        self.write_frame = Some(pieces);
    }

    fn frame_imports(&mut self) {
        if matches!(self.framing, Framing::JsonHeader(_)) {
            self.import("json");
        }
        if matches!(self.framing, Framing::JsonHeader(_) | Framing::Length(_)) {
            self.import("struct");
        }
    }

    pub(super) fn has_functions(&self) -> bool {
        self.recv_exactly || self.read_frame.is_some() || self.write_frame.is_some()
    }

    /// Imports and helper functions.
    pub(super) fn preamble(&self) -> Vec<String> {
        let mut imports = self.imports.clone();
        imports.sort_unstable();
        let mut lines: Vec<String> = imports.iter().map(|module| format!("import {module}")).collect();
        if self.decoder {
            lines.extend([String::new(), "decoder = codecs.getincrementaldecoder('utf-8')()".into()]);
        }
        let mut function = |text: &str| {
            lines.extend([String::new(), String::new()]);
            lines.extend(text.lines().map(str::to_owned));
        };
        if self.recv_exactly {
            function(RECV_EXACTLY);
        }
        if let Some((naive, chunk)) = self.read_frame {
            function(&self.read_frame_source(naive, chunk));
        }
        if let Some(pieces) = self.write_frame {
            function(&self.write_frame_source(pieces));
        }
        lines
    }

    /// The struct format of the length field.
    fn length_format(&self) -> &'static str {
        let format = match &self.framing {
            Framing::JsonHeader(json) => json.length(),
            Framing::Length(field) => field.format,
            _ => IntFormat::I32LE,
        };
        match (format.to_string().as_str(), &self.framing) {
            // As the course writes it: native order.
            ("i32le", Framing::JsonHeader(_)) => "i",
            ("u8", _) => "B",
            ("i8", _) => "b",
            ("u16be", _) => ">H",
            ("u16le", _) => "<H",
            ("i16be", _) => ">h",
            ("i16le", _) => "<h",
            ("u32be", _) => ">I",
            ("u32le", _) => "<I",
            ("i32be", _) => ">i",
            ("i32le", _) => "<i",
            ("u64be", _) => ">Q",
            ("u64le", _) => "<Q",
            ("i64be", _) => ">q",
            ("i64le", _) => "<q",
            _ => "i",
        }
    }

    /// The key that holds the payload's size.
    fn size_key(&self) -> &str {
        match &self.framing {
            Framing::JsonHeader(json) => json.keys().first().map_or("size", String::as_str),
            _ => "size",
        }
    }

    fn by_line(&self) -> bool {
        matches!(self.framing, Framing::Line { .. } | Framing::Delimiter(_))
    }

    fn read_frame_source(&self, naive: bool, chunk: usize) -> String {
        let format = self.length_format();
        let width = match format.trim_start_matches(['<', '>']) {
            "B" | "b" => 1,
            "H" | "h" => 2,
            "Q" | "q" => 8,
            _ => 4,
        };
        let (json, key) = (matches!(self.framing, Framing::JsonHeader(_)), self.size_key());
        if self.by_line() {
            return "buffers = {}\n\n\ndef read_frame(sock):\n    data = buffers.get(sock, b'')\n    while b'\\n' not in data:\n        more = sock.recv(1024)\n        if not more:\n            return b''\n        data += more\n    line, buffers[sock] = data.split(b'\\n', 1)\n    return line".into();
        }
        match (json, naive) {
            (true, true) => format!(
                "def read_frame(sock):\n    (header_size,) = struct.unpack('{format}', sock.recv({width}))\n    header = json.loads(sock.recv(header_size).decode('utf-8'))\n    data = b''\n    while len(data) < header['{key}']:\n        data += sock.recv({chunk})\n    return data"
            ),
            (false, true) => format!(
                "def read_frame(sock):\n    (size,) = struct.unpack('{format}', sock.recv({width}))\n    return sock.recv(size)"
            ),
            (true, false) => format!(
                "def read_frame(sock):\n    length = recv_exactly(sock, {width})\n    if not length:\n        return b''\n    (header_size,) = struct.unpack('{format}', length)\n{}    header = json.loads(recv_exactly(sock, header_size).decode('utf-8'))\n{}    return recv_exactly(sock, header['{key}'])",
                self.refusal("header_size", format_args!("{} << 10", Limits::DEFAULT.header >> 10)),
                self.refusal(
                    &format!("header['{key}']"),
                    format_args!("{} << 20", Limits::DEFAULT.payload >> 20)
                ),
            ),
            (false, false) => format!(
                "def read_frame(sock):\n    length = recv_exactly(sock, {width})\n    if not length:\n        return b''\n    (size,) = struct.unpack('{format}', length)\n{}    return recv_exactly(sock, size)",
                self.refusal("size", format_args!("{} << 20", Limits::DEFAULT.payload >> 20)),
            ),
        }
    }

    /// The lines that refuse more than the decoder's limit.
    fn refusal(&self, size: &str, limit: fmt::Arguments<'_>) -> String {
        if !self.limited {
            return String::new();
        }
        format!("    if {size} > {limit}:\n        raise ValueError('a frame too long')\n")
    }

    fn write_frame_source(&self, pieces: bool) -> String {
        let (format, key) = (self.length_format(), self.size_key());
        let json = matches!(self.framing, Framing::JsonHeader(_));
        if self.by_line() {
            return "def write_frame(sock, data):\n    sock.sendall(data + b'\\n')".into();
        }
        match (json, pieces) {
            (true, true) => format!(
                "def write_frame(sock, data):\n    header = json.dumps({{'{key}': len(data)}}).encode('utf-8')\n    sock.send(struct.pack('{format}', len(header)))\n    sock.send(header)\n    sock.send(data)"
            ),
            (true, false) => format!(
                "def write_frame(sock, data):\n    header = json.dumps({{'{key}': len(data)}}).encode('utf-8')\n    sock.sendall(struct.pack('{format}', len(header)) + header + data)"
            ),
            (false, true) => format!(
                "def write_frame(sock, data):\n    sock.send(struct.pack('{format}', len(data)))\n    sock.send(data)"
            ),
            (false, false) => format!(
                "def write_frame(sock, data):\n    sock.sendall(struct.pack('{format}', len(data)) + data)"
            ),
        }
    }

    /// A step's own lines where it brings some, else those written for it.
    pub(super) fn lines_of(step: &Step, written: impl FnOnce() -> Vec<String>) -> Vec<String> {
        match &step.py {
            Some(own) => own.split('\n').map(str::to_owned).collect(),
            None => written(),
        }
    }

    /// `lines` within a try statement.
    pub(super) fn guarded(lines: &[String], on_error: OnError, reads_frame: bool) -> Vec<String> {
        let errors = if reads_frame { "(OSError, ValueError)" } else { "OSError" };
        let mut all = vec!["try:".to_owned()];
        all.extend(lines.iter().map(|line| indent(line, 1)));
        all.extend(match on_error {
            OnError::Break => [format!("except {errors}:"), "    break".into()],
            _ => [format!("except {errors} as error:"), "    print(error)".into()],
        });
        all
    }

    /// The lines of a step that is a call.
    pub(super) fn step(
        &mut self,
        step: &Step,
        op: Option<&Op>,
        sockets: &[String],
        vars: &[String],
    ) -> Vec<String> {
        let Some(op) = op else { return Vec::new() };
        let socket = |var: super::code::SocketVar| sockets.get(var.0 as usize).map_or("s", String::as_str);
        let data = |var: super::code::DataVar| vars.get(var.0 as usize).map_or("data", String::as_str);
        let sent = || step.data.as_ref().map_or_else(|| "b''".into(), data_expression);
        let line = match op {
            Op::Socket(s, kind) => {
                let family = if self.ipv6 { "AF_INET6" } else { "AF_INET" };
                let kind = if *kind == SocketKind::Tcp { "SOCK_STREAM" } else { "SOCK_DGRAM" };
                format!("{} = socket.socket(socket.{family}, socket.{kind})", socket(*s))
            }
            Op::Bind(s, port) => format!("{}.bind(('', {port}))", socket(*s)),
            Op::Listen(s, None) => format!("{}.listen()", socket(*s)),
            Op::Listen(s, Some(backlog)) => format!("{}.listen({backlog})", socket(*s)),
            Op::Accept(from, into) => format!("{}, address = {}.accept()", socket(*into), socket(*from)),
            Op::Connect(s, to) => format!("{}.connect(('{}', {}))", socket(*s), to.ip(), to.port()),
            Op::Send(s, _) => format!("{}.send({})", socket(*s), sent()),
            Op::SendAll(s, _) => format!("{}.sendall({})", socket(*s), sent()),
            Op::SendTo(s, _, Some(to)) => {
                format!("{}.sendto({}, ('{}', {}))", socket(*s), sent(), to.ip(), to.port())
            }
            Op::SendTo(s, _, None) => format!("{}.sendto({}, address)", socket(*s), sent()),
            Op::Recv(s, n, into) => format!("{} = {}.recv({n})", data(*into), socket(*s)),
            Op::RecvExactly(s, n, into) => format!("{} = recv_exactly({}, {n})", data(*into), socket(*s)),
            Op::RecvFrom(s, n, into) => format!("{}, address = {}.recvfrom({n})", data(*into), socket(*s)),
            Op::ReadFrame { socket: s, into, .. } => format!("{} = read_frame({})", data(*into), socket(*s)),
            Op::WriteFrame { socket: s, .. } => format!("write_frame({}, {})", socket(*s), sent()),
            Op::Shutdown(s, how) => {
                let how = match how {
                    How::Read => "RD",
                    How::Write => "WR",
                    How::Both => "RDWR",
                };
                format!("{}.shutdown(socket.SHUT_{how})", socket(*s))
            }
            Op::Close(s) => format!("{}.close()", socket(*s)),
            Op::SetOption(s, option, value) => self.option(socket(*s), *option, *value),
            Op::Sleep(time) => {
                self.import("time");
                format!("time.sleep({})", time.as_secs_f64())
            }
            Op::Decode { var, incremental: false } => format!("print({}.decode('utf-8'))", data(*var)),
            Op::Decode { var, incremental: true } => format!("print(decoder.decode({}))", data(*var)),
            Op::Loop { .. } | Op::Head { .. } | Op::Jump(_) | Op::JumpIfEof(_) | Op::Thread(_) | Op::End => {
                return Vec::new();
            }
        };
        match step.verb {
            Verb::Text => Vec::new(),
            _ => vec![line],
        }
    }

    fn option(&mut self, s: &str, option: SocketOption, value: u64) -> String {
        match option {
            SocketOption::NonBlock => {
                format!("{s}.setblocking({})", if value == 0 { "True" } else { "False" })
            }
            SocketOption::ReceiveTimeout => format!("{s}.settimeout({})", value as f64 / 1000.0),
            SocketOption::Linger => {
                self.import("struct");
                format!("{s}.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, {value}))")
            }
            SocketOption::NoDelay | SocketOption::Cork | SocketOption::QuickAck => {
                format!("{s}.setsockopt(socket.IPPROTO_TCP, socket.{}, {value})", option.name())
            }
            _ => format!("{s}.setsockopt(socket.SOL_SOCKET, socket.{}, {value})", option.name()),
        }
    }
}

const RECV_EXACTLY: &str = "def recv_exactly(sock, n):
    data = b''
    while len(data) < n:
        more = sock.recv(n - len(data))
        if not more:
            break
        data += more
    return data";

/// What is sent, as a Python expression.
fn data_expression(data: &Data) -> String {
    let spec = match data {
        Data::Text(text) => return literal(text),
        Data::Spec(spec) => spec,
    };
    let DataSpec { text, hex, var, times, upper } = spec;
    let mut expression = match (text, hex, var) {
        (Some(text), ..) => literal(text),
        (_, Some(hex), _) => {
            format!("bytes.fromhex('{}')", hex.split_whitespace().collect::<Vec<_>>().join(" "))
        }
        (.., Some(var)) => var.clone(),
        _ => "b''".into(),
    };
    if *upper {
        expression += ".upper()";
    }
    if let Some(times) = times {
        expression += &format!(" * {times}");
    }
    expression
}

/// A text as Python bytes.
fn literal(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '\\' => escaped += "\\\\",
            '\'' => escaped += "\\'",
            '\n' => escaped += "\\n",
            '\r' => escaped += "\\r",
            '\t' => escaped += "\\t",
            '\0' => escaped += "\\0",
            c => escaped.push(c),
        }
    }
    if text.is_ascii() { format!("b'{escaped}'") } else { format!("'{escaped}'.encode('utf-8')") }
}
