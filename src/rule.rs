//! One name for each protocol rule, with the document and section that demand it.
//!
//! An endpoint tells its [probe](crate::probe::Probe) which rule made it act; the page turns the name into a
//! sentence and a link. To add a rule, add a row to the table at the end of this file: name, source, section, title in
//! English, title in Chinese.

/// Where a rule is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// An RFC by number.
    Rfc(u16),
    /// What Linux does beyond or beside the RFCs, by manual page.
    Linux(&'static str),
}

/// What is known of a rule; see [`Rule::info`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleInfo {
    /// The variant's name, stable: it stands in traces and links.
    pub name: &'static str,
    /// The document.
    pub source: Source,
    /// The section within it (`"3.10.7.4"`), empty for a whole document.
    pub section: &'static str,
    /// What the rule says, in one English phrase.
    pub en: &'static str,
    /// What the rule says, in one Chinese phrase.
    pub zh: &'static str,
}

impl RuleInfo {
    /// Where to read it, for example `https://www.rfc-editor.org/rfc/rfc9293.html#section-3.5`.
    pub fn url(&self) -> String {
        match (self.source, self.section) {
            (Source::Rfc(n), "") => format!("https://www.rfc-editor.org/rfc/rfc{n}.html"),
            (Source::Rfc(n), section) if section.starts_with(|c: char| c.is_ascii_uppercase()) => {
                format!("https://www.rfc-editor.org/rfc/rfc{n}.html#appendix-{section}")
            }
            (Source::Rfc(n), section) => {
                format!("https://www.rfc-editor.org/rfc/rfc{n}.html#section-{section}")
            }
            (Source::Linux(page), _) => format!("https://man7.org/linux/man-pages/man7/{page}.7.html"),
        }
    }

    /// How it is cited: `RFC 9293 §3.5`, `tcp(7)`.
    pub fn citation(&self) -> String {
        match (self.source, self.section) {
            (Source::Rfc(n), "") => format!("RFC {n}"),
            (Source::Rfc(n), section) => format!("RFC {n} §{section}"),
            (Source::Linux(page), _) => format!("{page}(7)"),
        }
    }
}

macro_rules! rules {
    ($($name:ident: $source:expr, $section:literal, $en:literal, $zh:literal;)*) => {
        /// A protocol rule. [`Rule::info`] says where it is written and what it demands.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Rule {
            $(#[doc = $en] $name,)*
        }

        impl Rule {
            /// Every rule, in the order of the table.
            pub const ALL: &[Rule] = &[$(Rule::$name),*];

            const INFO: &[RuleInfo] = &[$(RuleInfo {
                name: stringify!($name), source: $source, section: $section, en: $en, zh: $zh,
            }),*];
        }
    };
}

impl Rule {
    /// Name, source and titles.
    pub fn info(self) -> &'static RuleInfo {
        &Rule::INFO[self as usize]
    }

    /// The rule of that stable name, if there is one.
    pub fn from_name(name: &str) -> Option<Rule> {
        Rule::ALL.iter().copied().find(|rule| rule.info().name == name)
    }
}

use Source::Rfc;

