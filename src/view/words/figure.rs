//! Words of the views and of the page around them.

/// Hands its rows on, behind those that it is given.
macro_rules! figure_words {
    ($then:ident! $($done:tt)*) => { $then! {
        $($done)*
        // The ladder.
        Time "time": "Time", "时间";
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
        LaneDuplicates "lane-duplicates": "duplicates", "重复";
        LaneReceive "lane-receive": "recv calls", "接收调用";
        LaneFrames "lane-frames": "frames", "帧";
        NoFrames "no-frames": "none: the stream has no borders", "无：字节流没有边界";
        NoneShort "none-short": "none", "无";
        NotRecorded "not-recorded": "not recorded", "未记录";
        NothingSent "nothing-sent": "nothing was sent", "没有发送数据";
        SilentDirection "silent-direction": "   ({0}: {1})", "（{0}：{1}）";
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
        FailsWith "fails-with": "fails with {0}", "失败：{0}";
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
        Field "field": "Field", "字段";
        Value "value": "Value", "值";
        Meaning "meaning": "Meaning", "含义";
        Bytes "bytes": "Bytes", "字节内容";
        Why "why": "Why it was sent", "为什么发送";
        Changed "changed": "What it changed", "它改变了什么";
        Before "before": "Before", "之前";
        After "after": "After", "之后";
        Sent "sent": "Sent", "发出";
        ArrivedAt "arrived-at": "Arrived", "到达";
        LostAt "lost-at": "Lost", "丢失";
        Begun "begun": "Called", "调用";
        Returned "returned": "Returned", "返回";
        StillBlocked "still-blocked": "has not returned", "尚未返回";
        BlockedFor "blocked-for": "blocked for {0}", "阻塞 {0}";
        Host "host": "Host", "主机";
        Result "result": "Result", "结果";
        Provenance "provenance": "Known as", "来源";
        StreamOffset "stream-offset": "Stream offset", "字节流偏移";
        State "state": "State", "状态";
        Event "event": "Event", "事件";
        HeaderOf "header-of": "{0} header", "{0} 首部";
        RelativeTo "relative-to": "{0}, counted from the initial sequence number", "相对序号 {0}（从初始序号算起）";
        OctetsLong "octets-long": "{0} octets", "{0} 字节";
        ChecksumRight "checksum-right": "right", "正确";
        ChecksumWrong "checksum-wrong": "wrong", "错误";
        ChecksumNone "checksum-none": "the sender made none", "发送方未计算";
        ChecksumUnknown "checksum-unknown": "cannot be said: bytes are missing", "数据不全，无法校验";
        From "from": "From", "开始";
        Until "until": "Until", "结束";
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
    } };
}
