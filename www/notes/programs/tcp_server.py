import socket
import sys

address = (sys.argv[1], int(sys.argv[2]))              # for example 127.0.0.1 9001
with socket.create_server(address) as server:
    print("listening on port", server.getsockname()[1], flush=True)
    while True:
        conn, peer = server.accept()
        with conn:
            while data := conn.recv(1024):             # b"": the client has said all
                conn.sendall(data.upper())
