"""The course's last server: a thread for each client, every frame (header key `data_size`) answered in upper case, for ever.

usage: framed_echo_server.py [PORT]    (0: the system chooses; the first line printed is the port)
"""
import socket
import sys
import threading

from framed import recv_frame, send_frame


def serve(connection):
    with connection:
        try:
            while True:
                data = recv_frame(connection, "data_size")
                send_frame(connection, data.decode().upper().encode(), "data_size")
        except (EOFError, OSError):
            pass


server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0))
server.listen(1024)
print(server.getsockname()[1], flush=True)
while True:
    connection, address = server.accept()
    threading.Thread(target=serve, args=(connection,), daemon=True).start()
