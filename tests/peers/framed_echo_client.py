"""The course's second framed client: send every text as a frame (header key `data_size`), print every answer.

usage: framed_echo_client.py HOST PORT TEXT...
"""
import socket
import sys

from framed import recv_frame, send_frame

with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=20) as client:
    for text in sys.argv[3:]:
        send_frame(client, text.encode(), "data_size")
        print(recv_frame(client, "data_size").decode(), flush=True)
