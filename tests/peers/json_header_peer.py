#!/usr/bin/env python3
"""The course's own framing, as its programs write it: struct.pack('i', n), a JSON header, the data.

An independent peer for framewire's tests: it shares no code with framewire.

usage: json_header_peer.py encode KEY    stdin: JSON lines {"fields": {...}, "payload": hex}; stdout: the stream
       json_header_peer.py decode KEY    stdin: the stream; stdout: JSON lines {"header": {...}, "payload": hex}
"""
import json
import struct
import sys


def encode(key):
    out = sys.stdout.buffer
    for line in sys.stdin:
        message = json.loads(line)
        payload = bytes.fromhex(message["payload"])
        header = {key: len(payload)}
        header.update(message["fields"])
        header_bytes = json.dumps(header).encode("utf-8")
        # 'i' is native: the tests run on little-endian machines, so say so.
        out.write(struct.pack("<i", len(header_bytes)))
        out.write(header_bytes)
        out.write(payload)


def read_exactly(stream, size):
    data = stream.read(size)
    if len(data) != size:
        raise EOFError(f"wanted {size} bytes, got {len(data)}")
    return data


def decode(key):
    stream = sys.stdin.buffer
    while True:
        head = stream.read(4)
        if not head:
            return
        (size,) = struct.unpack("<i", head)
        header = json.loads(read_exactly(stream, size).decode("utf-8"))
        payload = read_exactly(stream, header[key])
        print(json.dumps({"header": header, "payload": payload.hex()}))


if __name__ == "__main__":
    commands = {"encode": encode, "decode": decode}
    if len(sys.argv) < 2 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    commands[sys.argv[1]](*sys.argv[2:])
