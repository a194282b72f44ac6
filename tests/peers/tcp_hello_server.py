"""The course's TCP server: accept one client after the other, answer in upper case until it closes.

usage: tcp_hello_server.py [PORT]    (0: the system chooses; the first line printed is the port)
"""
import codecs
import socket
import sys

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0))
server.listen(5)
print(server.getsockname()[1], flush=True)
while True:
    connection, address = server.accept()
    decoder = codecs.getincrementaldecoder("utf-8")()
    with connection:
        try:
            while True:
                data = connection.recv(1024)
                if not data:
                    break
                connection.sendall(decoder.decode(data).upper().encode())
        except OSError:
            pass
