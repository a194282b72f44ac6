import socket
import sys

address, message = (sys.argv[1], int(sys.argv[2])), sys.argv[3].encode()
with socket.create_connection(address) as sock:
    sock.sendall(message)
    sock.shutdown(socket.SHUT_WR)                      # that was all
    answer = b""
    while data := sock.recv(1024):                     # as many pieces as there may be
        answer += data
print(answer.decode())
