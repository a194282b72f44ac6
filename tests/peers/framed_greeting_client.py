"""The course's first framed client: connect, read one frame with header key `size`, print it.

usage: framed_greeting_client.py HOST PORT
"""
import socket
import sys

from framed import recv_frame

with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=20) as client:
    print(recv_frame(client, "size").decode())
