//! Every word that people read, in English and Chinese, from one table.
//!
//! The layouts take words by name; the page fetches the whole table of a language once. A sentence may hold
//! placeholders `{0}`, `{1}`, …, filled by [`fill`].

pub use crate::lang::Lang;

macro_rules! words {
    ($($name:ident $key:literal: $en:literal, $zh:literal;)*) => {
        /// A word or sentence of the page.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u16)]
        pub enum Word { $(#[doc = $en] $name,)* }

        impl Word {
            /// Every word.
            pub const ALL: &[Word] = &[$(Word::$name),*];

            /// The name by which the page asks for it.
            pub fn key(self) -> &'static str {
                const ENDS: [u16; Word::ALL.len()] = ends([$($key.len()),*]);
                piece(concat!($($key),*), &ENDS, self as usize)
            }

            /// The text in a language.
            pub fn text(self, lang: Lang) -> &'static str {
                const EN: [u16; Word::ALL.len()] = ends([$($en.len()),*]);
                const ZH: [u16; Word::ALL.len()] = ends([$($zh.len()),*]);
                match lang {
                    Lang::En => piece(concat!($($en),*), &EN, self as usize),
                    Lang::Zh => piece(concat!($($zh),*), &ZH, self as usize),
                }
            }
        }
    };
}

/// Where each of some texts ends that stand one behind the other: two octets a text in the page's module, where a list of texts takes
/// eight.
const fn ends<const N: usize>(lens: [usize; N]) -> [u16; N] {
    let mut out = [0; N];
    let (mut i, mut end) = (0, 0);
    while i < N {
        end += lens[i];
        assert!(end <= u16::MAX as usize, "the words of a language fit into 64 KiB");
        out[i] = end as u16;
        i += 1;
    }
    out
}

