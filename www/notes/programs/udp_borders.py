import socket
import time

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 0))
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.connect(server.getsockname())

client.send(b"hello")
client.send(b"world")
time.sleep(0.2)                                        # late again; it makes no difference
print("two datagrams:", server.recv(1024), server.recv(1024))

client.send(b"a" * 1024 + b"z")
client.send(b"next")
print("1025 bytes into recv(1024):", len(server.recv(1024)), "and then", server.recv(1024))
