import socket
import time

server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
conn, address = server.accept()

client.sendall(b"hello")
client.sendall(b"world")
time.sleep(0.2)                                        # the reader comes late
print("two sends, one recv:", conn.recv(1024))

client.sendall("你好".encode())
time.sleep(0.2)
first, second = conn.recv(4), conn.recv(4)
print("one send, two recvs:", first, second)
try:
    first.decode()
except UnicodeDecodeError as error:
    print("decoding each piece:", error.reason)
print("decoding the whole:", (first + second).decode())
