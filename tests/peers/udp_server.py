"""The course's UDP server: answer every datagram in upper case.

usage: udp_server.py [PORT]    (0: the system chooses; the first line printed is the port)
"""
import socket
import sys

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0))
print(server.getsockname()[1], flush=True)
while True:
    data, address = server.recvfrom(65535)
    server.sendto(data.decode().upper().encode(), address)
