//! What is wrong with a scenario is said with its path, its place, its value and what is allowed, in both languages.

use framewire::lang::Lang;
use framewire::sim::{Scenario, ScenarioError};

/// The scenario that the cases below spoil.
const GOOD: &str = r#"{
  "framewire": 1,
  "hosts": [
    { "name": "client", "tcp": { "mss": 536 }, "programs": [ { "steps": [
      { "do": "socket" },
      { "do": "connect", "to": "server:8000" },
      { "do": "send", "data": "hello" },
      { "do": "recv", "n": 1024 },
      { "do": "loop", "times": 2, "body": [ { "do": "sleep", "time": "1s" } ] },
      { "do": "close" }
    ] } ] },
    { "name": "server" }
  ],
  "network": { "latency": "20ms", "loss": 0.01, "mtu": 1500,
    "script": [ { "do": "drop", "from": "client", "what": "data", "nth": 2 } ] }
}"#;

fn error(from: &str, to: &str) -> ScenarioError {
    assert!(GOOD.contains(from), "{from}");
    match Scenario::from_json(&GOOD.replacen(from, to, 1)) {
        Ok(_) => panic!("{to} was accepted"),
        Err(error) => error,
    }
}

#[test]
fn the_good_one_is_read_and_written_back() {
    let scenario = Scenario::from_json(GOOD).unwrap();
    assert_eq!(Scenario::from_json(&scenario.to_json()).unwrap(), scenario);
}

#[test]
fn every_flaw_names_path_value_and_what_is_allowed() {
    // (what is there, what stands in its place, path, value, a part of the English, a part of the Chinese)
    let cases = [
        ("\"mss\": 536", "\"mms\": 536", "hosts[0].tcp.mms", "536", "no field `mms`", "没有字段 `mms`"),
        ("\"mss\": 536", "\"mss\": \"big\"", "hosts[0].tcp.mss", "\"big\"", "allowed: u16", "0 到 65535"),
        ("\"mss\": 536", "\"mss\": 0", "hosts[0].tcp.mss", "0", "1 to 65495", "1 到 65495"),
        ("0.01", "\"150%\"", "network.loss", "\"150%\"", "from 0 to 1", "0 到 1"),
        ("0.01", "1.5", "network.loss", "1.5", "from 0 to 1", "概率"),
        ("1500", "10", "network.mtu", "10", "68 to 65535", "68 到 65535"),
        ("\"20ms\"", "\"20\"", "network.latency", "\"20\"", "with its unit", "带单位"),
        ("\"20ms\"", "20", "network.latency", "20", "with its unit", "带单位"),
        (
            "\"name\": \"server\"",
            "\"name\": \"client\"",
            "hosts[1].name",
            "\"client\"",
            "names differ",
            "不能相同",
        ),
        (
            "server:8000",
            "sever:8000",
            "hosts[0].programs[0].steps[1].to",
            "\"sever:8000\"",
            "client, server",
            "没有主机 `sever`",
        ),
        (
            "server:8000",
            "server",
            "hosts[0].programs[0].steps[1].to",
            "\"server\"",
            "host and port",
            "主机和端口",
        ),
        (
            "\"n\": 1024",
            "\"times\": 3",
            "hosts[0].programs[0].steps[3]",
            "{ \"do\": \"recv\", \"times\": 3 }",
            "needs the field `n`",
            "需要字段 `n`",
        ),
        (
            "\"n\": 1024",
            "\"n\": 1024, \"port\": 1",
            "hosts[0].programs[0].steps[3].port",
            "1",
            "no use for this field",
            "用不到这个字段",
        ),
        (
            "\"recv\"",
            "\"receive\"",
            "hosts[0].programs[0].steps[3].do",
            "\"receive\"",
            "`receive` is not known here",
            "不认识 `receive`",
        ),
        (
            "\"send\"",
            "\"send\", \"socket\": \"x\"",
            "hosts[0].programs[0].steps[2].socket",
            "\"x\"",
            "no step before",
            "没有步骤创建",
        ),
        (
            "{ \"do\": \"socket\" },",
            "",
            "hosts[0].programs[0].steps[0]",
            "{ \"do\": \"connect\", \"to\": \"server:8000\" }",
            "no socket yet",
            "还没有套接字",
        ),
        (
            "{ \"do\": \"sleep\", \"time\": \"1s\" }",
            "{ \"do\": \"sleep\" }",
            "hosts[0].programs[0].steps[4].body[0]",
            "{ \"do\": \"sleep\" }",
            "needs the field `time`",
            "需要字段 `time`",
        ),
        (
            "{ \"do\": \"close\" }",
            "{ \"do\": \"break\", \"when\": \"eof\" }",
            "hosts[0].programs[0].steps[5].do",
            "\"break\"",
            "no loop here",
            "不在循环中",
        ),
        (
            "{ \"do\": \"close\" }",
            "{ \"do\": \"read-frame\" }",
            "hosts[0].programs[0].steps[5].do",
            "\"read-frame\"",
            "needs a `framing`",
            "`framing`",
        ),
        (
            "\"hello\"",
            "{ \"hex\": \"e4b\" }",
            "hosts[0].programs[0].steps[2].data.hex",
            "\"e4b\"",
            "hexadecimal",
            "十六进制",
        ),
        (
            "\"hello\"",
            "{ \"var\": \"data\" }",
            "hosts[0].programs[0].steps[2].data.var",
            "\"data\"",
            "receives `data`",
            "没有步骤收到数据",
        ),
        ("\"hello\"", "7", "hosts[0].programs[0].steps[2].data", "7", "a text, or an object", "一段文本"),
        (
            "\"from\": \"client\"",
            "\"from\": \"me\"",
            "network.script[0].from",
            "\"me\"",
            "there are: client, server",
            "已有",
        ),
        (
            "\"drop\"",
            "\"delay\"",
            "network.script[0]",
            "{ \"do\": \"delay\", \"from\": \"client\", \"what\": \"data\", \"nth\": 2…",
            "needs the field `by`",
            "需要字段 `by`",
        ),
        ("\"nth\": 2", "\"nth\": 0", "network.script[0].nth", "0", "allowed: 1 to", "应在 1 到"),
        ("\"framewire\": 1", "\"framewire\": 2", "framewire", "2", "allowed: 1", "可用的是 1"),
        (
            "\"framewire\": 1",
            "\"framewire\": 1, \"framing\": \"lenght:u16\"",
            "framing",
            "\"lenght:u16\"",
            "lenght",
            "lenght",
        ),
        (
            "\"name\": \"server\"",
            "\"name\": \"server\", \"address\": \"10.0.0.1\"",
            "hosts[1].address",
            "\"10.0.0.1\"",
            "has this address already",
            "已使用这个地址",
        ),
        (
            "\"name\": \"server\"",
            "\"name\": \"server\", \"address\": \"here\"",
            "hosts[1].address",
            "\"here\"",
            "IP address",
            "IP 地址",
        ),
        (
            "\"latency\"",
            "\"queue\": { \"packets\": 5 }, \"latency\"",
            "network.queue",
            "{ \"packets\": 5 }",
            "needs a `rate`",
            "`rate`",
        ),
        (
            "\"latency\"",
            "\"latency\": \"1s\", \"latency\"",
            "network.latency",
            "\"1s\"",
            "stands here twice",
            "出现了两次",
        ),
    ];
    for (from, to, path, value, en, zh) in cases {
        let error = error(from, to);
        assert_eq!((error.path.as_str(), error.value.as_str()), (path, value), "{to}: {error}");
        let (in_en, in_zh) = (error.message(Lang::En), error.message(Lang::Zh));
        assert!(in_en.contains(en), "{in_en}");
        assert!(in_zh.contains(zh), "{in_zh}");
        assert!(in_en.starts_with(&format!("line {}, column {}: ", error.line, error.column)), "{in_en}");
        assert!(!in_en.contains('\u{1f}') && !in_zh.contains('\u{1f}'));
    }
}

