import socket
import sys

sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind((sys.argv[1], int(sys.argv[2])))
print("listening on port", sock.getsockname()[1], flush=True)
while True:
    data, peer = sock.recvfrom(65535)                  # one datagram, whole
    sock.sendto(data.upper(), peer)
