//! The words of what is started from the page. They stand here and not in the page's own table, because only the page of
//! `framewire web` needs them; it asks for them together with what may be started.

use framewire::lang::Lang;

macro_rules! words {
    ($($key:literal: $en:literal, $zh:literal;)*) => {
        /// Every word: its key, English, Chinese.
        pub const WORDS: &[(&str, &str, &str)] = &[$(($key, $en, $zh)),*];
    };
}

words! {
    "start": "Start something", "启动程序";
    "start-server": "Server", "服务器";
    "start-client": "Client", "客户端";
    "start-relay": "Relay", "中继";
    "start-command": "Your own program", "自己的程序";
    "start-server-long": "Answers on a port of this machine.", "在本机的一个端口上应答。";
    "start-client-long": "Sends messages to a server and reads the answers.", "向服务器发送消息并读取应答。";
    "start-relay-long": "Stands between a client and a server, and cuts, holds up or breaks what passes.", "位于客户端和服务器之间，可以切分、延迟或中断经过的数据。";
    "start-command-long": "Runs a command unchanged and records its socket calls.", "原样运行一条命令，并录制它的套接字调用。";
    "start-transport": "Transport", "传输协议";
    "start-port": "Port (0: a free one)", "端口（0 表示任选一个空闲端口）";
    "start-to-client": "Server to talk to", "要连接的服务器";
    "start-to-relay": "Server behind the relay", "中继后面的服务器";
    "start-framing": "Framing", "成帧方式";
    "start-reply": "Answer", "应答内容";
    "start-reply-upper": "in upper case", "转成大写";
    "start-reply-echo": "as it came", "原样返回";
    "start-reply-discard": "nothing", "不应答";
    "start-reply-text": "always this text", "固定的文字";
    "start-text": "Text of the answer", "应答的文字";
    "start-messages": "Messages, one a line", "消息（每行一条）";
    "start-count": "Times", "重复次数";
    "start-interval": "Pause between messages (ms)", "消息之间的间隔（毫秒）";
    "start-chunk": "Bytes a send() (empty: all at once)", "每次 send() 的字节数（留空则一次发完）";
    "start-gap": "Pause between pieces (ms)", "各段之间的间隔（毫秒）";
    "start-nodelay": "Nagle's algorithm off (TCP_NODELAY)", "关闭 Nagle 算法（TCP_NODELAY）";
    "start-half-close": "shutdown() after the last message", "发完后调用 shutdown()";
    "start-rst": "End with RST", "用 RST 结束连接";
    "start-no-recv": "Read no answers", "不读取应答";
    "start-more": "More settings", "更多设置";
    "start-knobs": "What happens on the way", "途中发生什么";
    "start-line": "Command", "命令";
    "start-go": "Start", "启动";
    "start-starting": "Starting …", "正在启动……";
    "start-stop": "Stop", "停止";
    "start-stop-long": "Stop {0}", "停止 {0}";
    "start-remove": "Remove", "移除";
    "start-remove-long": "Remove {0} from the list", "从列表中移除 {0}";
    "start-reset": "Reset connections", "重置连接";
    "start-reset-long": "Send RST on all connections of this relay now", "立即向这个中继的所有连接发送 RST";
    "start-turn": "Knobs", "调节";
    "start-locked": "To start and stop programs from here, open the address that `framewire web` printed in its terminal (it holds a secret), or paste it:", "要在这里启动和停止程序，请打开 `framewire web` 在终端里显示的网址（其中含有密钥），或者把它粘贴到这里：";
    "start-key": "Address or secret", "网址或密钥";
    "start-unlock": "Unlock", "解锁";
    "start-commands-off": "Commands are not run from the page unless `framewire web --allow-commands` was started so. In a terminal:", "只有以 `framewire web --allow-commands` 启动时，才能从页面运行命令。也可以在终端里运行：";
    "start-said": "It printed:", "程序输出：";
    "start-refused": "Nobody listens there: start a server first, or look at the port.", "那里没有程序在监听：请先启动服务器，或检查端口号。";
    "start-try": "Try it:", "试一试：";
    "start-lost": "framewire web does not answer any more. Start it again in its terminal.", "framewire web 已没有响应，请在终端里重新启动它。";
    "run-real": "Run it for real", "在本机真实运行";
    "run-real-long": "Perform this scenario on real sockets of this machine and set it beside the model", "用本机真实的套接字运行这个场景，并与模型并排比较";
    "run-running": "Running on real sockets …", "正在真实的套接字上运行……";
    "run-title": "The model and this machine", "模型与本机实测";
    "run-model": "Model (over a loopback)", "模型（回环网络）";
    "run-kernel": "This machine", "本机实测";
    "run-open": "Open alone", "单独打开";
    "run-as-modelled": "as modelled", "与模型一致";
    "run-differs": "not as modelled", "与模型不一致";
    "run-note": "evidence", "供参考";
    "run-told": "What came out", "结果";
}

/// A word in a language; of an unknown key nothing.
pub fn word(key: &str, lang: Lang) -> &'static str {
    let found = WORDS.iter().find(|(name, ..)| *name == key);
    found.map_or("", |(_, en, zh)| lang.pick(en, zh))
}

/// All of them, as the page keeps them.
pub fn all(lang: Lang) -> serde_json::Map<String, serde_json::Value> {
    WORDS.iter().map(|(key, en, zh)| ((*key).to_owned(), lang.pick(*en, *zh).into())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_stands_in_both_languages_once() {
        for (n, (key, en, zh)) in WORDS.iter().enumerate() {
            assert!(!en.is_empty() && !zh.is_ascii(), "{key}");
            assert_eq!(en.contains("{0}"), zh.contains("{0}"), "{key}");
            assert!(WORDS[..n].iter().all(|(other, ..)| other != key), "{key} stands twice");
        }
        assert_eq!(word("start-go", Lang::Zh), "启动");
    }
}
