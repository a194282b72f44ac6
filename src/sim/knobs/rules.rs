//! The rules that a scenario can break on purpose, as switches.

use crate::sim::scenario::{Break, Scenario};

/// A rule that can be broken on purpose, and what it then says, in English and in Chinese.
pub const RULES: &[(Break, &str, &str)] = &[
    (Break::TwoWayHandshake, "two-way handshake", "只用两次握手"),
    (Break::NoTimeWait, "no TIME-WAIT", "没有 TIME-WAIT"),
    (Break::NoRetransmission, "no retransmission", "不重传"),
    (Break::NeverMergeAckAndFin, "ACK and FIN never share a segment", "ACK 与 FIN 从不合并"),
    (Break::NeverPiggyback, "data and ACK never share a segment", "不捎带确认"),
    (Break::NoReassemblyQueue, "out-of-order segments are thrown away", "丢弃失序的报文段"),
    (Break::IgnorePeerWindow, "the peer's window is ignored", "不理会对方的窗口"),
    (Break::NoWindowProbe, "a zero window is never probed", "零窗口时不探测"),
    (Break::NoBackoff, "the time-out does not double", "超时时间不加倍"),
    (Break::NoKarn, "RTT measured from retransmissions too", "重传的报文段也用来测 RTT"),
];

/// The scenario with a rule broken or kept: by one host, or by all (`None`; kept by all, no host breaks it any more).
pub fn with_break(scenario: &Scenario, rule: Break, host: Option<&str>, broken: bool) -> Scenario {
    let mut changed = scenario.clone();
    let put = |breaks: &mut Vec<Break>, on: bool| {
        breaks.retain(|known| *known != rule);
        if on {
            breaks.push(rule);
        }
    };
    let Some(name) = host else {
        put(&mut changed.tcp.breaks, broken);
        changed.hosts.iter_mut().for_each(|host| put(&mut host.tcp.breaks, false));
        return changed;
    };
    let of_all = changed.tcp.breaks.contains(&rule);
    put(&mut changed.tcp.breaks, of_all && broken);
    for host in &mut changed.hosts {
        let on = if host.name == name { broken } else { of_all || host.tcp.breaks.contains(&rule) };
        put(&mut host.tcp.breaks, on && !(of_all && broken));
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::builtin;

    #[test]
    fn rules_are_broken_by_one_host_or_by_all() {
        let breaks = |scenario: &Scenario| {
            let of = |host: &crate::sim::scenario::Host| host.tcp.over(&scenario.tcp).breaks;
            scenario.hosts.iter().map(|host| of(host).contains(&Break::NoBackoff)).collect::<Vec<_>>()
        };
        let plain = builtin("hello-tcp").unwrap();
        let all = with_break(&plain, Break::NoBackoff, None, true);
        assert_eq!(breaks(&all), [true, true]);
        let one = with_break(&all, Break::NoBackoff, Some("client"), false);
        assert_eq!(breaks(&one), [false, true]);
        assert_eq!(breaks(&with_break(&one, Break::NoBackoff, Some("client"), true)), [true, true]);
        assert_eq!(breaks(&with_break(&plain, Break::NoBackoff, Some("server"), true)), [false, true]);
        assert_eq!(with_break(&one, Break::NoBackoff, None, false), plain);
    }

    #[test]
    fn every_rule_is_there_under_its_name() {
        let plain = builtin("hello-tcp").unwrap();
        for (rule, en, zh) in RULES {
            let name = rule.name();
            let written = with_break(&plain, *rule, None, true).to_json();
            assert!(written.contains(&format!("\"{name}\"")), "{written}");
            assert!(en.is_ascii() && !zh.is_ascii(), "{name}");
        }
        let all: std::collections::BTreeSet<Break> = RULES.iter().map(|row| row.0).collect();
        assert_eq!((all.len(), RULES.len()), (Break::NAMES.len(), 10));
    }
}
