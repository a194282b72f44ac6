//! From the steps of a scenario to [`Code`]: names become numbers, nesting becomes jumps, and everything that cannot
//! work is refused with its place.

use std::net::IpAddr;

use super::code::{Code, Instr, Op};
use super::python::Writer;
use crate::framing::Framing;
use crate::sim::error::Flaw;
use crate::sim::locate::Path;
use crate::sim::scenario::{OnError, Program, Scenario, SocketKind, Step, Until, Verb};

/// The default of recv sizes where a step leaves it out.
const CHUNK: u64 = 1024;

/// The fields that a verb needs, and those that it may have besides `py`, `socket` (where it says so) and `on_error`.
fn fields(verb: Verb) -> (&'static [&'static str], &'static [&'static str]) {
    match verb {
        Verb::Text => (&["py"], &[]),
        Verb::Socket => (&[], &["socket", "kind"]),
        Verb::Bind => (&["port"], &["socket"]),
        Verb::Listen => (&[], &["socket", "backlog"]),
        Verb::Accept => (&[], &["socket", "into"]),
        Verb::Connect => (&["to"], &["socket"]),
        Verb::Send | Verb::Sendall => (&["data"], &["socket"]),
        Verb::Recv | Verb::RecvExactly | Verb::Recvfrom => (&["n"], &["socket", "into"]),
        Verb::Sendto => (&["data"], &["socket", "to"]),
        Verb::ReadFrame => (&[], &["socket", "n", "naive", "into"]),
        Verb::WriteFrame => (&["data"], &["socket", "pieces"]),
        Verb::Shutdown => (&["how"], &["socket"]),
        Verb::Close => (&[], &["socket"]),
        Verb::SetOption => (&["option"], &["socket", "value"]),
        Verb::Sleep => (&["time"], &[]),
        Verb::Loop => (&["body"], &["times"]),
        Verb::Break => (&["when"], &[]),
        Verb::Thread => (&["body"], &["socket"]),
        Verb::Decode => (&[], &["var", "incremental"]),
    }
}

/// The fields that a step sets, by name.
fn set_fields(step: &Step) -> Vec<&'static str> {
    let mut names = Vec::new();
    macro_rules! optional {
        ($($field:ident),*) => { $(if step.$field.is_some() { names.push(stringify!($field)); })* };
    }
    optional!(py, socket, into, to, port, backlog, n, data, var, how, option, value, time, times, body, when);
    for (name, set) in [
        ("kind", step.kind != SocketKind::Tcp),
        ("on_error", step.on_error != OnError::Raise),
        ("naive", step.naive),
        ("pieces", step.pieces),
        ("incremental", step.incremental),
    ] {
        if set {
            names.push(name);
        }
    }
    names
}

/// Compiles program `program` of host `host` of a scenario whose hosts have these addresses.
///
/// # Errors
///
/// What cannot work, at its path.
pub fn compile(scenario: &Scenario, addresses: &[IpAddr], host: usize, program: usize) -> Result<Code, Flaw> {
    let path = Path::default().key("hosts").index(host).key("programs").index(program);
    let Some((host, program)) =
        scenario.hosts.get(host).and_then(|host| host.programs.get(program).map(|p| (host, p)))
    else {
        return Err(Flaw::new(path, "there is no such program", "没有这个程序"));
    };
    compile_program(scenario, addresses, &host.name, program, &path)
}

