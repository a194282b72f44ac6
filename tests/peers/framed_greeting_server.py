"""The course's first framed server: greet one client with a frame (header key `size`), close, end.

usage: framed_greeting_server.py [PORT [TEXT]]    (0: the system chooses; the first line printed is the port)
"""
import socket
import sys

from framed import send_frame

text = sys.argv[2] if len(sys.argv) > 2 else "Hello Client!"
server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.bind(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0))
server.listen(5)
print(server.getsockname()[1], flush=True)
connection, address = server.accept()
send_frame(connection, text.encode(), "size")
connection.close()
server.close()
