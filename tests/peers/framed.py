"""Reading and writing the course's frames: length of the header as struct 'i', JSON header with the size, data."""
import json
import struct


def recv_exactly(connection, size):
    """Exactly `size` bytes, however the stream was cut; EOFError when it ends before."""
    data = b""
    while len(data) < size:
        # Chunks of 1024, as in the course; recv() may return less.
        piece = connection.recv(min(1024, size - len(data)))
        if not piece:
            raise EOFError(f"the stream ended after {len(data)} of {size} bytes")
        data += piece
    return data


def send_frame(connection, data, key):
    header = json.dumps({key: len(data)}).encode()
    connection.sendall(struct.pack("i", len(header)) + header + data)


def recv_frame(connection, key):
    (length,) = struct.unpack("i", recv_exactly(connection, 4))
    header = json.loads(recv_exactly(connection, length))
    return recv_exactly(connection, header[key])
