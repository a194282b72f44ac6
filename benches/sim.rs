//! Scenarios, a bulk run and seeking beside their budgets.
//!
//! `cargo bench --bench sim` prints a table; with `-- --json` one JSON object a line; with `--quick` fewer rounds; with `--only
//! PART` the rows whose names hold that part. Times are those of the clock on the wall: a long run uses two processors.

#![allow(missing_docs)]

use std::hint::black_box;
use std::time::Instant;

use framewire::sim::{BUILTINS, Builtin, Run, Scenario};
use framewire::trace::{EventId, Kind};
use framewire::view::session::Session;
use framewire::view::words::Lang;
use framewire::view::{ladder, ledger, machine};

/// A bulk transfer of about so many segments (of 1448 octets).
fn bulk(loss: &str, segments: u64) -> Scenario {
    let times = segments * 181 / 2;
    let json = format!(
        r#"{{ "framewire": 1, "name": "bulk", "seed": 7,
        "tcp": {{ "preset": "linux", "send_buffer": "4MB", "receive_buffer": "4MB" }},
        "hosts": [
          {{ "name": "client", "programs": [{{ "steps": [
            {{ "do": "socket" }}, {{ "do": "connect", "to": "server:8000" }},
            {{ "do": "sendall", "data": {{ "text": "0123456789abcdef", "times": {times} }} }}, {{ "do": "close" }} ] }}] }},
          {{ "name": "server", "programs": [{{ "steps": [
            {{ "do": "socket" }}, {{ "do": "bind", "port": 8000 }}, {{ "do": "listen" }}, {{ "do": "accept" }},
            {{ "do": "loop", "body": [{{ "do": "recv", "n": 65536 }}, {{ "do": "break", "when": "eof" }}] }},
            {{ "do": "close" }} ] }}] }} ],
        "network": {{ "latency": "10ms", "rate": "100Mbit/s", "loss": "{loss}" }} }}"#
    );
    Scenario::from_json(&json).expect("it is right")
}

struct Bench {
    json: bool,
    failed: bool,
}

