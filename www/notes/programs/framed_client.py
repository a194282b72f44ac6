import socket
import sys

from framing import recv_message, send_message

with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as sock:
    for text in sys.argv[3:]:
        send_message(sock, text.encode())
        print(recv_message(sock).decode())
