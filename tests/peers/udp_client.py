"""The course's UDP client: send one datagram, receive one.

usage: udp_client.py HOST PORT [TEXT]
"""
import socket
import sys

host, port = sys.argv[1], int(sys.argv[2])
text = sys.argv[3] if len(sys.argv) > 3 else "hello world!"

client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.settimeout(20)
client.sendto(text.encode(), (host, port))
data, address = client.recvfrom(65535)
client.close()
print(data.decode())