fn compile_program(
    scenario: &Scenario,
    addresses: &[IpAddr],
    host: &str,
    program: &Program,
    path: &Path,
) -> Result<Code, Flaw> {
    // The scenario's check has refused a name that names none.
    let framing: Framing =
        scenario.framing.as_deref().and_then(|name| name.parse().ok()).unwrap_or(Framing::None);
    let mut compiler = Compiler {
        scenario,
        addresses,
        sockets: Vec::new(),
        vars: Vec::new(),
        threads: Vec::new(),
        current: None,
        last_data: None,
        ipv6: false,
        writer: Writer::new(framing.clone()),
    };
    compiler.ipv6 = addresses.iter().any(IpAddr::is_ipv6);
    compiler.writer.ipv6 = compiler.ipv6;
    let mut main = Block::default();
    compiler.steps(&program.steps, &path.key("steps"), &mut main, None)?;
    main.push(Op::End, 0);

    // The functions of threads stand before the main part in the source, behind it in the code.
    let writer = &compiler.writer;
    let mut lines = writer.preamble();
    let mut bases = Vec::new();
    for (name, parameters, block) in &compiler.threads {
        if !lines.is_empty() {
            lines.extend([String::new(), String::new()]);
        }
        lines.push(format!("def {name}({parameters}):"));
        bases.push(lines.len() as u32);
        let empty = block.lines.is_empty();
        lines.extend(block.lines.iter().map(|line| indent(line, 1)));
        if empty {
            lines.push("    pass".into());
        }
    }
    if !lines.is_empty() {
        let blanks = if compiler.threads.is_empty() && !writer.has_functions() { 1 } else { 2 };
        lines.extend((0..blanks).map(|_| String::new()));
    }
    let main_base = lines.len() as u32;
    lines.extend(main.lines.iter().cloned());
    lines.push(String::new());

    let mut entries = Vec::new();
    let mut at = main.instrs.len() as u32;
    for (_, _, block) in &compiler.threads {
        entries.push(at);
        at += block.instrs.len() as u32;
    }
    let mut instrs = Vec::new();
    let blocks = std::iter::once((&main, 0, main_base)).chain(
        compiler.threads.iter().zip(entries.iter().zip(&bases)).map(|((_, _, b), (&e, &l))| (b, e, l)),
    );
    for (block, base, line_base) in blocks {
        for instr in &block.instrs {
            let mut instr = instr.clone();
            instr.on_break += base;
            if instr.line > 0 {
                instr.line += line_base;
            }
            match &mut instr.op {
                Op::Jump(to) | Op::JumpIfEof(to) | Op::Head { end: to, .. } => *to += base,
                Op::Thread(n) => *n = entries.get(*n as usize).copied().unwrap_or_default(),
                _ => {}
            }
            instrs.push(instr);
        }
    }
    Ok(Code {
        name: program.name.clone().unwrap_or_else(|| format!("{host}.py")),
        source: lines.join("\n"),
        instrs,
        sockets: compiler.sockets,
        vars: compiler.vars,
        framing,
    })
}

/// `line` (or lines) further in by `depth` steps.
pub(super) fn indent(line: &str, depth: usize) -> String {
    if line.is_empty() { String::new() } else { format!("{}{line}", "    ".repeat(depth)) }
}

/// Operations and source lines of the main part or of a thread's function; lines count from 1 within it.
#[derive(Default)]
struct Block {
    instrs: Vec<Instr>,
    lines: Vec<String>,
    depth: usize,
    loops: u8,
}

impl Block {
    fn push(&mut self, op: Op, line: u32) {
        self.instrs.push(Instr { op, line, on_error: OnError::Raise, on_break: 0 });
    }

    /// Adds source lines; gives the number of the first.
    fn write(&mut self, lines: &[String]) -> u32 {
        let first = self.lines.len() as u32 + 1;
        self.lines.extend(lines.iter().map(|line| indent(line, self.depth)));
        first
    }
}

pub(super) struct Compiler<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) addresses: &'a [IpAddr],
    pub(super) sockets: Vec<String>,
    pub(super) vars: Vec<String>,
    /// Name, parameters and body of each thread's function.
    threads: Vec<(String, String, Block)>,
    /// The socket made last.
    pub(super) current: Option<String>,
    /// The data received last.
    pub(super) last_data: Option<String>,
    ipv6: bool,
    writer: Writer,
}