fn piece(all: &'static str, ends: &[u16], i: usize) -> &'static str {
    let end = |i: usize| ends.get(i).copied().map_or(0, usize::from);
    let start = i.checked_sub(1).map_or(0, end);
    all.get(start..end(i)).unwrap_or_default()
}

words! {
    // The ladder.
    Time "time": "time", "时间";
    Lost "lost": "lost", "丢失";
    Retransmission "retransmission": "retransmission", "重传";
    FastRetransmission "fast-retransmission": "fast retransmission", "快速重传";
    Duplicate "duplicate": "duplicate", "重复";
    OutOfOrder "out-of-order": "out of order", "失序";
    DupAck "dup-ack": "dup ACK", "重复 ACK";
    ZeroWindow "zero-window": "zero window", "零窗口";
    Corrupt "corrupt": "damaged", "损坏";
    KeepAlive "keep-alive": "keep-alive", "保活";
    WindowUpdate "window-update": "window update", "窗口更新";
    WindowFull "window-full": "window full", "窗口已满";
    WindowProbe "window-probe": "window probe", "窗口探测";
    MoreSegments "more-segments": "{0} more", "还有 {0} 个";
    Passes "passes": "{0} pass", "经过 {0}";
    NoPackets "no-packets": "packets not recorded", "未记录报文段";

    // The ledger.
    LaneSend "lane-send": "send calls", "发送调用";
    LaneSegments "lane-segments": "segments", "报文段";
    LaneSendBuffer "lane-send-buffer": "send buffer", "发送缓冲区";
    LaneReceiveBuffer "lane-receive-buffer": "receive buffer", "接收缓冲区";
    LaneDatagrams "lane-datagrams": "datagrams", "数据报";
    LaneAgain "lane-again": "sent again", "重传";
    LaneReceive "lane-receive": "recv calls", "接收调用";
    LaneFrames "lane-frames": "frames", "帧";
    NoFrames "no-frames": "none: the stream has no borders", "无：字节流没有边界";
    NoneShort "none-short": "none", "无";
    NotRecorded "not-recorded": "not recorded", "未记录";
    NothingSent "nothing-sent": "nothing was sent", "没有发送数据";
    Octets "octets": "{0} B", "{0} B";
    FromTo "from-to": "{0} → {1}", "{0} → {1}";
    OctetsOf "octets-of": "bytes {0}–{1} of {2}", "第 {0}–{1} 字节，共 {2}";
    NotToScale "not-to-scale": "not to scale", "未按比例";
    NeverRead "never-read": "never read", "从未读取";
    NeverArrived "never-arrived": "never arrived", "未到达";
    LostOnTheWay "lost-on-the-way": "lost on the way", "途中丢失";
    ThrownAway "thrown-away": "thrown away", "被丢弃";
    Incomplete "incomplete": "A fragment is missing: after the reassembly time-out IP throws the whole datagram away", "缺少一个分片：重组超时后，IP 丢弃整个数据报";
    LengthShort "length-short": "length", "长度";
    OctetAt "octet-at": "offset {0}: {1}", "偏移 {0}：{1}";
    OctetsAt "octets-at": "offsets {0}–{1} ({2} B): {3}", "偏移 {0}–{1}（{2} B）：{3}";
    OctetOfMessage "octet-of-message": ", message {0}, byte {1} of {2}", "，消息 {0} 的第 {1} 字节（共 {2}）";
    AllConnections "all-connections": "All connections", "全部连接";
    WholeStream "whole-stream": "The whole stream", "整个字节流";
    ZoomBytesIn "zoom-bytes-in": "Fewer bytes, larger", "放大字节";
    ZoomBytesOut "zoom-bytes-out": "More bytes, smaller", "缩小字节";
    Truncated "truncated": "{0} B thrown away", "丢弃 {0} B";

    // Provenance.
    Modelled "modelled": "modelled", "模拟";
    Observed "observed": "observed", "实测";
    Captured "captured": "captured", "抓包";
    Inferred "inferred": "inferred", "推断";
    ModelledLong "modelled-long": "computed by the simulation", "由模拟计算得出";
    ObservedLong "observed-long": "returned by real socket calls", "由真实的套接字调用返回";
    CapturedLong "captured-long": "packets really seen", "真实抓到的报文";
    InferredLong "inferred-long": "concluded from the other events", "由其他事件推断";

    // The page.
    Scenario "scenario": "Scenario", "场景";
    Ladder "ladder": "Ladder", "时序图";
    Ledger "ledger": "Bytes", "字节";
    Inspector "inspector": "Inspector", "详情";
    Programs "programs": "Programs", "程序";
    Variables "variables": "Variables", "变量";
    Transcript "transcript": "Transcript", "文字记录";
    Machine "machine": "States", "状态机";
    Charts "charts": "Charts", "图表";
    Open "open": "Open…", "打开…";
    OpenLong "open-long": "Open a scenario, a recording or a capture (.json, .fwtrace, .pcap, .pcapng), or drop it anywhere", "打开场景、录制或抓包文件（.json、.fwtrace、.pcap、.pcapng），或拖放到页面上";
    Recordings "recordings": "Recordings", "录制";
    DropHere "drop-here": "Drop the file to open it", "松开以打开文件";
    Light "light": "light", "浅色";
    Dark "dark": "dark", "深色";
    Auto "auto": "as the system", "跟随系统";
    Theme "theme": "Theme", "主题";
    Language "language": "中文", "English";
    LanguageLong "language-long": "Switch to Chinese", "切换到英文";
    Views "views": "Views", "视图";
    Help "help": "Keys and help", "按键与帮助";
    Close "close": "Close", "关闭";
    Loading "loading": "Loading…", "加载中…";
    Failed "failed": "This could not be opened", "无法打开";
    Colon "colon": ": ", "：";
    LookAt "look-at": "Look at", "看什么";
    Question "question": "Question", "问题";
    Present "present": "Presentation", "演示模式";
    Print "print": "Print", "打印";
    RelativeNumbers "relative-numbers": "relative seq and ack", "相对序号";
    AbsoluteNumbers "absolute-numbers": "absolute seq and ack", "绝对序号";
    ZoomIn "zoom-in": "Zoom in", "放大";
    ZoomOut "zoom-out": "Zoom out", "缩小";
    ZoomFit "zoom-fit": "Fit", "适合窗口";
    Connection "connection": "Connection", "连接";
    Export "export": "Export", "导出";

    // Live.
    Live "live": "Live", "实时";
    LiveLong "live-long": "Watch traffic while it goes on", "实时观看正在进行的通信";
    LiveNone "live-none": "Nothing is being recorded just now. Start something in a terminal:", "目前没有正在录制的通信。可以在终端里启动：";
    LiveMore "live-more": "More appears here when it is started in a terminal:", "在终端里这样启动的程序也会出现在这里：";
    LiveRunning "live-running": "running", "进行中";
    LiveEnded "live-ended": "ended", "已结束";
    LiveLost "live-lost": "the connection to framewire web is gone", "与 framewire web 的连接已断开";
    LiveCount "live-count": "{0} events", "{0} 个事件";
    LiveWindow "live-window": "the last {0} of {1} events", "共 {1} 个事件，显示最近 {0} 个";
    LiveNew "live-new": "({0} new)", "（新增 {0} 个）";
    LiveHold "live-hold": "Hold", "停住画面";
    LiveFollow "live-follow": "Follow", "跟随最新";
    LiveWhole "live-whole": "Open the whole recording", "打开完整录制";
    LiveLeave "live-leave": "Stop watching", "停止观看";

    // The state machine: events and actions as RFC 9293 writes them.
    PassiveOpen "passive-open": "passive OPEN", "被动打开";
    ActiveOpen "active-open": "active OPEN", "主动打开";
    CreateTcb "create-tcb": "create TCB", "创建 TCB";
    CreateTcbSndSyn "create-tcb-snd-syn": "create TCB, snd SYN", "创建 TCB，发送 SYN";
    DeleteTcb "delete-tcb": "delete TCB", "删除 TCB";
    AppClose "app-close": "CLOSE", "关闭";
    AppSend "app-send": "SEND", "发送数据";
    RcvSyn "rcv-syn": "rcv SYN", "收到 SYN";
    RcvRst "rcv-rst": "rcv RST", "收到 RST";
    RcvFin "rcv-fin": "rcv FIN", "收到 FIN";
    RcvSynAck "rcv-syn-ack": "rcv SYN,ACK", "收到 SYN,ACK";
    RcvAckOfSyn "rcv-ack-of-syn": "rcv ACK of SYN", "收到 SYN 的 ACK";
    RcvAckOfFin "rcv-ack-of-fin": "rcv ACK of FIN", "收到 FIN 的 ACK";
    SndSyn "snd-syn": "snd SYN", "发送 SYN";
    SndSynAck "snd-syn-ack": "snd SYN,ACK", "发送 SYN,ACK";
    SndAck "snd-ack": "snd ACK", "发送 ACK";
    SndFin "snd-fin": "snd FIN", "发送 FIN";
    TimeOut "time-out": "Timeout = 2 MSL", "2 MSL 计时到";
    NoAction "no-action": "x", "无动作";
    ErrorShort "error-short": "error", "出错";
    StateIs "state-is": "{0}: {1}", "{0}：{1}";
    StateUnknown "state-unknown": "{0}: no state is known", "{0}：状态未知";

    // The picker.
    FindScenario "find-scenario": "Find a scenario", "查找场景";
    NothingFound "nothing-found": "Nothing matches.", "没有匹配的场景。";
    TopicStream "topic-stream": "Streams and messages", "字节流与消息";
    TopicDatagrams "topic-datagrams": "Datagrams", "数据报";
    TopicOpening "topic-opening": "Opening a connection", "建立连接";
    TopicClosing "topic-closing": "Closing a connection", "释放连接";
    TopicFlow "topic-flow": "Flow, loss and congestion", "流量、丢失与拥塞";
    KeysScenarios "keys-scenarios": "choose a scenario", "选择场景";
    KeysViews "keys-views": "choose views", "选择视图";
    Direction "direction": "Direction", "方向";
    NoEndpoint "no-endpoint": "No connection is open at this moment.", "此刻没有打开的连接。";
    Values "values": "Values", "取值";

    // The charts.
    ChartSequence "chart-sequence": "Time–sequence", "时间–序号";
    ChartWindows "chart-windows": "Windows", "窗口";
    ChartTimes "chart-times": "Round-trip time and RTO", "往返时间与 RTO";
    ChartThroughput "chart-throughput": "Throughput", "吞吐量";
    Acknowledged "acknowledged": "acknowledged", "已确认";
    WindowEdge "window-edge": "window's edge", "窗口右沿";
    Sacked "sacked": "SACK block", "SACK 块";
    RttSample "rtt-sample": "RTT sample", "RTT 样本";
    SentRate "sent-rate": "sent", "发送";
    AboveRange "above-range": "{0} (above)", "{0}（超出上界）";
    AtTime "at-time": "At {0}", "{0} 时";

    // Moving in time.
    Play "play": "Play", "播放";
    Pause "pause": "Pause", "暂停";
    StepBack "step-back": "One event back", "后退一个事件";
    StepOn "step-on": "One event on", "前进一个事件";
    SegmentBack "segment-back": "One segment back", "后退一个报文段";
    SegmentOn "segment-on": "One segment on", "前进一个报文段";
    Speed "speed": "Speed", "速度";
    Loop "loop": "Loop", "循环";
    Position "position": "Position in time", "时间位置";
    KeysPlay "keys-play": "play or pause", "播放或暂停";
    KeysEvent "keys-event": "one event back or on", "后退或前进一个事件";
    KeysSegment "keys-segment": "one segment back or on", "后退或前进一个报文段";
    KeysEnds "keys-ends": "to the start, to the end", "到开头、到结尾";
    KeysTenths "keys-tenths": "to a tenth of the time", "跳到十分之几处";
    KeysSpeed "keys-speed": "slower, faster", "减速、加速";
    KeysZoom "keys-zoom": "zoom out, in, fit", "缩小、放大、适合窗口";
    KeysNumbers "keys-numbers": "relative or absolute numbers", "相对或绝对序号";
    KeysLoop "keys-loop": "loop on or off", "循环开关";
    KeysPresent "keys-present": "presentation mode", "演示模式";
    KeysClose "keys-close": "close, clear the selection", "关闭、取消选择";
    KeysHelp "keys-help": "this list", "本列表";
    KeysScale "keys-scale": "one event earlier or later in the transcript", "文字记录的上一个或下一个事件";

    // The inspector.
    NothingSelected "nothing-selected": "Point at a segment, a call or a byte.", "指向或点选一个报文段、调用或字节。";
    Segment "segment": "TCP segment", "TCP 报文段";
    Datagram "datagram": "UDP datagram", "UDP 数据报";
    Fragment "fragment": "IP fragment", "IP 分片";
    Packet "packet": "packet", "报文";
    Header "header": "Header", "首部";
    Field "field": "field", "字段";
    Value "value": "value", "值";
    Meaning "meaning": "meaning", "含义";
    Bytes "bytes": "Bytes", "字节内容";
    Why "why": "Why it was sent", "为什么发送";
    Changed "changed": "What it changed", "它改变了什么";
    Before "before": "before", "之前";
    After "after": "after", "之后";
    Sent "sent": "sent", "发出";
    ArrivedAt "arrived-at": "arrived", "到达";
    LostAt "lost-at": "lost", "丢失";
    Begun "begun": "called", "调用";
    Returned "returned": "returned", "返回";
    StillBlocked "still-blocked": "has not returned", "尚未返回";
    BlockedFor "blocked-for": "blocked for {0}", "阻塞 {0}";
    Host "host": "Host", "主机";
    Result "result": "result", "结果";
    Provenance "provenance": "Known as", "来源";
    StreamOffset "stream-offset": "stream offset", "字节流偏移";
    State "state": "State", "状态";
    Event "event": "event", "事件";
    HeaderOf "header-of": "{0} header", "{0} 首部";
    RelativeTo "relative-to": "{0}, counted from the initial sequence number", "相对序号 {0}（从初始序号算起）";
    OctetsLong "octets-long": "{0} octets", "{0} 字节";
    ChecksumRight "checksum-right": "right", "正确";
    ChecksumWrong "checksum-wrong": "wrong", "错误";
    ChecksumNone "checksum-none": "the sender made none", "发送方未计算";
    ChecksumUnknown "checksum-unknown": "cannot be said: bytes are missing", "数据不全，无法校验";
    From "from": "from", "开始";
    Until "until": "until", "结束";
    Frame "frame": "frame", "帧";
    PartLength "part-length": "length field", "长度字段";
    PartHeader "part-header": "header", "首部";
    PartPayload "part-payload": "payload", "数据";
    PartBad "part-bad": "refused", "无法解析";
    Unset "unset": "not set", "未设";
    MeanSourcePort "mean-source-port": "the sending program's port", "发送方程序的端口";
    MeanDestinationPort "mean-destination-port": "the receiving program's port", "接收方程序的端口";
    MeanUrg "mean-urg": "the urgent pointer counts", "紧急指针有效";
    MeanAck "mean-ack": "the acknowledgment number counts", "确认号有效";
    MeanPsh "mean-psh": "hand over to the program at once", "立即交付给应用程序";
    MeanRst "mean-rst": "ends the connection at once", "立即终止连接";
    MeanSyn "mean-syn": "the numbering begins here", "序号从这里开始";
    MeanFin "mean-fin": "the sender has no more data", "发送方不再发送数据";
    MeanEce "mean-ece": "congestion was met on the way", "途中出现拥塞";
    MeanCwr "mean-cwr": "the congestion window was reduced", "拥塞窗口已减小";
    MeanDf "mean-df": "must not be cut into fragments", "不允许分片";
    MeanMf "mean-mf": "more fragments follow", "后面还有分片";
    MeanTtl "mean-ttl": "routers that it may still pass", "还可经过的路由器数";
    MeanMss "mean-mss": "the largest segment it takes, in octets", "可接收的最大报文段（字节）";
    MeanShift "mean-shift": "its windows count times 2^{0}", "其窗口值要乘以 2^{0}";
    MeanWindow "mean-window": "octets there is room for", "还能接收的字节数";
    MeanTsVal "mean-tsval": "the sender's clock", "发送方的时钟";
    MeanTsEcr "mean-tsecr": "the peer's clock, sent back", "回送的对方时钟";
    MeanNop "mean-nop": "fills up to a border", "填充对齐";
    MeanIdentification "mean-identification": "the same in all fragments of a datagram", "同一数据报的各分片相同";

    // Transcript.
    SaysSegment "says-segment": "{0} sends {1} to {2}: {3}.", "{0} 向 {2} 发送 {1}：{3}。";
    SaysArrived "says-arrived": "{0} arrives at {1} after {2}.", "{0} 经 {2} 到达 {1}。";
    SaysLost "says-lost": "{0} from {1} is lost on the way.", "{1} 发出的 {0} 在途中丢失。";
    SaysCall "says-call": "{0} calls {1}({2}).", "{0} 调用 {1}({2})。";
    SaysCallReturns "says-call-returns": "{0} calls {1}({2}), which returns {3}.", "{0} 调用 {1}({2})，返回 {3}。";
    SaysReturn "says-return": "{0}: {1}() returns {2}.", "{0}：{1}() 返回 {2}。";
    SaysReturnBlocked "says-return-blocked": "{0}: {1}() returns {2}, after blocking for {3}.", "{0}：{1}() 阻塞 {3} 后返回 {2}。";
    SaysNothing "says-nothing": "nothing", "无返回值";
    SaysState "says-state": "{0} enters {1}.", "{0} 进入 {1} 状态。";
    SaysTimer "says-timer": "The {1} timer of {0} fires.", "{0} 的 {1} 定时器到期。";
    Empty "empty": "Nothing happened.", "没有发生任何事件。";

    // The framing debugger.
    Framing "framing": "Framing debugger", "分帧调试器";
    FramingBytes "framing-bytes": "Bytes to look at", "要分析的字节";
    FramingPaste "framing-paste": "Paste a hex dump, text or a Python bytes literal, or drop a file", "粘贴十六进制转储、文本或 Python 字节串，或拖入文件";
    FramingKind "framing-kind": "Read as", "输入格式";
    FramingAuto "framing-auto": "hex dump, else text", "自动：转储或文本";
    FramingDump "framing-dump": "hex dump", "十六进制转储";
    FramingText "framing-text": "text", "文本";
    FramingName "framing-name": "Framing", "分帧方式";
    FramingFind "framing-find": "find out", "自动判断";
    FramingStream "framing-stream": "Bytes of", "字节来源";
    FramingOwn "framing-own": "what stands above", "上方的输入";
    FramingUp "framing-up": "{0}: from the client", "{0}：客户端发出";
    FramingDown "framing-down": "{0}: from the server", "{0}：服务器发出";
    FramingFile "framing-file": "File…", "文件…";
    FramingFindings "framing-findings": "Findings", "分析结果";
    FramingNothing "framing-nothing": "Nothing to look at yet.", "还没有可分析的字节。";
    FramingFrames "framing-frames": "complete frames: {0}", "完整的帧：{0}";
    FramingNone "framing-none": "no framing is likely", "看不出是哪种分帧方式";
    FramingBad "framing-bad": "first bad byte", "首个出错的字节";
    FramingWaits "framing-waits": "at the end the decoder waits for", "解码器在末尾等待";
    FramingTried "framing-tried": "Framings tried", "试过的分帧方式";
    FramingParts "framing-parts": "parts", "组成";
    FramingContent "framing-content": "content", "内容";
    FramingMost "framing-most": "only the first {0} bytes are looked at", "只分析前 {0} 字节";

    // The laboratory.
    Lab "lab": "Laboratory", "实验台";
    LabLong "lab-long": "Laboratory: change one thing and see what follows", "实验台：改动一处，看看会怎样";
    LabFirst "lab-first": "Try these first", "先试这些";
    LabRules "lab-rules": "Rules to break", "故意打破规则";
    LabChanges "lab-changes": "Changes", "所做的改动";
    LabNone "lab-none": "Nothing is changed yet. Turn a knob, break a rule, or select a packet and drop it.", "还没有改动。调一个参数，打破一条规则，或者选中一个报文把它丢弃。";
    LabUndo "lab-undo": "Undo: {0}", "撤销：{0}";
    LabUndoAll "lab-undo-all": "Undo all", "全部撤销";
    LabReset "lab-reset": "Reset: {0}", "恢复原值：{0}";
    LabEdit "lab-edit": "Edit…", "编辑…";
    LabCompare "lab-compare": "Compare", "对比";
    LabRecording "lab-recording": "A recording cannot be changed: it happened. Open a scenario to experiment.", "录制的是已经发生的事，不能改动。请打开一个场景来做实验。";
    LabKnobTo "lab-knob-to": "{0}: {1}", "{0}：{1}";
    LabFrom "lab-from": "from {0} on: {1}", "从 {0} 起，{1}";
    LabWhen "lab-when": "A knob that is turned holds", "参数改动的生效时间";
    LabFromStart "lab-from-start": "from the start", "从头生效";
    LabFromHere "lab-from-here": "from here on ({0})", "从此刻起（{0}）";
    LabHereHint "lab-here-hint": "In the middle of a run you can change the network and, of TCP, what a socket option sets on a live connection; what the handshake settles holds for the whole run. Such a change stands in no scenario's text and in no link.", "运行途中可以改网络的参数，以及套接字选项在连接建立后仍能改的 TCP 参数；握手时商定的参数对整个运行有效。这样的改动不会写进场景文本，也不会进入分享链接。";
    LabHereNone "lab-here-none": "Bring the playhead to the moment from which it is to change.", "请先把播放头移到要改动的时刻。";
    LabEveryHost "lab-every-host": "all hosts", "所有主机";
    LabRuleBroken "lab-rule-broken": "{0}: {1}", "{0}：{1}";
    LabRuleKept "lab-rule-kept": "{0}: no longer “{1}”", "{0}：取消“{1}”";
    LabEdited "lab-edited": "edited by hand", "手工编辑";
    LabEditedAfter "lab-edited-after": "edited by hand, with {0} earlier changes", "手工编辑（含此前的 {0} 处改动）";
    LabData "lab-data": "data", "数据报文";
    LabNth "lab-nth": "{0}, {1} no. {2}", "{0} 的第 {2} 个{1}";
    LabEach "lab-each": "{0}, every {1}", "{0} 的每个{1}";
    LabDropped "lab-dropped": "{0}: lost", "{0}：丢弃";
    LabDelayed "lab-delayed": "{0}: held back {1}", "{0}：推迟 {1}";
    LabDuplicated "lab-duplicated": "{0}: doubled, the copy {1} later", "{0}：重复，副本晚 {1} 到达";
    LabCorrupted "lab-corrupted": "{0}: damaged", "{0}：损坏一位";
    LabReplayed "lab-replayed": "{0}: comes again at {1}", "{0}：在 {1} 时再次到达";
    LabScript "lab-script": "What this scenario does to packets", "本场景对报文的处理";
    LabSpared "lab-spared": "not: {0}", "取消：{0}";
    LabDefault "lab-default": "as by default", "默认";
    LabOn "lab-on": "on", "开";
    LabOff "lab-off": "off", "关";
    LabAct "lab-act": "Do something to this packet", "对这个报文动手";
    LabDrop "lab-drop": "Drop", "丢弃";
    LabDelay "lab-delay": "Delay", "推迟";
    LabDuplicate "lab-duplicate": "Duplicate", "重复";
    LabCorrupt "lab-corrupt": "Corrupt", "损坏";
    LabBy "lab-by": "by (ms)", "时长（ms）";
    LabNoAim "lab-no-aim": "The network made this packet: do something to its original.", "这个报文是网络产生的副本，请对原来的报文操作。";
    LabRunning "lab-running": "Running: {0} events, {1} of virtual time", "正在运行：{0} 个事件，虚拟时间 {1}";
    LabStop "lab-stop": "Stop", "停止";
    LabStopped "lab-stopped": "Stopped after {0} events: this run does not come to an end. What was shown before stays.", "运行了 {0} 个事件仍未结束，已停止。画面保持原样。";
    LabGivenUp "lab-given-up": "Stopped. What was shown before stays.", "已停止。画面保持原样。";
    LabDone "lab-done": "Changes: {0}", "改动：{0} 处";
    EditTitle "edit-title": "Edit the scenario", "编辑场景";
    EditPart "edit-part": "What", "编辑对象";
    EditWhole "edit-whole": "the whole scenario (JSON)", "整个场景（JSON）";
    EditText "edit-text": "Text", "文本";
    EditRun "edit-run": "Run", "运行";
    EditRevert "edit-revert": "Give this draft up", "放弃草稿";
    EditKeys "edit-keys": "Ctrl+Enter runs it. A program is its steps, one a line.", "Ctrl+Enter 运行。程序由步骤组成，一行一步。";
    Compare "compare": "Before and after", "改动前后对比";
    CompareBefore "compare-before": "before: as the scenario was opened", "改动前：场景原样";
    CompareAfter "compare-after": "after: with the changes", "改动后：含所做的改动";
    CompareHow "compare-how": "How both runs are shown", "两次运行的显示方式";
    CompareBeside "compare-beside": "side by side", "并排";
    CompareOver "compare-over": "overlaid", "重叠";
    CompareLegend "compare-legend": "Drawn once: what both have. Dashed, with −: only before. Heavy, with +: only after. ≠: ends otherwise, drawn both ways. ○: moved in time.", "两次共有的只画一次。虚线加 −：只在改动前；粗线加 +：只在改动后；≠：结局不同，两种都画；○：时间变了。";
    CompareCounts "compare-counts": "Differences counted", "差异统计";
    ComparePackets "compare-packets": "packets", "报文";
    CompareCalls "compare-calls": "calls", "调用";
    CompareStates "compare-states": "states entered", "进入的状态";
    CompareSame "compare-same": "the same", "相同";
    CompareMoved "compare-moved": "moved in time", "时间变了";
    CompareEnds "compare-ends": "end otherwise", "结局不同";
    CompareGone "compare-gone": "gone", "消失";
    CompareNew "compare-new": "new", "新增";
    CompareList "compare-list": "What only one of the two runs has", "只在其中一次运行里出现的事件";
    CompareNothing "compare-nothing": "The two runs tell the same, event by event, apart from their times.", "除时间外，两次运行的事件完全一致。";
    CompareGo "compare-go": "Show this in both ladders", "在两幅时序图中定位";
    CompareMore "compare-more": "and {0} more", "另有 {0} 条";
    KeysCompare "keys-compare": "compare before and after", "对比改动前后";
    KeysLab "keys-lab": "laboratory: change and see", "实验台：改动并观察";

    // Export.
    ExportHint "export-hint": "Everything is made in this page; nothing is sent anywhere.", "全部在本页面内生成，不会上传任何内容。";
    ExportPicture "export-picture": "Picture of", "图的内容";
    ExportSvg "export-svg": "a drawing: sharp at any size, for print and slides", "矢量图：任意放大都清晰，适合印刷和幻灯片";
    ExportPng "export-png": "a picture of dots: for documents that take no SVG", "位图：用于不支持 SVG 的文档";
    ExportPcapng "export-pcapng": "the packets, for Wireshark; the calls stand in the comments", "全部报文，可用 Wireshark 打开；调用写在注释里";
    ExportTraceName "export-trace-name": "Recording", "录制";
    ExportTrace "export-trace": "everything that happened; opened here again, it is the same", "完整的事件记录；再次打开时内容完全相同";
    ExportScenario "export-scenario": "what was run: to be edited, run again and embedded", "场景本身：可以修改、重新运行、嵌入网页";
    ExportMermaid "export-mermaid": "a sequence diagram for Markdown", "用于 Markdown 的时序图";
    ExportText "export-text": "the ladder in letters, for mail and comments", "用字符画出的时序图，适合邮件和代码注释";
    ExportPage "export-page": "one file with all of this inside; works without a network", "单个网页文件，内含全部内容，离线可用";
    ExportCopy "export-copy": "Copy", "复制";
    ExportSaved "export-saved": "Saved: {0}", "已保存：{0}";
    Copied "copied": "Copied.", "已复制。";
    NotCopied "not-copied": "The browser does not let this page copy. The text is selected: press Ctrl+C (Cmd+C).", "浏览器不允许本页面写入剪贴板。文本已选中，请按 Ctrl+C（Cmd+C）。";
    NotCopiedHere "not-copied-here": "The browser does not let this page copy; save it instead.", "浏览器不允许复制，请改为保存文件。";
    NoPacketsInside "no-packets-inside": "a recording of calls holds no packets", "只记录了调用，没有报文";
    NoScenarioInside "no-scenario-inside": "a recording has no scenario", "录制文件没有对应的场景";
    ErrorExport "error-export": "This could not be made: {0}", "无法生成：{0}";

    // Share links.
    Share "share": "Share a link", "分享链接";
    ShareLink "share-link": "Link to what is shown", "指向当前画面的链接";
    ShareCopy "share-copy": "Copy link", "复制链接";
    ShareMoment "share-moment": "begin at this moment ({0})", "从当前时刻开始（{0}）";
    SharePredict "share-predict": "as questions (predict mode)", "以提问方式打开（预测模式）";
    ShareHint "share-hint": "The link itself holds everything; no server keeps it.", "全部内容都在链接里，不经过任何服务器保存。";
    ShareLong "share-long": "The link has {0} characters; some programs cut such long ones. \"Export\" saves the same as a file.", "链接有 {0} 个字符，有些软件会截断。也可以用“导出”保存为文件。";
    ShareFile "share-file": "A file that you opened cannot travel in a link. \"Export\" saves it as a page or a recording.", "本地打开的文件无法放进链接，请用“导出”保存为网页或录制文件。";
    LinkLater "link-later": "What the link changes in the middle of the run cannot be read; the scenario is shown without it.", "链接中的“运行途中的改动”无法读出，以下显示的场景不含这些改动。";
    LinkDamaged "link-damaged": "The link is damaged: the scenario in it cannot be read. Was all of it copied?", "链接已损坏，无法读出其中的场景。复制时是否漏掉了一部分？";
    LinkLong "link-long": "The scenario is too long for a link.", "场景太长，无法放进链接。";
    LinkAt "link-at": "The link asks for a moment that is no time: {0}", "链接指定的时刻不是有效的时间：{0}";

    // Predict mode.
    Predict "predict": "Predict", "预测";
    PredictLong "predict-long": "Predict mode: say what comes before it is shown", "预测模式：先作答，再揭晓";
    PredictEnd "predict-end": "Leave predict mode", "退出预测模式";
    PredictCount "predict-count": "Question {0} of {1}", "第 {0} 题，共 {1} 题";
    PredictScore "predict-score": "{0} of {1} right", "答对 {0} 题，已答 {1} 题";
    PredictGiven "predict-given": "Just before", "刚刚发生";
    PredictCheck "predict-check": "Check", "提交";
    PredictReveal "predict-reveal": "Show me", "看答案";
    PredictNext "predict-next": "Next question", "下一题";
    PredictDone "predict-done": "See the score", "查看成绩";
    PredictAgain "predict-again": "Once more", "再来一遍";
    PredictRight "predict-right": "Right.", "答对了。";
    PredictWrong "predict-wrong": "Not so.", "不对。";
    PredictShown "predict-shown": "Shown, not answered.", "未作答，已显示答案。";
    PredictNone "predict-none": "Nothing here can be predicted: no segments, states or receive calls.", "这里没有可以预测的内容：没有报文段、状态或接收调用。";
    PredictYours "predict-yours": "your answer", "你的答案";
    PredictIs "predict-is": "it is", "正确答案";
    PredictNothing "predict-nothing": "nothing", "未填";
    PredictFlags "predict-flags": "Flags", "标志";
    PredictState "predict-state": "Which state?", "哪个状态？";
    PredictChoose "predict-choose": "choose", "请选择";
    PredictReceived "predict-received": "The bytes, or how many (end of the stream: b'')", "内容或字节数（流结束写 b''）";
    PredictNoAck "predict-no-ack": "empty: none", "留空表示无";
    PredictFinal "predict-final": "You answered {0} of {1} right.", "共 {1} 题，答对 {0} 题。";
    PredictAll "predict-all": "All of it right.", "全部答对。";
    PredictMissed "predict-missed": "Look at these once more:", "这些值得再看一遍：";
    AsksSegment "asks-segment": "{0} now sends a segment to {1}. Which flags does it have, which seq and ack?", "{0} 接下来向 {1} 发送一个报文段。它有哪些标志，seq 和 ack 各是多少？";
    AsksData "asks-data": "It carries {0} B of data.", "它携带 {0} B 数据。";
    AsksState "asks-state": "{0} is in {1}. Which state does it enter now?", "{0} 处于 {1}。它接下来进入哪个状态？";
    AsksReceive "asks-receive": "{0} called {1}. What does it return?", "{0} 调用了 {1}。它返回什么？";
    TellsSyn "tells-syn": "SYN alone asks for a connection. It names the number at which the sender's counting begins: relative 0.", "单独的 SYN 请求建立连接，并给出发送方编号的起点，即相对序号 0。";
    TellsSynAck "tells-syn-ack": "{0} answers the SYN of {1}: its own SYN names where its counting begins, ACK confirms the other's.", "{0} 回应 {1} 的 SYN：自己的 SYN 给出编号起点，ACK 确认对方的 SYN。";
    TellsFin "tells-fin": "FIN: {0} has no more data. Every segment after the first SYN has ACK, this one too.", "FIN 表示 {0} 不再发送数据。除第一个 SYN 外，报文段都带 ACK，这个也不例外。";
    TellsRst "tells-rst": "RST: for {0} there is no such connection, or it is over at once.", "RST 表示 {0} 没有这个连接，或立即终止它。";
    TellsRstSeq "tells-rst-seq": "Of a reset: seq is the ack of the segment that it answers, or 0 with ack behind that segment if it had none.", "复位报文段的 seq 取所回应报文段的 ack；若对方没有 ACK，则 seq 为 0，ack 为对方序号之后的值。";
    TellsData "tells-data": "Data need no flag of their own; ACK is always there once the connection is open.", "数据本身不需要标志；连接建立后 ACK 总是存在。";
    TellsAck "tells-ack": "Without data there is nothing but the acknowledgment.", "没有数据，只有确认。";
    TellsAgain "tells-again": "It is sent again, so seq is that of the first byte not acknowledged, as the first time.", "这是重传，所以 seq 仍是第一个未被确认的字节的序号，与上次相同。";
    TellsSeq "tells-seq": "seq counts on from what {0} sent before: SYN takes one number, each byte one, FIN one; a bare ACK takes none.", "seq 接着 {0} 之前发送的内容编号：SYN 占一个，每字节占一个，FIN 占一个；纯 ACK 不占。";
    TellsAckNumber "tells-ack-number": "ack is the number that {0} expects next from {1}: one behind the last byte (or SYN, or FIN) that arrived in order.", "ack 是 {0} 期望从 {1} 收到的下一个序号，即按序到达的最后一个字节（或 SYN、FIN）的序号加一。";
    TellsState "tells-state": "{0} goes from {1} to {2}.", "{0} 从 {1} 进入 {2}。";
    TellsReceive "tells-receive": "recv takes what is in the receive buffer, here {0}, at most {1}. Where one send ended and the next began, the stream does not tell.", "recv 取走接收缓冲区里已有的数据（这里是 {0}），最多 {1} 字节。字节流不保留各次 send 之间的边界。";
    TellsFull "tells-full": "recv never returns more than asked for ({0}); what is left waits in the receive buffer.", "recv 最多返回所要求的 {0} 字节，其余留在接收缓冲区里。";
    TellsEnd "tells-end": "The peer's FIN has arrived and everything before it was read: recv returns b'', the end of the stream.", "对方的 FIN 已到达，之前的数据都已读完：recv 返回 b''，表示流结束。";
    TellsDatagram "tells-datagram": "One call takes one datagram, whole: {0}.", "一次调用取走一个完整的数据报：{0}。";
    TellsTruncated "tells-truncated": "The buffer holds {0} bytes: of the datagram the last {1} B are lost.", "缓冲区只有 {0} 字节，数据报末尾的 {1} B 丢失。";

    // The connections in a file.
    Connections "connections": "Connections", "连接列表";
    ConnectionsIn "connections-in": "{0} holds {1} connections", "{0} 中有 {1} 个连接";
    ConnectionsAll "connections-all": "All in one picture", "全部画在一张图里";
    ConnectionsFind "connections-find": "Find a connection", "查找连接";
    ConnectionHolds "connection-holds": "packets: {0}, bytes there: {1}, back: {2}", "报文 {0} 个，发往服务器 {1} 字节，返回 {2} 字节";
    ErrorConnection "error-connection": "{0} has no connection {1}", "{0} 中没有第 {1} 个连接";

    // Errors.
    ErrorTrace "error-trace": "{0} is not a framewire recording and not a capture (pcap, pcapng): {1}", "{0} 既不是 framewire 录制文件，也不是抓包文件（pcap、pcapng）：{1}";
    ErrorScenario "error-scenario": "There is no scenario called {0}", "没有名为 {0} 的场景";
    ErrorFetch "error-fetch": "{0} could not be fetched: {1}", "无法获取 {0}：{1}";
    Cut "cut": "The recording was cut off; everything up to the cut is shown.", "录制文件不完整；已显示截断之前的全部内容。";
}

/// The text of `word` with `{0}`, `{1}`, … replaced.
pub fn fill(word: Word, lang: Lang, values: &[&str]) -> String {
    let text = word.text(lang);
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let (before, from) = rest.split_at(open);
        out.push_str(before);
        let number =
            from.get(1..2).and_then(|d| d.parse::<usize>().ok()).filter(|_| from.get(2..3) == Some("}"));
        match number {
            Some(n) => {
                out.push_str(values.get(n).copied().unwrap_or_default());
                rest = &from[3..];
            }
            None => {
                out.push('{');
                rest = &from[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_stands_in_both_languages() {
        let same = ["{0} B", "{0} → {1}"];
        for &word in Word::ALL {
            let (en, zh) = (word.text(Lang::En), word.text(Lang::Zh));
            assert!(!en.is_empty() && !zh.is_empty(), "{} lacks a text", word.key());
            assert!(en != zh || same.contains(&en), "{} is the same in both", word.key());
            for n in 0..4 {
                let place = format!("{{{n}}}");
                assert_eq!(en.contains(&place), zh.contains(&place), "{}: {place}", word.key());
            }
        }
    }

    #[test]
    fn keys_are_unique() {
        let mut keys: Vec<_> = Word::ALL.iter().map(|w| w.key()).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), Word::ALL.len());
    }

    #[test]
    fn placeholders_are_filled() {
        assert_eq!(fill(Word::FromTo, Lang::En, &["a", "b"]), "a → b");
        assert_eq!(
            fill(Word::SaysState, Lang::Zh, &["client", "ESTABLISHED"]),
            "client 进入 ESTABLISHED 状态。"
        );
        assert_eq!(fill(Word::Passes, Lang::En, &["{0}"]), "{0} pass");
    }
}
