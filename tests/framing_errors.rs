//! What a student and an engineer are told when a stream is refused: where, what, and why perhaps.

use framewire::framing::{Decoder, Framing, Hint, Limits, Problem};
use framewire::lang::Lang;

fn error(name: &str, stream: &[u8]) -> framewire::framing::FrameError {
    let mut decoder = Decoder::new(&name.parse().expect(name), Limits::default());
    let mut input = stream;
    loop {
        match decoder.decode(&mut input) {
            Ok(Some(_)) => {}
            Ok(None) => break decoder.finish().expect_err("the stream is not refused"),
            Err(error) => break error,
        }
    }
}

/// Framing, stream, the whole English message, a part of the Chinese one.
const CASES: &[(&str, &[u8], &str, &str)] = &[
    (
        "length:u32be",
        b"GET / HTTP/1.1\r\n\r\n",
        "byte 0 of the stream (frame 0): the length reads 1,195,725,856 (47 45 54 20), more than the limit of \
         16,777,216 bytes; these bytes are the text \"GET \"; this looks like HTTP",
        "长度读作 1,195,725,856（47 45 54 20），超过上限 16,777,216 字节",
    ),
    (
        "length:u32le",
        b"\0\0\0\x11",
        "byte 0 of the stream (frame 0): the length reads 285,212,672 (00 00 00 11), more than the limit of \
         16,777,216 bytes; as u32be it would be 17",
        "若按 u32be 解读则是 17",
    ),
    (
        "json-header:data_size",
        b"\0\0\0\x11{\"data_size\": 12}hello world!",
        "byte 0 of the stream (frame 0): the header's length reads 285,212,672 (00 00 00 11), more than the limit of \
         65,536 bytes; as i32be it would be 17",
        "首部长度读作 285,212,672",
    ),
    (
        "json-header:data_size",
        b"{\"data_size\": 12}hello world!",
        "byte 0 of the stream (frame 0): the header's length reads 1,633,952,379 (7b 22 64 61), more than the limit of \
         65,536 bytes; these bytes are the text \"{\\\"da\"; the header stands where its length should: the length was not sent",
        "发送方没有发送长度",
    ),
    (
        "json-header:size",
        b"\x0b\0\0\0{\"size\": 2}\xe4\xb8\xad\xe6\x96\x87",
        "byte 17 of the stream (frame 1): the header's length reads -2,020,153,683 (ad e6 96 87), below zero; the payload \
         before ended inside a UTF-8 character (e4 b8): the size counts characters, the data has bytes",
        "大小按字符计算了，而数据是按字节发送的",
    ),
    (
        "json-header:size",
        b"\xff\xff\xff\xff",
        "byte 0 of the stream (frame 0): the header's length reads -1 (ff ff ff ff), below zero",
        "是负数",
    ),
    (
        "json-header:size",
        b"\x0d\0\0\0{\"size\": \"5\"}",
        "byte 4 of the stream (frame 0): the size `size` is a string: \"5\"; without the quotes it would be the number 5",
        "数据大小 `size` 应为整数，却是字符串：\"5\"",
    ),
    (
        "json-header:size",
        b"\x0d\0\0\0{\"size\": 5.0}",
        "byte 4 of the stream (frame 0): the size `size` is no whole number in range: 5.0",
        "应为整数",
    ),
    (
        "json-header:size",
        b"\x0c\0\0\0{\"size\": -5}",
        "byte 4 of the stream (frame 0): the size `size` is -5, below zero",
        "数据大小 `size` 是 -5，为负数",
    ),
    (
        "json-header:size",
        b"\x10\0\0\0{\"data_size\": 5}",
        "byte 4 of the stream (frame 0): the header has no `size`; it has `data_size`; perhaps the size is `data_size` (5)?",
        "首部缺少键 `size`；其中只有 `data_size`",
    ),
    (
        "json-header:size",
        b"\x15\0\0\0{\"size\": 1, \"size\": 2}",
        "byte 25 of the stream (frame 0): the header is no JSON (EOF while parsing an object); it begins \
         \"{\\\"size\\\": 1, \\\"size\\\": 2\"; the JSON is cut off: does the length count characters instead of bytes, or fewer \
         than were sent?",
        "JSON 被截断",
    ),
    (
        "json-header:size",
        b"\x16\0\0\0{\"size\": 1, \"size\": 2}",
        "byte 4 of the stream (frame 0): the key `size` stands twice in the header",
        "首部中的键 `size` 出现了两次",
    ),
    (
        "json-header:size",
        b"\x0b\0\0\0{'size': 5}hello",
        "byte 5 of the stream (frame 0): the header is no JSON (key must be a string); it begins \"{'size': 5}\"; this is what \
         Python's str() prints of a dict; json.dumps() writes JSON",
        "应使用 json.dumps() 生成 JSON",
    ),
    (
        "json-header:size",
        b"\x02\0\0\0[]",
        "byte 4 of the stream (frame 0): the header is JSON, but no object: it is an array",
        "不是对象，而是数组",
    ),
    (
        "length:u16be,adjust=-4,strip=0",
        b"\0\x01",
        "byte 0 of the stream (frame 0): the length reads 1 (00 01); with the adjustment of -4 the frame would end before \
         its own length does; as u16le it would be 256",
        "帧在自己的长度字段之前就结束了",
    ),
    (
        "length:u32be,adjust=4",
        b"\0\xff\xff\xff",
        "byte 0 of the stream (frame 0): the length reads 16,777,215 (00 ff ff ff); with the adjustment of 4 this is more than \
         the limit of 16,777,216 bytes",
        "加上修正值 4 后超过上限 16,777,216 字节",
    ),
    (
        "length:u8,strip=5",
        b"\x02ab",
        "byte 0 of the stream (frame 0): the frame has 3 bytes, and 5 are to be stripped",
        "整个帧只有 3 字节，却要去掉 5 字节",
    ),
    (
        "varint",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
        "byte 0 of the stream (frame 0): the varint does not end within 64 bits (ff ff ff ff ff ff ff ff ff 02)",
        "超过 64 位仍未结束",
    ),
    (
        "netstring",
        b"3:abc,hello",
        "byte 6 of the stream (frame 1): a netstring begins with digits, not with 68 (`h`)",
        "netstring 应以数字开头",
    ),
    (
        "netstring",
        b"3;abc,",
        "byte 1 of the stream (frame 0): after the netstring's length `3` comes a colon, not 3b (`;`)",
        "之后应是冒号",
    ),
    (
        "netstring",
        b"03:abc,",
        "byte 0 of the stream (frame 0): a netstring's length has no leading zeros",
        "前导零",
    ),
    (
        "netstring",
        b"2:abc,",
        "byte 4 of the stream (frame 0): after the netstring's payload comes a comma, not 63 (`c`)",
        "之后应是逗号",
    ),
    (
        "json-header:size",
        b"\x0b\0\0\0{\"size\": 5}abc",
        "byte 18 of the stream (frame 0): the stream ends in the middle of a frame: 18 bytes of it are there, waiting for \
         payload 3/5",
        "还在等待数据 3/5",
    ),
    (
        "line",
        b"one\ntwo",
        "byte 7 of the stream (frame 1): the stream ends in the middle of a frame: 3 bytes of it are there, waiting for \
         payload 3/?",
        "字节流在帧的中间结束",
    ),
];

