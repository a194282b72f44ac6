import socket
import sys
import threading

from framing import recv_message, send_message


def serve(conn, peer):
    try:
        with conn:                                     # closed whatever happens
            conn.settimeout(300)                       # a silent client does not hold its thread for ever
            while (data := recv_message(conn)) is not None:
                send_message(conn, data.decode().upper().encode())
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        print(f"{peer}: {error}", file=sys.stderr)     # this client has lost; the others go on


with socket.create_server((sys.argv[1], int(sys.argv[2]))) as server:
    print("listening on port", server.getsockname()[1], flush=True)
    while True:
        threading.Thread(target=serve, args=server.accept(), daemon=True).start()
