//! Words of what one does with a figure: reading it, changing it, sharing it, being asked.

/// Hands its rows on, behind those that it is given.
macro_rules! tools_words {
    ($then:ident! $($done:tt)*) => { $then! {
        $($done)*
        // Transcript.
        SaysSegment "says-segment": "{0} sends {1} to {2}: {3}.", "{0} 向 {2} 发送 {1}：{3}。";
        SaysArrived "says-arrived": "{0} arrives at {1} after {2}.", "{0} 经 {2} 到达 {1}。";
        SaysLost "says-lost": "{0} from {1} is lost on the way.", "{1} 发出的 {0} 在途中丢失。";
        SaysCall "says-call": "{0} calls {1}({2}).", "{0} 调用 {1}({2})。";
        SaysCallReturns "says-call-returns": "{0} calls {1}({2}), which returns {3}.", "{0} 调用 {1}({2})，返回 {3}。";
        SaysReturnBlocked "says-return-blocked": "{0}: {1}() returns {2}, after blocking for {3}.", "{0}：{1}() 阻塞 {3} 后返回 {2}。";
        SaysReturnedSilently "says-returned-silently": "{0}: {1}() returns, after blocking for {2}.", "{0}：{1}() 阻塞 {2} 后返回。";
        SaysCallFails "says-call-fails": "{0} calls {1}({2}), which fails with {3}.", "{0} 调用 {1}({2}) 失败：{3}。";
        SaysFailedBlocked "says-failed-blocked": "{0}: {1}() fails with {2}, after blocking for {3}.", "{0}：{1}() 阻塞 {3} 后失败：{2}。";
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
        LabHereHint "lab-here-hint": "In the middle of a run you can change the network and, of TCP, what a socket option sets on a live connection; what the handshake settles holds for the whole run. Such a change stands in no scenario's text; links and saved pages carry it.", "运行途中可以改网络的参数，以及套接字选项在连接建立后仍能改的 TCP 参数；握手时商定的参数对整个运行有效。这样的改动不会写进场景文本，但会随分享链接和保存的页面一起保留。";
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
        CompareSave "compare-save": "Save as SVG", "保存为 SVG";
        CompareCopy "compare-copy": "Copy SVG", "复制 SVG";
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
    } };
}