#[test]
fn every_refusal_says_where_and_what_and_why_in_every_language() {
    for (name, stream, en, zh) in CASES {
        let error = error(name, stream);
        assert_eq!(error.to_string(), *en, "{name}");
        let chinese = error.message(Lang::Zh);
        assert!(chinese.contains(zh), "{name}: {chinese}");
        assert!(chinese.starts_with("字节流偏移 "), "{chinese}");
    }
}

#[test]
fn an_error_stays_and_the_bytes_are_not_lost() {
    let mut decoder = Decoder::new(&Framing::Line { keep: false }, Limits::default());
    decoder.decode(&mut &b"half a li"[..]).unwrap();
    let error = decoder.finish().unwrap_err();
    assert_eq!(decoder.partial(), b"half a li");
    assert_eq!(decoder.decode(&mut &b"ne\n"[..]).unwrap_err(), error);
}

#[test]
fn datagrams_are_messages_even_when_empty_and_one_bad_one_does_not_spoil_the_next() {
    let limits = Limits { payload: 4, ..Limits::default() };
    let mut decoder = Decoder::new(&Framing::Datagram, limits);
    assert_eq!(decoder.datagram(b"").unwrap().payload, b"");
    assert_eq!(decoder.datagram(b"abc").unwrap().number, 1);
    let error = decoder.datagram(b"abcde").unwrap_err();
    assert!(matches!(error.problem, Problem::TooLarge { size: 5, limit: 4 }));
    assert_eq!(decoder.datagram(b"abcd").unwrap().payload, b"abcd");

    let mut decoder = Decoder::new(&"length:u8".parse().unwrap(), limits);
    assert_eq!(decoder.datagram(b"\x02ab").unwrap().payload, b"ab");
    let error = decoder.datagram(b"\x02abc").unwrap_err();
    assert!(matches!(error.problem, Problem::AfterFrame { bytes: 1 }), "{error}");
    let error = decoder.datagram(b"\x02a").unwrap_err();
    assert!(matches!(error.problem, Problem::EndInFrame { .. }), "{error}");
    assert_eq!(decoder.datagram(b"\x00").unwrap().number, 3);
}

