//! What a load run found, as a table and as JSON.

use std::fmt;

use serde::Serialize;

use super::{BenchArgs, Measured};

/// From this share on the report says that the generator may be what limits the rate.
const BUSY: f64 = 0.9;

/// The result of a run. Times are microseconds.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// `tcp` or `udp`.
    pub transport: &'static str,
    /// The server.
    pub address: String,
    /// The framing.
    pub framing: String,
    /// Connections.
    pub connections: usize,
    /// Messages under way on each.
    pub pipeline: usize,
    /// Bytes of a message.
    pub payload: usize,
    /// Seconds measured.
    pub seconds: f64,
    /// Messages answered.
    pub messages: u64,
    /// Messages answered in a second.
    pub messages_per_second: f64,
    /// Payload bytes answered in a second.
    pub bytes_per_second: f64,
    /// Mean latency.
    pub mean: f64,
    /// Latency that half of the messages kept.
    pub p50: f64,
    /// 90%.
    pub p90: f64,
    /// 99%.
    pub p99: f64,
    /// 99.9%.
    pub p999: f64,
    /// The longest.
    pub max: f64,
    /// Answers that were not what was sent, in upper case or as it was.
    pub wrong: u64,
    /// Datagrams that were not answered in time.
    pub lost: u64,
    /// Connections that broke.
    pub broken: u64,
    /// The generator's own processor time, as a share of its threads' time. Near 1 it is the generator that limits the rate.
    pub busy: f64,
    /// Why the first of them broke.
    pub first_error: Option<String>,
}

impl Report {
    pub(super) fn new(args: &BenchArgs, all: &Measured, busy: f64) -> Self {
        let seconds = args.duration.as_secs_f64();
        let micros = |nanos: u64| nanos as f64 / 1e3;
        let at = |quantile| micros(all.latency.value_at_quantile(quantile));
        Report {
            transport: args.transport.name(),
            address: args.addr.clone(),
            framing: args.framing.clone(),
            connections: args.connections,
            pipeline: args.pipeline,
            payload: args.payload,
            seconds,
            messages: all.messages,
            messages_per_second: all.messages as f64 / seconds,
            bytes_per_second: all.bytes as f64 / seconds,
            mean: all.latency.mean() / 1e3,
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: micros(all.latency.max()),
            wrong: all.wrong,
            lost: all.lost,
            broken: all.broken,
            busy,
            first_error: all.first_error.clone(),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} {} framing {}: {} connections, {} under way on each, {} bytes, {} s",
            self.transport,
            self.address,
            self.framing,
            self.connections,
            self.pipeline,
            self.payload,
            self.seconds
        )?;
        writeln!(f, "  messages/s {:>14.0}", self.messages_per_second)?;
        writeln!(f, "  MB/s       {:>14.2}", self.bytes_per_second / 1e6)?;
        for (name, micros) in [
            ("mean", self.mean),
            ("p50", self.p50),
            ("p90", self.p90),
            ("p99", self.p99),
            ("p99.9", self.p999),
            ("max", self.max),
        ] {
            writeln!(f, "  {name:<10} {micros:>14.1} µs")?;
        }
        let limits = if self.busy > BUSY { " (perhaps the limit: --threads)" } else { "" };
        writeln!(f, "  generator  {:>14.0} % busy{limits}", self.busy * 100.0)?;
        for (name, count) in [
            ("wrong answers", self.wrong),
            ("lost datagrams", self.lost),
            ("broken connections", self.broken),
        ] {
            if count > 0 {
                writeln!(f, "  {name}: {count}")?;
            }
        }
        match &self.first_error {
            Some(error) => writeln!(f, "  the first: {error}"),
            None => Ok(()),
        }
    }
}