impl Compiler<'_> {
    /// Compiles steps into `block`; `breaks` collects the jumps out of the innermost loop.
    fn steps(
        &mut self,
        steps: &[Step],
        path: &Path,
        block: &mut Block,
        mut breaks: Option<&mut Vec<usize>>,
    ) -> Result<(), Flaw> {
        for (i, step) in steps.iter().enumerate() {
            let path = path.index(i);
            check_fields(step, &path)?;
            if step.on_error == OnError::Break && breaks.is_none() {
                return Err(Flaw::new(
                    path.key("on_error"),
                    "there is no loop here to break from",
                    "这里不在循环中，无法用 break 跳出",
                ));
            }
            self.step(step, &path, block, breaks.as_deref_mut())?;
        }
        Ok(())
    }

    fn step(
        &mut self,
        step: &Step,
        path: &Path,
        block: &mut Block,
        breaks: Option<&mut Vec<usize>>,
    ) -> Result<(), Flaw> {
        match step.verb {
            Verb::Loop => return self.loop_step(step, path, block),
            Verb::Thread => return self.thread_step(step, path, block),
            Verb::Break => {
                let Some(breaks) = breaks else {
                    return Err(Flaw::new(
                        path.key("do"),
                        "there is no loop here to break from",
                        "这里不在循环中，无法用 break 跳出",
                    ));
                };
                let data = self.last_data.clone().unwrap_or_else(|| "data".into());
                let line = block.write(&Writer::lines_of(step, || match step.when {
                    Some(Until::Now) => vec!["break".into()],
                    _ => vec![format!("if not {data}:"), "    break".into()],
                }));
                breaks.push(block.instrs.len());
                let op = if step.when == Some(Until::Now) { Op::Jump(0) } else { Op::JumpIfEof(0) };
                // A test costs no time and shows no call, but its line is run.
                block.push(op, line);
                return Ok(());
            }
            _ => {}
        }
        let op = self.op(step, path)?;
        let lines = Writer::lines_of(step, || self.writer.step(step, op.as_ref(), &self.sockets, &self.vars));
        let guarded = step.on_error != OnError::Raise && step.py.is_none();
        let reads_frame = matches!(op, Some(Op::ReadFrame { .. }));
        if guarded && reads_frame {
            self.writer.catches_frames();
        }
        let lines = if guarded { Writer::guarded(&lines, step.on_error, reads_frame) } else { lines };
        let mut line = block.write(&lines);
        if guarded {
            line += 1; // behind `try:`
        }
        if let Some(op) = op {
            if let (OnError::Break, Some(breaks)) = (step.on_error, breaks) {
                breaks.push(block.instrs.len());
            }
            block.instrs.push(Instr { op, line, on_error: step.on_error, on_break: 0 });
        }
        Ok(())
    }

    fn loop_step(&mut self, step: &Step, path: &Path, block: &mut Block) -> Result<(), Flaw> {
        let depth = block.loops;
        let Some(deeper) = depth.checked_add(1).filter(|&d| d <= 16) else {
            return Err(Flaw::new(path.clone(), "more than 16 loops in one another", "循环嵌套超过 16 层"));
        };
        let line = block.write(&Writer::lines_of(step, || {
            vec![match step.times {
                Some(n) => format!("for i in range({n}):"),
                None => "while True:".into(),
            }]
        }));
        block.push(Op::Loop { depth, times: step.times }, 0);
        let head = block.instrs.len();
        block.push(Op::Head { depth, end: 0 }, line);
        let mut breaks = vec![head];
        block.depth += 1;
        block.loops = deeper;
        let empty = Vec::new();
        self.steps(step.body.as_ref().unwrap_or(&empty), &path.key("body"), block, Some(&mut breaks))?;
        block.loops = depth;
        block.push(Op::Jump(head as u32), 0);
        block.depth -= 1;
        let end = block.instrs.len() as u32;
        for at in breaks {
            if let Some(instr) = block.instrs.get_mut(at) {
                match &mut instr.op {
                    Op::Jump(to) | Op::JumpIfEof(to) | Op::Head { end: to, .. } => *to = end,
                    _ => instr.on_break = end,
                }
            }
        }
        Ok(())
    }

    fn thread_step(&mut self, step: &Step, path: &Path, block: &mut Block) -> Result<(), Flaw> {
        let n = self.threads.len();
        let name = if n == 0 { "serve".to_owned() } else { format!("serve{}", n + 1) };
        // Reserved first: a thread within the thread comes after it.
        self.threads.push((name.clone(), String::new(), Block::default()));
        let passed = match &step.socket {
            Some(socket) => {
                self.socket_var(&Some(socket.clone()), path)?;
                Some(socket.clone())
            }
            None => self.current.clone(),
        };
        let parameters = passed.unwrap_or_default();
        let outer = (self.current.clone(), self.last_data.clone());
        if !parameters.is_empty() {
            self.current = Some(parameters.clone());
        }
        let mut body = Block::default();
        let empty = Vec::new();
        self.steps(step.body.as_ref().unwrap_or(&empty), &path.key("body"), &mut body, None)?;
        body.push(Op::End, 0);
        (self.current, self.last_data) = outer;
        let arguments = if parameters.is_empty() { String::new() } else { format!(", args=({parameters},)") };
        self.writer.import("threading");
        if let Some(thread) = self.threads.get_mut(n) {
            *thread = (name.clone(), parameters, body);
        }
        let line = block.write(&Writer::lines_of(step, || {
            vec![format!("threading.Thread(target={name}{arguments}).start()")]
        }));
        block.push(Op::Thread(n as u32), line);
        Ok(())
    }

    /// The operation of a step that is neither loop, thread nor break; `None` for source alone.
    fn op(&mut self, step: &Step, path: &Path) -> Result<Option<Op>, Flaw> {
        let size = |default: u64| step.n.map_or(default, |n| n.0) as usize;
        Ok(Some(match step.verb {
            Verb::Text | Verb::Loop | Verb::Break | Verb::Thread => return Ok(None),
            Verb::Socket => {
                let name = step.socket.clone().unwrap_or_else(|| "s".into());
                let var = self.new_socket(&name, &path.key("socket"))?;
                Op::Socket(var, step.kind)
            }
            Verb::Bind => Op::Bind(self.socket(step, path)?, step.port.unwrap_or_default()),
            Verb::Listen => Op::Listen(self.socket(step, path)?, step.backlog),
            Verb::Accept => {
                let from = match (&step.socket, self.sockets.first()) {
                    // accept() is made on the listening socket, the first one, not on the connection made last.
                    (None, Some(first)) => Some(first.clone()),
                    (given, _) => given.clone(),
                };
                let from = self.socket_var(&from, path)?;
                let name = step.into.clone().unwrap_or_else(|| "conn".into());
                let into = self.new_socket(&name, &path.key("into"))?;
                Op::Accept(from, into)
            }
            Verb::Connect => Op::Connect(self.socket(step, path)?, self.address(step, path)?),
            Verb::Send => Op::Send(self.socket(step, path)?, self.data(step, path)?),
            Verb::Sendall => Op::SendAll(self.socket(step, path)?, self.data(step, path)?),
            Verb::Sendto => {
                let socket = self.socket(step, path)?;
                let to = if step.to.is_some() { Some(self.address(step, path)?) } else { None };
                Op::SendTo(socket, self.data(step, path)?, to)
            }
            Verb::Recv => Op::Recv(self.socket(step, path)?, size(CHUNK), self.into(step, path)?),
            Verb::RecvExactly => {
                self.writer.needs_recv_exactly();
                Op::RecvExactly(self.socket(step, path)?, size(CHUNK), self.into(step, path)?)
            }
            Verb::Recvfrom => Op::RecvFrom(self.socket(step, path)?, size(CHUNK), self.into(step, path)?),
            Verb::ReadFrame => {
                self.needs_framing(path)?;
                self.writer.needs_read_frame(step.naive, size(CHUNK));
                Op::ReadFrame {
                    socket: self.socket(step, path)?,
                    chunk: size(CHUNK).max(1),
                    naive: step.naive,
                    into: self.into(step, path)?,
                }
            }
            Verb::WriteFrame => {
                self.needs_framing(path)?;
                self.writer.needs_write_frame(step.pieces);
                Op::WriteFrame {
                    socket: self.socket(step, path)?,
                    data: self.data(step, path)?,
                    pieces: step.pieces,
                }
            }
            Verb::Shutdown => match step.how {
                Some(how) => Op::Shutdown(self.socket(step, path)?, how),
                None => return Ok(None),
            },
            Verb::Close => Op::Close(self.socket(step, path)?),
            Verb::SetOption => match step.option {
                Some(option) => Op::SetOption(self.socket(step, path)?, option, step.value.unwrap_or(1)),
                None => return Ok(None),
            },
            Verb::Sleep => Op::Sleep(step.time.unwrap_or_default().0),
            Verb::Decode => {
                let name = step.var.clone().or_else(|| self.last_data.clone());
                let var = self.var(&name.unwrap_or_else(|| "data".into()), &path.key("var"))?;
                if step.incremental {
                    self.writer.needs_decoder();
                }
                Op::Decode { var, incremental: step.incremental }
            }
        }))
    }
}

fn check_fields(step: &Step, path: &Path) -> Result<(), Flaw> {
    let (needed, optional) = fields(step.verb);
    let set = set_fields(step);
    let verb = step.verb.name();
    if let Some(missing) = needed.iter().find(|name| !set.contains(name)) {
        return Err(Flaw::new(
            path.clone(),
            format!("`{verb}` needs the field `{missing}`"),
            format!("`{verb}` 需要字段 `{missing}`"),
        ));
    }
    let general = ["py", "on_error"];
    let known = |name: &&str| needed.contains(name) || optional.contains(name) || general.contains(name);
    if let Some(extra) = set.iter().find(|name| !known(name)) {
        let mut allowed: Vec<&str> = needed.iter().chain(optional).copied().collect();
        allowed.extend(general.iter().filter(|name| !needed.contains(name)));
        return Err(Flaw::new(
            path.key(extra),
            format!("`{verb}` has no use for this field; allowed: {}", allowed.join(", ")),
            format!("`{verb}` 用不到这个字段；可用的有：{}", allowed.join("、")),
        ));
    }
    Ok(())
}
