//! The receiving side of ECN: echo congestion until the sender says that it has slowed down (RFC 3168 section 6.1.3).

use crate::probe::{Context, Probe};
use crate::rule::Rule;

/// What the receiver of marks remembers. The sending side answers in recovery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EcnReceiver {
    echo: bool,
}

impl EcnReceiver {
    /// A segment arrived: `ce`: its packet was marked Congestion Experienced; `cwr`: it has the CWR flag.
    pub fn on_segment<P: Probe>(&mut self, cx: &mut Context<'_, P>, ce: bool, cwr: bool) {
        // RFC 3168 section 6.1.3: CWR ends the echo of earlier marks; a mark on that very packet begins it anew.
        let before = self.echo;
        self.echo = ce || self.echo && !cwr;
        if self.echo != before {
            cx.probe.rule(Rule::EcnEcho);
        }
    }

    /// Whether ACKs carry ECE now.
    pub fn echoes(&self) -> bool {
        self.echo
    }
}