// Rows in the order of RFC number and section.
rules! {
    UdpDatagram: Rfc(768), "", "a datagram is sent as it is handed over, whole", "数据报原样整体发送";
    Fragmented: Rfc(791), "3.2", "larger than the link takes: the packet is cut into fragments", "超过链路 MTU：数据报被分片";
    TimeExceeded: Rfc(792), "", "the time to live ran out on the way: ICMP tells the sender", "生存时间耗尽：用 ICMP 通知源主机";
    ReassemblyTimeExceeded: Rfc(792), "", "a fragment was missing for too long: ICMP tells the sender", "分片未在时限内到齐：用 ICMP 通知源主机";
    ProtocolUnreachable: Rfc(1122), "3.2.2.1", "the host does not speak this protocol: ICMP tells the sender", "主机不支持该协议：用 ICMP 通知源主机";
    PortUnreachable: Rfc(1122), "4.1.3.1", "nobody listens at this port: ICMP port unreachable", "该端口无人接收：回 ICMP 端口不可达";
    KeepAliveProbe: Rfc(1122), "4.2.3.6", "an idle connection is probed: is the peer still there?", "连接空闲：发送保活探测，看对方是否还在";
    KeepAliveFailed: Rfc(1122), "4.2.3.6", "no keep-alive probe was answered: the connection is given up", "保活探测都没有回应：放弃连接";
    UdpErrorReported: Rfc(1122), "4.1.3.3", "an ICMP error about a connected socket's datagram is told to its application", "与已连接套接字的数据报有关的 ICMP 差错要报告给应用程序";
    TooBigReported: Rfc(1191), "4", "too big for the next link and not to be fragmented: ICMP tells the MTU", "超过下一链路 MTU 且不许分片：用 ICMP 告知 MTU";
    PathMtuReduced: Rfc(1191), "6.3", "a router reports a smaller MTU: segments shrink to fit", "路由器报告更小的 MTU：缩小报文段";
    PathMtuAged: Rfc(1191), "6.3", "nothing has lowered the path MTU for long: the first link's MTU is tried again", "路径 MTU 久未下调：改回第一段链路的 MTU 再试";
    NoRoute: Rfc(1812), "5.2.7.1", "no route to the destination: ICMP tells the sender", "没有到目的地的路由：用 ICMP 通知源主机";
    SackExpunge: Rfc(2018), "8", "a receiver may renege: after a time-out the sender forgets what was SACKed", "接收方可能反悔：超时后发送方丢弃 SACK 信息";
    SackGenerate: Rfc(2018), "4", "the first SACK block holds the segment that caused this ACK, the others repeat the most recent ones", "第一个 SACK 块包含触发本次 ACK 的报文段，其余块重复最近报告过的块";
    SackScoreboard: Rfc(2018), "5", "the sender marks what SACK blocks cover and does not retransmit it", "发送方记下 SACK 块覆盖的数据，不再重传它们";
    UnreadDataLost: Rfc(2525), "2.17", "closed with received data unread: RST tells the peer that it was lost", "关闭时还有未读数据：发送 RST，告知数据已丢失";
    DuplicateSack: Rfc(2883), "4", "the first SACK block reports a segment received twice (D-SACK)", "第一个 SACK 块报告重复收到的数据（D-SACK）";
    LimitedTransmit: Rfc(3042), "2", "the first two duplicate ACKs each let one new segment out", "前两个重复 ACK 各允许发送一个新报文段（受限传输）";
    EcnResponse: Rfc(3168), "6.1.2", "an ACK with ECE halves the congestion window once a round trip, and CWR answers it", "收到带 ECE 的 ACK：每个往返时间内减小一次拥塞窗口，并以 CWR 应答";
    EcnWindowOfOne: Rfc(3168), "6.1.2", "with a window of one segment, ECE holds new data back until the retransmission timer expires", "拥塞窗口只有一个报文段时，ECE 使新数据等到重传定时器到期";
    WindowReducedSent: Rfc(3168), "6.1.2", "CWR tells the peer that its ECE was heard", "用 CWR 告诉对方已响应 ECE";
    EcnEcho: Rfc(3168), "6.1.3", "a CE mark is echoed with ECE on every ACK until CWR comes", "收到 CE 标记后，每个 ACK 都带 ECE，直到收到 CWR";
    UserTimeout: Rfc(5482), "3", "data stayed unacknowledged for the user time-out: the connection is given up", "数据在用户超时时间内未被确认：放弃连接";
    SlowStart: Rfc(5681), "3.1", "slow start: the congestion window grows by at most one segment for each ACK", "慢启动：每个 ACK 使拥塞窗口最多增加一个报文段";
    CongestionAvoidance: Rfc(5681), "3.1", "congestion avoidance: one segment more each round trip", "拥塞避免：每个往返时间增加一个报文段";
    LossWindow: Rfc(5681), "3.1", "after a time-out the congestion window is one segment and ssthresh half of what was in flight", "超时后拥塞窗口降为一个报文段，慢启动门限降为在途数据的一半";
    DuplicateAck: Rfc(5681), "2", "an ACK that repeats the last one while data are outstanding is a duplicate", "仍有数据未确认时，重复上一个确认号的 ACK 是重复 ACK";
    FastRetransmit: Rfc(5681), "3.2", "three duplicate ACKs: retransmit at once (fast retransmit)", "收到三个重复 ACK：立即重传（快速重传）";
    FastRecovery: Rfc(5681), "3.2", "fast recovery: ssthresh is half of what was in flight, each further duplicate ACK inflates the window", "快速恢复：慢启动门限取在途数据的一半，每多一个重复 ACK 窗口膨胀一个报文段";
    FastRecoveryEnd: Rfc(5681), "3.2", "an ACK of new data ends fast recovery: the congestion window falls back to ssthresh", "新数据被确认：快速恢复结束，拥塞窗口回到慢启动门限";
    RestartAfterIdle: Rfc(5681), "4.1", "after an idle time longer than the RTO the congestion window restarts from the initial window", "空闲超过 RTO 后，拥塞窗口回到初始窗口重新开始";
    FrtoSpurious: Rfc(5682), "3.1", "the ACKs after a time-out show that nothing was lost: the time-out was spurious", "超时后的 ACK 表明数据并未丢失：这是一次虚假超时";
    ResetChallenged: Rfc(5961), "3.2", "RST within the window but not at RCV.NXT: a challenge ACK asks for proof", "RST 在窗口内但不等于 RCV.NXT：用挑战 ACK 要求证实";
    SynChallenged: Rfc(5961), "4.2", "SYN on a synchronized connection: a challenge ACK asks for proof", "已同步的连接收到 SYN：用挑战 ACK 要求证实";
    AckChallenged: Rfc(5961), "5.2", "an acknowledgment out of range: a challenge ACK, and the segment is dropped", "确认号超出范围：发送挑战 ACK 并丢弃报文段";
    ChallengeLimited: Rfc(5961), "7", "enough challenge ACKs for this second", "这一秒内的挑战 ACK 已达上限";
    TimeWaitReused: Rfc(6191), "2", "a newer SYN takes over the connection in TIME-WAIT", "更新的 SYN 接管 TIME-WAIT 中的连接";
    RtoInitial: Rfc(6298), "2.1", "before the first measurement the RTO has its initial value", "首次测量之前，RTO 取初始值";
    RttFirstSample: Rfc(6298), "2.2", "the first measurement R: SRTT = R, RTTVAR = R/2", "第一个测量值 R：SRTT = R，RTTVAR = R/2";
    RttSample: Rfc(6298), "2.3", "a further measurement is smoothed into SRTT and RTTVAR", "后续测量值平滑计入 SRTT 和 RTTVAR";
    KarnAlgorithm: Rfc(6298), "3", "a segment that was retransmitted gives no RTT sample (Karn's algorithm)", "重传过的报文段不作为 RTT 样本（Karn 算法）";
    RtoStart: Rfc(6298), "5.1", "data are sent and the retransmission timer does not run: start it", "发送数据时重传定时器未运行：启动它";
    RtoStop: Rfc(6298), "5.2", "all data are acknowledged: the retransmission timer stops", "全部数据已确认：停止重传定时器";
    RtoRestart: Rfc(6298), "5.3", "new data are acknowledged: the retransmission timer starts again", "新数据被确认：重传定时器重新计时";
    RtoExpired: Rfc(6298), "5.4", "the retransmission timer expired: retransmit the earliest unacknowledged segment", "重传定时器到期：重传最早的未确认报文段";
    RtoBackoff: Rfc(6298), "5.5", "the RTO doubles at each expiry (back off)", "每次超时 RTO 加倍（退避）";
    RtoAfterSynTimeout: Rfc(6298), "5.7", "the SYN timed out: data begin with an RTO of 3 s", "SYN 曾超时：开始传数据时 RTO 重设为 3 秒";
    InitialSequence: Rfc(6528), "3", "the initial sequence number: a clock plus a keyed hash of both ends", "初始序号：时钟加上两端地址的带密钥散列";
    PartialAck: Rfc(6582), "3.2", "a partial ACK: the next segment was lost too, retransmit it and stay in recovery (NewReno)", "部分确认：下一个报文段也丢失了，重传它并继续恢复（NewReno）";
    FullAck: Rfc(6582), "3.2", "all that was outstanding at the loss is acknowledged: recovery ends (NewReno)", "丢失时在途的数据全部确认：恢复结束（NewReno）";
    SackIsLost: Rfc(6675), "4", "three SACKed pieces or enough SACKed bytes above a segment: it is lost", "某报文段之后已有三段或足够多的数据被 SACK：判定它丢失";
    SackRecoveryEnter: Rfc(6675), "5", "loss is found from SACK: recovery begins and lasts until all sent so far is acknowledged", "由 SACK 判定丢失：进入恢复，直到此前发送的数据全部确认";
    SackRecoveryExit: Rfc(6675), "5", "the recovery point is acknowledged: recovery ends", "恢复点已确认：恢复结束";
    SackNextLost: Rfc(6675), "4", "NextSeg 1: retransmit the first lost segment that was not yet retransmitted", "NextSeg 规则 1：重传第一个尚未重传的丢失报文段";
    SackNextSpeculative: Rfc(6675), "4", "NextSeg 3: retransmit a hole below the highest SACK that is not yet held for lost", "NextSeg 规则 3：重传最高 SACK 之下尚未判定丢失的空洞";
    SackRescue: Rfc(6675), "4", "NextSeg 4: a rescue retransmission of the last segment", "NextSeg 规则 4：抢救性重传最后一个报文段";
    SackRtoInRecovery: Rfc(6675), "5.1", "a time-out: recovery from SACK gives way to slow start, and no new recovery before RecoveryPoint", "超时：SACK 恢复让位于慢启动，确认到恢复点之前不再进入新的恢复";
    InitialWindow: Rfc(6928), "2", "the initial window is up to ten segments", "初始窗口最多十个报文段";
    WindowScaled: Rfc(7323), "2.2", "both SYNs carry a window scale: windows are shifted", "双方 SYN 都带窗口扩大选项：窗口按位移放大";
    TimestampMissing: Rfc(7323), "3.2", "a segment without the timestamps agreed on is dropped", "缺少已协商的时间戳：丢弃报文段";
    TimestampRecorded: Rfc(7323), "4.3", "the peer's timestamp will be echoed", "记录对方的时间戳，以便回显";
    PawsRejected: Rfc(7323), "5.3", "an old timestamp: a segment of the past is dropped and answered by ACK", "时间戳过旧：丢弃过去的报文段并回 ACK";
    WindowNotValidated: Rfc(7661), "4.3", "the sender does not use its congestion window: it does not grow", "发送方没有用满拥塞窗口：窗口不再增长";
    WindowValidationLoss: Rfc(7661), "4.4.1", "loss while the window was not validated: go back to what was really in use", "未经验证的窗口下发生丢失：窗口退回到实际使用的大小";
    WindowValidationExpired: Rfc(7661), "4.4.2", "the window was not used for five minutes: it is halved", "窗口长达五分钟没有用满：减半";
    RackLost: Rfc(8985), "6.2", "a segment sent later was delivered and the reordering window is over: lost (RACK)", "更晚发送的报文段已送达且乱序窗口已过：判定丢失（RACK）";
    RackReorderingTimer: Rfc(8985), "6.2", "wait for the reordering window before calling a segment lost (RACK)", "判定丢失之前先等待乱序窗口（RACK）";
    RackReorderingWindow: Rfc(8985), "6.2", "D-SACK shows reordering: the reordering window grows (RACK)", "D-SACK 表明发生了乱序：乱序窗口增大（RACK）";
    RackTimeout: Rfc(8985), "6.3", "after a time-out only the segments overdue are lost (RACK)", "超时后只把逾期的报文段判定为丢失（RACK）";
    TailLossProbeArm: Rfc(8985), "7.2", "about two round trips without an ACK will send a tail loss probe", "约两个往返时间没有 ACK 就发送尾部丢失探测";
    TailLossProbe: Rfc(8985), "7.3", "a tail loss probe: new data or the last segment once more", "尾部丢失探测：发送新数据或重发最后一个报文段";
    TailLossRepaired: Rfc(8985), "7.4", "the tail loss probe repaired a loss: the window is reduced", "尾部丢失探测修复了一次丢失：减小拥塞窗口";
    SimultaneousOpen: Rfc(9293), "3.5", "both sides sent SYN: simultaneous open", "双方同时发送 SYN：同时打开";
    HalfOpenReset: Rfc(9293), "3.5.1", "a segment that fits no state of this handshake is answered by RST", "报文段与本次握手不符：回 RST";
    ResetReply: Rfc(9293), "3.5.2", "a segment for no connection is answered by RST", "没有对应的连接：回 RST";
    ResetReceived: Rfc(9293), "3.5.3", "a valid RST: the connection is gone", "收到有效的 RST：连接终止";
    SimultaneousClose: Rfc(9293), "3.6", "both sides sent FIN: simultaneous close", "双方同时发送 FIN：同时关闭";
    LateData: Rfc(9293), "3.6.1", "data arrives after the application has closed: RST", "应用已关闭后仍有数据到达：发送 RST";
    TimeWaitStarted: Rfc(9293), "3.6.1", "the side that closed first waits 2 MSL in TIME-WAIT", "先关闭的一方在 TIME-WAIT 等待 2 MSL";
    DefaultMss: Rfc(9293), "3.7.1", "no MSS option: 536 octets (IPv6: 1220)", "没有 MSS 选项：按 536 字节（IPv6 为 1220）";
    MssOption: Rfc(9293), "3.7.1", "the MSS option bounds the size of segments", "MSS 选项限定报文段大小";
    NagleHolds: Rfc(9293), "3.7.4", "Nagle: a small segment waits while data is unacknowledged", "Nagle 算法：有未确认数据时小报文段等待";
    Retransmitted: Rfc(9293), "3.8.1", "what was not acknowledged is sent again", "未被确认的数据重新发送";
    RetriesR1: Rfc(9293), "3.8.3", "R1 retransmissions: IP and the application are told", "重传次数达到 R1：通知 IP 和应用";
    RetriesR2: Rfc(9293), "3.8.3", "R2 retransmissions: the connection is given up", "重传次数达到 R2：放弃连接";
    UrgentSent: Rfc(9293), "3.8.5", "the urgent pointer tells where urgent data ends", "用紧急指针指出紧急数据的结尾";
    UrgentReceived: Rfc(9293), "3.8.5", "the peer has urgent data: the application is told", "对方有紧急数据：通知应用";
    ZeroWindow: Rfc(9293), "3.8.6.1", "the peer's window is zero: sending stops, the persist timer starts", "对方窗口为零：停止发送，启动持续计时器";
    ZeroWindowProbe: Rfc(9293), "3.8.6.1", "a zero window is probed, ever more seldom", "探测零窗口，间隔逐次加倍";
    SwsSender: Rfc(9293), "3.8.6.2.1", "silly window: the sender waits for room for a full segment", "糊涂窗口：发送方等到能发送完整报文段";
    SwsOverride: Rfc(9293), "3.8.6.2.1", "the sender has waited long enough: the small segment goes out", "发送方等待超时：发出小报文段";
    SwsReceiver: Rfc(9293), "3.8.6.2.2", "silly window: the receiver does not offer a sliver", "糊涂窗口：接收方不通告过小的窗口";
    WindowOpened: Rfc(9293), "3.8.6.2.2", "the application has read: the larger window is told", "应用读走数据：通告更大的窗口";
    AckDelayed: Rfc(9293), "3.8.6.3", "the acknowledgment waits for company", "延迟确认：等待搭载";
    AckEverySecond: Rfc(9293), "3.8.6.3", "every second full-sized segment is acknowledged at once", "每收到两个完整报文段立即确认";
    AckTimerExpired: Rfc(9293), "3.8.6.3", "the acknowledgment has waited long enough", "延迟确认的计时器到期";
    SoftError: Rfc(9293), "3.9.2.2", "ICMP reports a problem that may pass: the application may learn of it", "ICMP 报告可能暂时的问题：通知应用";
    HardError: Rfc(9293), "3.9.2.2", "ICMP: protocol or port unreachable: the connection is aborted", "ICMP：协议或端口不可达：终止连接";
    SourceQuenchIgnored: Rfc(9293), "3.9.2.2", "ICMP source quench is ignored", "忽略 ICMP 源点抑制";
    ActiveOpen: Rfc(9293), "3.10.1", "an active OPEN sends SYN", "主动打开：发送 SYN";
    PassiveOpen: Rfc(9293), "3.10.1", "a passive OPEN waits in LISTEN", "被动打开：在 LISTEN 状态等待";
    SendCall: Rfc(9293), "3.10.2", "SEND hands octets to the send buffer", "SEND：把数据放入发送缓冲区";
    DataSent: Rfc(9293), "3.10.2", "data is sent, as far as the windows allow", "在窗口允许的范围内发送数据";
    ReceiveCall: Rfc(9293), "3.10.3", "RECEIVE takes octets from the receive buffer", "RECEIVE：从接收缓冲区取走数据";
    CloseCall: Rfc(9293), "3.10.4", "CLOSE: no more data from here; FIN follows what is queued", "CLOSE：不再发送数据，队列发完后发送 FIN";
    FinSent: Rfc(9293), "3.10.4", "all data is sent: FIN", "数据已全部发出：发送 FIN";
    AbortCall: Rfc(9293), "3.10.5", "ABORT: everything is dropped and RST is sent", "ABORT：丢弃一切并发送 RST";
    SynReceived: Rfc(9293), "3.10.7.2", "SYN in LISTEN is answered by SYN, ACK", "LISTEN 收到 SYN：回 SYN,ACK";
    SynAcknowledged: Rfc(9293), "3.10.7.3", "our SYN is acknowledged and the peer's has come: ESTABLISHED", "我方 SYN 已被确认，对方 SYN 也已到达：进入 ESTABLISHED";
    SynSentRefused: Rfc(9293), "3.10.7.3", "RST answers our SYN: connection refused", "SYN 得到 RST：连接被拒绝";
    HandshakeCompleted: Rfc(9293), "3.10.7.4", "the acknowledgment of our SYN has come: ESTABLISHED", "我方 SYN 已被确认：进入 ESTABLISHED";
    SynRepeated: Rfc(9293), "3.10.7.4", "the peer's SYN comes again: our SYN, ACK was lost, it is sent again", "对方重发 SYN：我方的 SYN,ACK 丢失，重新发送";
    Unacceptable: Rfc(9293), "3.10.7.4", "outside the receive window: dropped, and answered by ACK", "不在接收窗口内：丢弃并回 ACK";
    AckMissing: Rfc(9293), "3.10.7.4", "a segment without ACK is dropped", "没有 ACK 标志：丢弃";
    AckAdvanced: Rfc(9293), "3.10.7.4", "new data is acknowledged: SND.UNA moves on", "新的确认：SND.UNA 前移";
    AckOfUnsent: Rfc(9293), "3.10.7.4", "an acknowledgment of what was never sent: answered by ACK and dropped", "确认了尚未发送的数据：回 ACK 并丢弃";
    WindowUpdated: Rfc(9293), "3.10.7.4", "the peer's window is taken over", "更新对方通告的窗口";
    TextAccepted: Rfc(9293), "3.10.7.4", "text in order: RCV.NXT moves on", "按序到达的数据：RCV.NXT 前移";
    OutOfOrderQueued: Rfc(9293), "3.10.7.4", "text beyond a gap is queued", "数据前有空缺：放入乱序队列";
    DuplicateText: Rfc(9293), "3.10.7.4", "text that was here before is dropped and acknowledged again", "重复的数据：丢弃并再次确认";
    FinReceived: Rfc(9293), "3.10.7.4", "FIN: the peer will send no more; the reader gets EOF", "收到 FIN：对方不再发送，读者得到 EOF";
    FinAcknowledged: Rfc(9293), "3.10.7.4", "our FIN is acknowledged", "我方 FIN 已被确认";
    TimeWaitRestarted: Rfc(9293), "3.10.7.4", "the peer's FIN comes again: our ACK was lost; 2 MSL start anew", "对方重发 FIN：我方 ACK 丢失ï¼2 MSL 重新计时";
    AckSent: Rfc(9293), "3.10.7.4", "an acknowledgment", "确认";
    TimeWaitOver: Rfc(9293), "3.10.8", "2 MSL are over: CLOSED", "2 MSL 已过：CLOSED";
    HyStartDelay: Rfc(9406), "4.2", "the round-trip time rises in slow start: grow more slowly (HyStart++)", "慢启动中往返时间上升：放慢增长（HyStart++）";
    HyStartResume: Rfc(9406), "4.2", "the round-trip time fell again: slow start goes on (HyStart++)", "往返时间回落：恢复慢启动（HyStart++）";
    HyStartExit: Rfc(9406), "4.2", "five conservative rounds: slow start ends before the loss (HyStart++)", "保守慢启动满五轮：在丢失发生之前结束慢启动（HyStart++）";
    CubicIncrease: Rfc(9438), "4.2", "CUBIC: the window follows a cubic function of the time since the last reduction", "CUBIC：窗口按距上次减小的时间的三次函数增长";
    CubicRenoFriendly: Rfc(9438), "4.3", "CUBIC: at least as fast as Reno would grow", "CUBIC：增长不慢于 Reno";
    CubicDecrease: Rfc(9438), "4.6", "CUBIC: on loss the window falls to 0.7 of what was in flight", "CUBIC：丢失时窗口降为在途数据的 0.7 倍";
    CubicFastConvergence: Rfc(9438), "4.7", "CUBIC: the window is shrinking, so give room to other flows", "CUBIC：窗口在变小，为其他流让出带宽（快速收敛）";
    CubicTimeout: Rfc(9438), "4.8", "CUBIC: after a time-out one segment, and a new cubic epoch", "CUBIC：超时后窗口降为一个报文段，开始新的三次函数周期";
    SpuriousUndo: Rfc(9438), "4.9", "the reduction was spurious: the window is restored", "此次减小是误判：恢复原来的窗口";
    PrrSend: Rfc(9937), "6.2", "proportional rate reduction: what may be sent follows what was delivered", "按比例降速：可发送量跟随已送达量";
    PrrComplete: Rfc(9937), "6", "recovery is over: the congestion window is ssthresh", "恢复结束：拥塞窗口等于慢启动门限";
    QuickAck: Source::Linux("tcp"), "", "quick-ACK: the first segments are acknowledged at once", "快速确认：最初的报文段立即确认";
    SettingChanged: Source::Linux("tcp"), "", "a setting was changed in the middle of the connection", "连接途中修改了参数";
    CorkHolds: Source::Linux("tcp"), "", "TCP_CORK: a partial segment waits", "TCP_CORK：未满的报文段等待";
    CorkOver: Source::Linux("tcp"), "", "TCP_CORK has waited 200 ms", "TCP_CORK 已等待 200 毫秒";
    FinWait2Over: Source::Linux("tcp"), "", "tcp_fin_timeout: the peer never closed, the orphan is dropped", "tcp_fin_timeout：对方一直不关闭，放弃孤儿连接";
    LingerReset: Source::Linux("socket"), "", "SO_LINGER with 0 s: close sends RST", "SO_LINGER 为 0 秒：关闭时发送 RST";
    BufferGrown: Source::Linux("tcp"), "", "the buffer grows with the rate of the connection", "缓冲区随连接速率增长";
    UdpQueueFull: Source::Linux("udp"), "", "a datagram that finds the receive buffer full is lost", "接收缓冲区已满，数据报被丢弃";
    UdpTruncated: Source::Linux("udp"), "", "what does not fit the buffer of one receive call is lost", "一次接收调用的缓冲区装不下的部分被丢弃";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_again_and_titles_are_there() {
        for &rule in Rule::ALL {
            let info = rule.info();
            assert_eq!(Rule::from_name(info.name), Some(rule));
            assert!(!info.en.is_empty() && !info.zh.is_empty(), "{} lacks a title", info.name);
            assert!(!info.zh.is_ascii(), "{}: the Chinese title is not Chinese", info.name);
            assert!(info.url().starts_with("https://"));
        }
    }
}
