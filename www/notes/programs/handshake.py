import socket

server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen()

client = socket.create_connection(server.getsockname())
client.sendall(b"hello")
print("connected and sent; nobody has called accept() yet")
conn, address = server.accept()
print("accept() hands over a connection that holds", conn.recv(1024))

deaf = socket.socket()
deaf.bind(("127.0.0.1", 0))                            # a port, but no listen()
try:
    socket.create_connection(deaf.getsockname())
except ConnectionRefusedError as error:
    print("a SYN to a port where nobody listens:", error.strerror)
