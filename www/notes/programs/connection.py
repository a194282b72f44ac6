import socket

server = socket.create_server(("127.0.0.1", 0))        # port 0: any free one
first = socket.create_connection(server.getsockname())
second = socket.create_connection(server.getsockname())

for client in (first, second):
    conn, address = server.accept()
    print("client", client.getsockname(), "->", client.getpeername())
    print("server", conn.getsockname(), "->", conn.getpeername())