#[test]
fn the_place_is_where_the_value_stands() {
    let error = error("1500", "10");
    let spoilt = GOOD.replacen("1500", "10", 1);
    let line = spoilt.lines().nth(error.line - 1).unwrap();
    let rest: String = line.chars().skip(error.column - 1).collect();
    assert!(rest.starts_with("10,"), "{rest}");
}

#[test]
fn what_is_no_json_is_said_with_its_place() {
    let cut = &GOOD[..GOOD.len() - 2];
    let error = Scenario::from_json(cut).unwrap_err();
    assert!(error.message(Lang::En).contains("not JSON"), "{error}");
    assert!(error.message(Lang::Zh).contains("不是合法的 JSON"));
    let error = Scenario::from_json("{\n  \"framewire\": 1,\n}").unwrap_err();
    assert_eq!((error.line, error.problem(Lang::Zh)), (3, "不是合法的 JSON：最后一项后面多了逗号"));
    assert!(Scenario::from_json(&"[".repeat(10_000)).is_err());
    assert!(Scenario::from_json("").is_err());
}

#[test]
fn any_damage_is_refused_in_both_languages_or_read() {
    for at in 0..GOOD.len() {
        for put in ["", "\"", "{", "]", "9", "-", "x", "中"] {
            let text = format!("{}{put}{}", &GOOD[..at], &GOOD[at + 1..]);
            let Err(error) = Scenario::from_json(&text) else { continue };
            for lang in [Lang::En, Lang::Zh] {
                assert!(!error.problem(lang).is_empty(), "{text}");
            }
            assert!(
                error.line >= 1 && error.line <= GOOD.lines().count() + 1 && error.column >= 1,
                "{error}"
            );
        }
        let cut = Scenario::from_json(&GOOD[..at]).expect_err("a part is no scenario");
        assert!(cut.message(Lang::Zh).starts_with("第 "), "{cut}");
    }
}
