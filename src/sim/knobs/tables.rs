//! The tables of knobs: where each reads its value and its default.

use super::{Group, Kind, Setting};
use crate::sim::scenario::{Congestion, Direction, InitialSequence, Preset, Queue, TcpSettings};
use crate::sim::units::{Chance, Rate, Size, Span, Switch};
use crate::tcp::rtt::RtoFloor;
use crate::tcp::{Config, CongestionAlgorithm, InitialWindow};

pub(super) trait Known {
    fn setting(&self) -> Setting;
}

macro_rules! known {
    ($($of:ty: |$value:ident| $setting:expr;)*) => {
        $(impl Known for $of {
            fn setting(&self) -> Setting {
                let $value = self;
                $setting
            }
        })*
    };
}

known! {
    bool: |on| Setting::On(*on);
    u16: |n| Setting::Number(f64::from(*n));
    u32: |n| Setting::Number(f64::from(*n));
    f64: |n| Setting::Number(*n);
    Span: |span| Setting::Number(span.0.as_nanos() as f64);
    Size: |size| Setting::Number(size.0 as f64);
    Rate: |rate| Setting::Number(rate.0 as f64);
    Chance: |share| Setting::Number(share.0);
    Switch<Span>: |switch| match switch {
        Switch::Off => Setting::Word("off"),
        Switch::On(span) => span.setting(),
    };
    Preset: |preset| Setting::Word(preset.name());
    Congestion: |way| Setting::Word(way.name());
    InitialSequence: |isn| match isn {
        InitialSequence::Random => Setting::Missing,
        InitialSequence::Fixed(n) => n.setting(),
    };
}

pub(super) fn known<T: Known>(value: &Option<T>) -> Setting {
    value.as_ref().map_or(Setting::Missing, Known::setting)
}

fn octets(n: usize) -> Setting {
    Setting::Number(n as f64)
}

fn time(time: crate::time::Duration) -> Setting {
    Setting::Number(time.as_nanos() as f64)
}

pub(super) const MS: f64 = 1e6;
pub(super) const S: f64 = 1e9;

