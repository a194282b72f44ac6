"""The course's TCP client: connect, send, receive the answer in upper case, close.

usage: tcp_hello_client.py HOST PORT [TEXT]
"""
import socket
import sys

host, port = sys.argv[1], int(sys.argv[2])
text = sys.argv[3] if len(sys.argv) > 3 else "hello hello"
expected = len(text.upper().encode())

client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
client.settimeout(20)
client.connect((host, port))
client.sendall(text.encode())
answer = b""
while len(answer) < expected:
    data = client.recv(1024)
    if not data:
        break
    answer += data
client.close()
print(answer.decode())
