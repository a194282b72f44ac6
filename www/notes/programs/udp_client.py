import socket
import sys

address, message = (sys.argv[1], int(sys.argv[2])), sys.argv[3].encode()
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.connect(address)                                  # no packet is sent: it only notes the peer
sock.settimeout(0.5)
for attempt in range(4):                               # nobody sends again for us
    sock.send(message)
    try:
        print(sock.recv(65535).decode())
        break
    except TimeoutError:
        print("no answer: once more", file=sys.stderr)
    except ConnectionRefusedError:
        sys.exit("nobody is there")
else:
    sys.exit("no answer to four datagrams")
