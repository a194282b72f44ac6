import json
import struct

MAX_HEADER = 64 * 1024
MAX_DATA = 16 * 1024 * 1024


def recv_exactly(sock, n):
    data = b""
    while len(data) < n:
        piece = sock.recv(min(n - len(data), 65536))   # never more than is still missing
        if not piece:
            raise EOFError(f"the stream ended after {len(data)} of {n} bytes")
        data += piece
    return data


def send_message(sock, data):
    header = json.dumps({"data_size": len(data)}).encode()
    sock.sendall(struct.pack("<i", len(header)) + header + data)


def recv_message(sock):
    """The next message, or None where the stream ends between two messages."""
    start = sock.recv(1)
    if not start:
        return None
    (length,) = struct.unpack("<i", start + recv_exactly(sock, 3))
    if not 0 < length <= MAX_HEADER:
        raise ValueError(f"a header of {length} bytes: this is not our protocol")
    size = json.loads(recv_exactly(sock, length))["data_size"]
    if type(size) is not int or not 0 <= size <= MAX_DATA:
        raise ValueError(f"data of {size!r} bytes")
    return recv_exactly(sock, size)