impl Bench {
    /// A row: the median of `times` beside a budget, both in nanoseconds.
    fn row(&mut self, row: &str, mut times: Vec<f64>, budget: f64) {
        times.sort_by(f64::total_cmp);
        let ours = times.get(times.len() / 2).copied().unwrap_or(f64::NAN);
        let ratio = ours / budget;
        let met = ratio <= 1.0;
        self.failed |= !met;
        if self.json {
            println!(
                "{}",
                serde_json::json!({ "row": row, "ours_ns": ours, "peer": "budget", "peer_ns": budget, "ratio": ratio, "target": "<= 1.0", "met": met })
            );
        } else {
            let mark = if met { "" } else { "  MISSED" };
            println!("{row:<44} {:>10.3} ms of {:>7.1} ms  {ratio:>6.2}{mark}", ours / 1e6, budget / 1e6);
        }
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let begun = Instant::now();
    let result = black_box(work());
    (result, begun.elapsed().as_nanos() as f64)
}

/// What the page asks for before it shows an opened conversation: what has moved out of the opening must not come back here.
fn first_frame(session: &mut Session) {
    black_box(session.about());
    for height in [640.0, 520.0] {
        let end = session.fit(height).height;
        black_box((session.rows_until(f64::MAX), session.position(0.0), session.nanos(end)));
        let window = ladder::Window {
            width: 900.0,
            height: 640.0,
            top: 0.0,
            zoom: 1.0,
            relative: true,
            lang: Lang::En,
        };
        black_box(session.ladder(window));
        black_box(session.ledger(&ledger::Window { width: 900.0, ..ledger::Window::default() }));
    }
    let end = session.scale().height;
    black_box((session.marks(400), session.running(end), session.variables(end, true, Lang::En)));
    black_box(session.rows(session.rows_until(end).saturating_sub(40), 60, true, Lang::En));
    black_box(session.machine(machine::Window {
        width: 400.0,
        connection: 0,
        position: end,
        lang: Lang::En,
    }));
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    // For a profiler: one run made ready to draw, `--one LOSS SEGMENTS`.
    if let Some([_, loss, segments, ..]) =
        arguments.iter().position(|a| a == "--one").map(|at| &arguments[at..])
    {
        let scenario = bulk(loss, segments.parse().expect("a number"));
        let (run, ran) = timed(|| Run::new(&scenario, &[]).expect("it is right"));
        let (mut session, opened) = timed(|| Session::new(run.shared_trace()));
        let ((), framed) = timed(|| first_frame(&mut session));
        println!(
            "run {:.1} ms, ready to draw {:.1} ms, first frame {:.1} ms, {} events",
            ran / 1e6,
            opened / 1e6,
            framed / 1e6,
            run.trace().len()
        );
        let mut kinds = [0_u32; 256];
        for &kind in &run.trace().columns().kind {
            kinds[usize::from(kind)] += 1;
        }
        for kind in Kind::ALL {
            println!("{:>9} {}", kinds[*kind as usize], kind.name());
        }
        return;
    }
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    let rounds = if has("--quick") { 5 } else { 31 };
    let mut bench = Bench { json: has("--json"), failed: false };
    let only =
        arguments.iter().skip_while(|argument| *argument != "--only").nth(1).cloned().unwrap_or_default();
    let is_wanted = |builtin: &Builtin| format!("run {}", builtin.name).contains(&only);
    if !("bulk".contains(&only) || BUILTINS.iter().any(is_wanted)) {
        eprintln!("--only {only}: no such part; there are bulk, and run NAME for each built-in scenario");
        std::process::exit(2);
    }

    for builtin in BUILTINS.iter().filter(|builtin| is_wanted(builtin)) {
        let times = (0..rounds)
            .map(|_| timed(|| Run::new(&Scenario::from_json(builtin.json).expect("it is right"), &[])).1)
            .collect();
        bench.row(&format!("run {}", builtin.name), times, 2e6);
    }

    for loss in ["0%", "1%"].into_iter().filter(|_| "bulk".contains(&only)) {
        let scenario = bulk(loss, 100_000);
        let (mut runs, mut opens, mut both) = (Vec::new(), Vec::new(), Vec::new());
        let mut last = None;
        for _ in 0..(rounds / 5).max(3) {
            let (run, ran) = timed(|| Run::new(&scenario, &[]).expect("it is right"));
            let (_, opened) = timed(|| Session::new(run.shared_trace()));
            runs.push(ran);
            opens.push(opened);
            both.push(ran + opened);
            last = Some(run);
        }
        let Some(run) = last else { continue };
        let packets = run.trace().tables().packets.len();
        let events = run.trace().len() as u32;
        bench.row(&format!("bulk, {loss} loss: run ({packets} packets, {events} events)"), runs, 150e6);
        bench.row(&format!("bulk, {loss} loss: ready to draw after the run"), opens, 150e6);
        bench.row(&format!("bulk, {loss} loss: run and ready to draw"), both, 150e6);
        let mut seeks = Vec::new();
        for i in 0..(rounds as u32 * 4) {
            let at = EventId((u64::from(events) * u64::from(i * 7919 % 1000) / 1000) as u32);
            seeks.push(timed(|| run.seek(at)).1);
        }
        let worst = seeks.iter().copied().fold(0.0, f64::max);
        bench.row(&format!("seek, median, {loss} loss"), seeks, 15e6);
        bench.row(&format!("seek, slowest, {loss} loss"), vec![worst], 15e6);
        // Octets an event, by the same table: 200 is the budget.
        let memory = run.trace().memory() as f64 / f64::from(events);
        bench.row(&format!("memory, octets an event x 1e6, {loss} loss"), vec![memory * 1e6], 200e6);
    }
    if bench.failed && !bench.json {
        std::process::exit(1);
    }
}
