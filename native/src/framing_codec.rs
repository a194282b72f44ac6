//! The framing codec for Tokio: [`FrameCodec`] is a [`tokio_util::codec::Decoder`] and
//! [`Encoder`], so that any framing of framewire works in a `Framed`, a `FramedRead` or a `FramedWrite`.

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use framewire::framing::{EncodeError, Encoder, Extent, Fields, FrameError, Framing, Limits, Parser, Step};
use tokio_util::codec;

/// A message with its header, owned.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnedFrame {
    /// The message.
    pub payload: Bytes,
    /// The JSON text of a `json-header`, or the bytes before the length under `length`; empty elsewhere.
    pub header: Bytes,
    /// The frame's number in the stream, from 0.
    pub number: u64,
    /// Stream offset of its first byte.
    pub offset: u64,
}

impl OwnedFrame {
    /// The fields of a JSON header in their order, the size among them; empty for other framings.
    pub fn fields(&self) -> Fields {
        framewire::framing::header_fields(&self.header)
    }
}

/// Both directions of one framing, for a stream.
///
/// The bytes stay in Tokio's buffer: a frame is split off from it without a copy, and no byte is looked at twice. (`none` and
/// `datagram` take whatever the buffer holds.)
///
/// ```
/// use bytes::{Bytes, BytesMut};
/// use framewire_native::framing_codec::FrameCodec;
/// use tokio_util::codec::{Decoder, Encoder};
///
/// let mut codec = FrameCodec::new(&"json-header:data_size".parse()?, Default::default());
/// let mut buffer = BytesMut::new();
/// codec.encode(Bytes::from_static(b"hello world!"), &mut buffer)?;
/// let frame = codec.decode(&mut buffer)?.expect("it is complete");
/// assert_eq!(frame.payload, "hello world!");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct FrameCodec {
    parser: Parser,
    encoder: Encoder,
}

impl FrameCodec {
    /// A codec for a stream that begins with a frame.
    pub fn new(framing: &Framing, limits: Limits) -> FrameCodec {
        FrameCodec { parser: Parser::new(framing, limits), encoder: Encoder::new(framing, limits) }
    }

    /// The framing.
    pub fn framing(&self) -> &Framing {
        self.encoder.framing()
    }
}

/// Why a [`FrameCodec`] stopped.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// The stream below failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The bytes are no frame; or the stream ended within one.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The message cannot be written in this framing.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

/// At most this much is reserved for a payload that has only been announced.
const RESERVE: usize = 64 << 10;

impl codec::Decoder for FrameCodec {
    type Item = OwnedFrame;
    type Error = CodecError;

    fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<OwnedFrame>, CodecError> {
        match self.parser.measure(buffer)? {
            Step::Need(need) => {
                buffer.reserve(need.min(RESERVE));
                Ok(None)
            }
            Step::Frame(extent) => Ok(Some(self.split(buffer, extent))),
        }
    }

    /// The last frames of a stream that has ended.
    ///
    /// # Errors
    /// When the stream ended in the middle of a frame.
    fn decode_eof(&mut self, buffer: &mut BytesMut) -> Result<Option<OwnedFrame>, CodecError> {
        match self.decode(buffer)? {
            None if buffer.is_empty() => Ok(None),
            None => Err(self
                .parser
                .finish(buffer)
                .err()
                .map_or_else(|| CodecError::Io(io::ErrorKind::UnexpectedEof.into()), CodecError::Frame)),
            frame => Ok(frame),
        }
    }
}

impl FrameCodec {
    fn split(&mut self, buffer: &mut BytesMut, extent: Extent) -> OwnedFrame {
        let (number, offset) = (self.parser.number(), self.parser.offset());
        let header = self.parser.header(&extent);
        self.parser.advance(&extent, buffer);
        let mut whole = buffer.split_to(extent.total);
        let header = whole.get(header).map(Bytes::copy_from_slice).unwrap_or_default();
        whole.truncate(extent.end);
        whole.advance(extent.start.min(whole.len()));
        OwnedFrame { payload: whole.freeze(), header, number, offset }
    }
}

impl codec::Encoder<Bytes> for FrameCodec {
    type Error = CodecError;