#[test]
fn limits_are_settings() {
    let header = br#"{"size": 3, "a": [[[0]]]}"#;
    let mut stream = (header.len() as i32).to_le_bytes().to_vec();
    stream.extend_from_slice(header);
    stream.extend_from_slice(b"abc");
    let decode = |limits| {
        let mut decoder = Decoder::new(&"json-header:size".parse().unwrap(), limits);
        decoder
            .decode(&mut &stream[..])
            .map(|f| f.expect("complete").payload.to_vec())
            .map_err(|e| e.problem.clone())
    };
    let exact = Limits { header: 25, payload: 3, nesting: 4 };
    assert_eq!(decode(exact).as_deref(), Ok(&b"abc"[..]));
    assert!(matches!(decode(Limits { header: 24, ..exact }), Err(Problem::LengthTooLarge { limit: 24, .. })));
    assert!(matches!(decode(Limits { payload: 2, ..exact }), Err(Problem::SizeTooLarge { limit: 2, .. })));
    assert!(matches!(decode(Limits { nesting: 3, ..exact }), Err(Problem::HeaderTooDeep { limit: 3 })));

    let limits = Limits { payload: 3, ..Limits::default() };
    let mut lines = Decoder::new(&Framing::Line { keep: false }, limits);
    assert_eq!(lines.decode(&mut &b"abc\r\n"[..]).unwrap().unwrap().payload, b"abc");
    let error = lines.decode(&mut &b"abcd\n"[..]).unwrap_err();
    assert!(matches!(error.problem, Problem::NoDelimiter { limit: 3 }));
}

#[test]
fn every_hint_and_role_has_its_words() {
    let hints = [
        Hint::Text { text: "GET ".into() },
        Hint::Protocol { name: "TLS" },
        Hint::OtherFormat { format: framewire::framing::IntFormat::U32BE, value: 17 },
        Hint::LengthMissing,
        Hint::CharactersNotBytes { bytes: vec![0xe4] },
        Hint::Quoted { value: 1 },
        Hint::PythonRepr,
        Hint::PerhapsKey { key: "n".into(), value: 1 },
        Hint::ByteOrderMark,
        Hint::Gbk,
        Hint::LengthCountsMore { object: 2 },
        Hint::HeaderCutOff,
    ];
    for hint in hints {
        assert!(hint.message(Lang::En).is_ascii(), "{hint:?}");
        assert!(!hint.message(Lang::Zh).is_ascii(), "{hint:?}");
    }
    for role in framewire::framing::Role::ALL {
        assert!(role.name(Lang::En).is_ascii() && !role.name(Lang::Zh).is_ascii());
    }
}