/// A row of a table: field, where it belongs, what it takes, its names, its value, and its default.
pub(super) type Row<T, D> =
    (&'static str, Group, Kind, (&'static str, &'static str), fn(&T) -> Setting, fn(&D) -> Setting);

/// What TCP settings hold.
pub(super) const TCP: &[Row<TcpSettings, Config>] = &[
    (
        "preset",
        Group::Segments,
        Kind::Choice(Preset::NAMES),
        ("defaults", "默认参数"),
        |t| known(&t.preset),
        |_| Setting::Word(Preset::Textbook.name()),
    ),
    (
        "mss",
        Group::Segments,
        Kind::Octets(48.0, 9000.0),
        ("largest segment (MSS)", "最大报文段长度（MSS）"),
        |t| known(&t.mss),
        |c| known(&c.max_mss),
    ),
    (
        "send_buffer",
        Group::Segments,
        Kind::Octets(256.0, 4e6),
        ("send buffer", "发送缓冲区"),
        |t| known(&t.send_buffer),
        |c| octets(c.send_buffer.unwrap_or(c.personality.send_buffer.0)),
    ),
    (
        "receive_buffer",
        Group::Segments,
        Kind::Octets(256.0, 4e6),
        ("receive buffer", "接收缓冲区"),
        |t| known(&t.receive_buffer),
        |c| octets(c.receive_buffer.unwrap_or(c.personality.receive_buffer.0)),
    ),
    (
        "nagle",
        Group::Segments,
        Kind::Switch,
        ("Nagle's algorithm", "Nagle 算法"),
        |t| known(&t.nagle),
        |c| Setting::On(!c.nodelay),
    ),
    (
        "delayed_ack",
        Group::Segments,
        Kind::TimeOrOff(0.0, 499.0 * MS),
        ("delayed ACK", "延迟确认"),
        |t| known(&t.delayed_ack),
        |c| if c.features.delayed_ack { time(c.personality.acks.delay) } else { Setting::Word("off") },
    ),
    (
        "sws_avoidance",
        Group::Segments,
        Kind::Switch,
        ("silly-window avoidance", "避免糊涂窗口"),
        |t| known(&t.sws_avoidance),
        |c| Setting::On(c.features.sws_avoidance),
    ),
    (
        "window_scale",
        Group::Segments,
        Kind::Switch,
        ("window scaling", "窗口扩大选项"),
        |t| known(&t.window_scale),
        |c| Setting::On(c.features.window_scaling),
    ),
    (
        "timestamps",
        Group::Segments,
        Kind::Switch,
        ("timestamps", "时间戳选项"),
        |t| known(&t.timestamps),
        |c| Setting::On(c.features.timestamps),
    ),
    (
        "congestion",
        Group::Recovery,
        Kind::Choice(Congestion::NAMES),
        ("congestion control", "拥塞控制"),
        |t| known(&t.congestion),
        |c| {
            Setting::Word(match c.congestion {
                CongestionAlgorithm::None => Congestion::None.name(),
                CongestionAlgorithm::Reno => Congestion::Reno.name(),
                CongestionAlgorithm::Cubic => Congestion::Cubic.name(),
            })
        },
    ),
    (
        "initial_window",
        Group::Recovery,
        Kind::Count(1.0, 64.0),
        ("initial window (segments)", "初始拥塞窗口（报文段数）"),
        |t| known(&t.initial_window),
        |c| match c.personality.initial_window {
            InitialWindow::Segments(n) | InitialWindow::Rfc6928(n) => n.setting(),
            _ => Setting::Missing,
        },
    ),
    (
        "sack",
        Group::Recovery,
        Kind::Switch,
        ("selective ACK (SACK)", "选择确认（SACK）"),
        |t| known(&t.sack),
        |c| Setting::On(c.features.sack),
    ),
    (
        "fast_retransmit",
        Group::Recovery,
        Kind::Switch,
        ("fast retransmit", "快速重传"),
        |t| known(&t.fast_retransmit),
        |c| Setting::On(c.features.fast_retransmit),
    ),
    (
        "rack",
        Group::Recovery,
        Kind::Switch,
        ("RACK and tail loss probe", "RACK 与尾部丢失探测"),
        |t| known(&t.rack),
        |c| Setting::On(c.features.rack),
    ),
    (
        "ecn",
        Group::Recovery,
        Kind::Switch,
        ("congestion notification (ECN)", "显式拥塞通知（ECN）"),
        |t| known(&t.ecn),
        |c| Setting::On(c.features.ecn),
    ),
    (
        "initial_rto",
        Group::Recovery,
        Kind::Time(100.0 * MS, 10.0 * S),
        ("first time-out (RTO)", "初始超时时间（RTO）"),
        |t| known(&t.initial_rto),
        |c| time(c.personality.rtt.initial_rto),
    ),
    (
        "min_rto",
        Group::Recovery,
        Kind::Time(1.0 * MS, 10.0 * S),
        ("shortest time-out", "最短超时时间"),
        |t| known(&t.min_rto),
        |c| match c.personality.rtt.floor {
            RtoFloor::Rto(rto) => time(rto),
            _ => Setting::Missing,
        },
    ),
    (
        "max_rto",
        Group::Recovery,
        Kind::Time(1.0 * S, 120.0 * S),
        ("longest time-out", "最长超时时间"),
        |t| known(&t.max_rto),
        |c| time(c.personality.rtt.max_rto),
    ),
    (
        "retries",
        Group::Recovery,
        Kind::Count(0.0, 20.0),
        ("retransmissions before giving up", "放弃前的重传次数"),
        |t| known(&t.retries),
        |c| c.personality.retries_r2.setting(),
    ),
    (
        "syn_retries",
        Group::Life,
        Kind::Count(0.0, 20.0),
        ("SYN retransmissions", "SYN 重传次数"),
        |t| known(&t.syn_retries),
        |c| c.personality.syn_retries.setting(),
    ),
    (
        "isn",
        Group::Life,
        Kind::Count(0.0, 4_294_967_295.0),
        ("initial sequence number", "初始序号"),
        |t| known(&t.isn),
        |c| c.iss.map_or(Setting::Missing, |iss| iss.0.setting()),
    ),
    (
        "time_wait",
        Group::Life,
        Kind::Time(0.0, 240.0 * S),
        ("TIME-WAIT (2 MSL)", "TIME-WAIT 时长（2 MSL）"),
        |t| known(&t.time_wait),
        |c| time(c.personality.msl * 2),
    ),
    (
        "path_mtu_life",
        Group::Life,
        Kind::Time(300.0 * S, 3600.0 * S),
        ("path MTU counts for", "路径 MTU 有效期"),
        |t| known(&t.path_mtu_life),
        |c| c.personality.path_mtu_life.map_or(Setting::Missing, time),
    ),
    (
        "keep_alive_idle",
        Group::Life,
        Kind::Time(1.0 * S, 7200.0 * S),
        ("keep-alive: idle time", "保活：空闲时间"),
        |t| known(&t.keep_alive_idle),
        |c| time(c.personality.keepalive_idle),
    ),
    (
        "keep_alive_interval",
        Group::Life,
        Kind::Time(1.0 * S, 120.0 * S),
        ("keep-alive: between probes", "保活：探测间隔"),
        |t| known(&t.keep_alive_interval),
        |c| time(c.personality.keepalive_interval),
    ),
    (
        "keep_alive_count",
        Group::Life,
        Kind::Count(1.0, 20.0),
        ("keep-alive: probes", "保活：探测次数"),
        |t| known(&t.keep_alive_count),
        |c| c.personality.keepalive_probes.setting(),
    ),
    (
        "user_timeout",
        Group::Life,
        Kind::Time(1.0 * S, 600.0 * S),
        ("user time-out", "用户超时"),
        |t| known(&t.user_timeout),
        |c| c.user_timeout.map_or(Setting::Missing, time),
    ),
];

const ZERO: Setting = Setting::Number(0.0);

/// What the network does to packets. The default is told of the latency, of which others follow.
pub(super) const NETWORK: &[Row<Direction, f64>] = &[
    (
        "latency",
        Group::Network,
        Kind::Time(0.0, 2.0 * S),
        ("latency", "单向时延"),
        |d| known(&d.latency),
        |latency| Setting::Number(*latency),
    ),
    (
        "jitter",
        Group::Network,
        Kind::Time(0.0, 1.0 * S),
        ("jitter", "时延抖动"),
        |d| known(&d.jitter),
        |_| ZERO,
    ),
    (
        "jitter_reorders",
        Group::Network,
        Kind::Switch,
        ("jitter reorders", "抖动导致失序"),
        |d| known(&d.jitter_reorders),
        |_| Setting::On(false),
    ),
    (
        "rate",
        Group::Network,
        Kind::Rate(1e3, 1e10),
        ("rate", "速率"),
        |d| known(&d.rate),
        |_| Setting::Missing,
    ),
    ("loss", Group::Network, Kind::Share(0.0, 1.0), ("loss", "丢包率"), |d| known(&d.loss), |_| ZERO),
    (
        "loss_burst",
        Group::Network,
        Kind::Count(1.0, 50.0),
        ("packets lost in a row", "连续丢包的平均个数"),
        |d| known(&d.loss_burst),
        |_| Setting::Number(1.0),
    ),
    (
        "duplicate",
        Group::Network,
        Kind::Share(0.0, 1.0),
        ("duplication", "重复率"),
        |d| known(&d.duplicate),
        |_| ZERO,
    ),
    (
        "reorder",
        Group::Network,
        Kind::Share(0.0, 1.0),
        ("reordering", "失序率"),
        |d| known(&d.reorder),
        |_| ZERO,
    ),
    (
        "reorder_by",
        Group::Network,
        Kind::Time(0.0, 2.0 * S),
        ("delay of what is overtaken", "失序分组的额外时延"),
        |d| known(&d.reorder_by),
        |latency| Setting::Number(*latency),
    ),
    (
        "corrupt",
        Group::Network,
        Kind::Share(0.0, 1.0),
        ("corruption", "误码率"),
        |d| known(&d.corrupt),
        |_| ZERO,
    ),
    (
        "mtu",
        Group::Network,
        Kind::Octets(68.0, 65_535.0),
        ("largest packet (MTU)", "最大传输单元（MTU）"),
        |d| known(&d.mtu),
        |_| Setting::Number(1500.0),
    ),
];

/// What the queue before a link holds; without bounds it is endless, without a mark it marks nothing.
pub(super) const QUEUE: &[Row<Queue, ()>] = &[
    (
        "packets",
        Group::Network,
        Kind::Count(1.0, 10_000.0),
        ("queue, packets", "队列长度（分组）"),
        |q| known(&q.packets),
        |()| Setting::Missing,
    ),
    (
        "bytes",
        Group::Network,
        Kind::Octets(100.0, 1e8),
        ("queue, octets", "队列长度（字节）"),
        |q| known(&q.bytes),
        |()| Setting::Missing,
    ),
    (
        "mark",
        Group::Network,
        Kind::Octets(0.0, 1e8),
        ("ECN marks above", "超过此长度时做 ECN 标记"),
        |q| known(&q.mark),
        |()| Setting::Missing,
    ),
];
