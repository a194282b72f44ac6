import socket
import threading
import time

from framing import recv_exactly


def answer(conn):
    try:
        while True:
            recv_exactly(conn, 12)
            conn.sendall(b"ok")
    except EOFError:
        conn.close()


def round_trip(pieces, nodelay):
    server = socket.create_server(("127.0.0.1", 0))
    client = socket.create_connection(server.getsockname())
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, nodelay)
    threading.Thread(target=answer, args=[server.accept()[0]]).start()
    begun = time.monotonic()
    for _ in range(50):
        for piece in pieces:
            client.sendall(piece)
        recv_exactly(client, 2)
    client.close()
    server.close()
    return (time.monotonic() - begun) / 50 * 1000


three = [b"leng", b"head", b"data"]
print(f"three sends               {round_trip(three, False):6.2f} ms a round trip")
print(f"three sends, TCP_NODELAY  {round_trip(three, True):6.2f} ms")
print(f"one send                  {round_trip([b''.join(three)], False):6.2f} ms")
