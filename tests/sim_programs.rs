//! The Python source that a program shows is real Python, and its lines are the steps' lines.

use std::io::Write;
use std::process::{Command, Stdio};

use framewire::sim::program::{Code, code::Op, compile};
use framewire::sim::{BUILTINS, Scenario, addresses, builtin};

fn codes(scenario: &Scenario) -> Vec<Code> {
    let addresses = addresses(scenario);
    let mut codes = Vec::new();
    for (h, host) in scenario.hosts.iter().enumerate() {
        for p in 0..host.programs.len() {
            codes.push(compile(scenario, &addresses, h, p).expect("it compiles"));
        }
    }
    codes
}

#[test]
fn hello_tcp_reads_as_the_course_writes_it() {
    let codes = codes(&builtin("hello-tcp").unwrap());
    assert_eq!(
        codes[0].source,
        "import socket\n\n\
         s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)\n\
         s.connect(('10.0.0.2', 8000))\n\
         s.send(b'hello hello')\n\
         data = s.recv(1024)\n\
         s.close()\n"
    );
    let lines: Vec<u32> = codes[0].instrs.iter().map(|instr| instr.line).collect();
    assert_eq!(lines, [3, 4, 5, 6, 7, 0]);
}

#[test]
fn every_operation_of_every_program_has_its_line() {
    for builtin in BUILTINS {
        for code in codes(&Scenario::from_json(builtin.json).unwrap()) {
            let lines: Vec<&str> = code.source.lines().collect();
            for instr in &code.instrs {
                let Some(line) = instr.line.checked_sub(1).map(|at| lines[at as usize].trim()) else {
                    continue;
                };
                let word = match &instr.op {
                    Op::Socket(..) => "socket.socket(",
                    Op::Bind(..) => ".bind(",
                    Op::Listen(..) => ".listen(",
                    Op::Accept(..) => ".accept()",
                    Op::Connect(..) => ".connect(",
                    Op::Send(..) => ".send(",
                    Op::SendAll(..) => ".sendall(",
                    Op::SendTo(..) => ".sendto(",
                    Op::Recv(..) => ".recv(",
                    Op::RecvFrom(..) => ".recvfrom(",
                    Op::RecvExactly(..) => "recv_exactly(",
                    Op::ReadFrame { .. } => "read_frame(",
                    Op::WriteFrame { .. } => "write_frame(",
                    Op::Shutdown(..) => ".shutdown(",
                    Op::Close(..) => ".close()",
                    Op::SetOption(..) => ".set",
                    Op::Sleep(..) => "time.sleep(",
                    Op::JumpIfEof(_) => "if not ",
                    Op::Thread(_) => "threading.Thread(",
                    Op::Head { .. } => ":",
                    Op::Decode { .. } => "",
                    Op::Loop { .. } | Op::Jump(_) | Op::End => "",
                };
                assert!(line.contains(word), "{}: {:?} at {line}", builtin.name, instr.op);
            }
        }
    }
}

/// Needs python3; says so and passes where there is none.
#[test]
fn every_source_is_valid_python() {
    let check =
        "import sys, json\nfor name, source in json.load(sys.stdin):\n    compile(source, name, 'exec')";
    let mut sources = Vec::new();
    for builtin in BUILTINS {
        for code in codes(&Scenario::from_json(builtin.json).unwrap()) {
            sources.push((format!("{}/{}", builtin.name, code.name), code.source));
        }
    }
    let child =
        Command::new("python3").args(["-c", check]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        eprintln!("there is no python3 here: not checked");
        return;
    };
    let json = serde_json::to_string(&sources).unwrap();
    child.stdin.take().unwrap().write_all(json.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