    fn encode(&mut self, payload: Bytes, buffer: &mut BytesMut) -> Result<(), CodecError> {
        codec::Encoder::<&[u8]>::encode(self, &payload, buffer)
    }
}

impl codec::Encoder<&[u8]> for FrameCodec {
    type Error = CodecError;

    fn encode(&mut self, payload: &[u8], buffer: &mut BytesMut) -> Result<(), CodecError> {
        codec::Encoder::<(&Fields, &[u8])>::encode(self, (&Fields::new(), payload), buffer)
    }
}

/// A message with further fields for its JSON header.
impl codec::Encoder<(&Fields, &[u8])> for FrameCodec {
    type Error = CodecError;

    fn encode(
        &mut self,
        (fields, payload): (&Fields, &[u8]),
        buffer: &mut BytesMut,
    ) -> Result<(), CodecError> {
        let parts = self.encoder.parts(fields, payload)?;
        buffer.reserve(parts.head.len() + parts.body.len() + parts.tail.len());
        buffer.extend_from_slice(&parts.head);
        buffer.extend_from_slice(parts.body);
        buffer.extend_from_slice(parts.tail);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio_util::codec::{Decoder as _, Encoder as _};

    #[test]
    fn every_framing_goes_round_at_every_split() {
        for name in Framing::EXAMPLES.iter().filter(|name| !matches!(**name, "none" | "datagram")) {
            let framing: Framing = name.parse().expect("an example");
            let mut stream = BytesMut::new();
            let mut codec = FrameCodec::new(&framing, Limits::default());
            for payload in [&b"0123456789abcdef"[..], b"ABCDEFGHIJKLMNOP"] {
                codec.encode(payload, &mut stream).expect(name);
            }
            for cut in 0..=stream.len() {
                let mut codec = FrameCodec::new(&framing, Limits::default());
                let mut buffer = BytesMut::from(&stream[..cut]);
                let mut payloads = Vec::new();
                while let Some(frame) = codec.decode(&mut buffer).expect(name) {
                    payloads.push(frame.payload);
                }
                buffer.extend_from_slice(&stream[cut..]);
                while let Some(frame) = codec.decode_eof(&mut buffer).expect(name) {
                    assert_eq!(frame.number, payloads.len() as u64);
                    payloads.push(frame.payload);
                }
                assert_eq!(payloads, ["0123456789abcdef", "ABCDEFGHIJKLMNOP"], "{name} at {cut}");
            }
        }
    }

    #[test]
    fn fields_are_handed_over_and_an_end_within_a_frame_is_an_error() {
        let mut codec = FrameCodec::new(&"json-header:size".parse().expect("a name"), Limits::default());
        let mut buffer = BytesMut::new();
        let fields = vec![("name".to_owned(), serde_json::json!("a.txt"))];
        codec.encode((&fields, &b"abc"[..]), &mut buffer).expect("it fits");
        buffer.extend_from_slice(b"\x0b\0\0\0{\"si");
        let frame = codec.decode(&mut buffer).expect("no error").expect("a frame");
        assert_eq!(frame.fields()[1], fields[0]);
        assert_eq!(frame.header, "{\"size\": 3, \"name\": \"a.txt\"}");
        let error = codec.decode_eof(&mut buffer).expect_err("the second frame is cut");
        assert!(error.to_string().contains("waiting for header 4/11"), "{error}");
        let error = codec.decode(&mut buffer).expect_err("it stays");
        assert!(matches!(error, CodecError::Frame(_)));
    }

    #[tokio::test]
    async fn it_works_in_a_framed_stream() {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let (mut client, mut server) = tokio::io::duplex(7);
        let mut codec = FrameCodec::new(&"netstring".parse().expect("a name"), Limits::default());
        let sender = tokio::spawn(async move {
            client.write_all(b"5:hello,0:,12:hello world!,").await.expect("the server reads");
        });
        let (mut buffer, mut payloads) = (BytesMut::new(), Vec::new());
        while server.read_buf(&mut buffer).await.expect("the client writes") > 0 {
            while let Some(frame) = codec.decode(&mut buffer).expect("netstrings") {
                payloads.push(frame.payload);
            }
        }
        sender.await.expect("no panic");
        assert!(codec.decode_eof(&mut buffer).expect("nothing is left").is_none());
        assert_eq!(payloads, ["hello", "", "hello world!"]);
    }
}
