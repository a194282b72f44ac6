import socket
import threading


def serve(server):
    conn, address = server.accept()
    with conn:
        question = b""
        while data := conn.recv(1024):                 # b"" means: the peer has sent FIN
            question += data
        conn.sendall(b"got %d bytes" % len(question))  # our direction is still open


server = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve, args=[server]).start()
client = socket.create_connection(server.getsockname())
client.sendall(b"hello ")
client.sendall(b"hello")
client.shutdown(socket.SHUT_WR)                        # FIN: no more data from here
print(client.recv(1024), "then", client.recv(1024))
client.close()

# Who closes first waits in TIME-WAIT. Here that is the server, and its port stays taken.
def listen(place, reuse):
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, reuse)
    server.bind(place)
    server.listen()
    return server


for reuse in (False, True):
    server = listen(("127.0.0.1", 0), reuse)
    place = server.getsockname()
    client = socket.create_connection(place)
    server.accept()[0].close()                         # the first FIN comes from the server
    client.recv(1024)
    client.close()
    server.close()
    try:
        listen(place, reuse).close()
        print("started again, SO_REUSEADDR", reuse, "- works")
    except OSError as error:
        print("started again, SO_REUSEADDR", reuse, "-", error.strerror)
