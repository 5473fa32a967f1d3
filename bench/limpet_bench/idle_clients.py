"""Opens COUNT connections to 127.0.0.1:PORT, asks one PING on each, and keeps them until its standard input ends.

    python3 idle_clients.py PORT COUNT
"""

import resource
import socket
import sys

# One source address has some 28,000 ports, of which some may still be in TIME_WAIT from an earlier round.
PER_ADDRESS = 1000
IP_BIND_ADDRESS_NO_PORT = 24  # from linux/in.h: the port is chosen by connect, which searches far less for it


def connect(port, number):
    client = socket.socket()
    client.settimeout(60)
    client.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
    client.bind((f"127.0.0.{2 + number // PER_ADDRESS}", 0))
    client.connect(("127.0.0.1", port))
    client.sendall(b"PING\r\n")
    answer = client.recv(64)
    if answer != b"+PONG\r\n":
        sys.exit(f"connection {number} was answered {answer!r}")
    return client


def main():
    port, count = int(sys.argv[1]), int(sys.argv[2])
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    clients = [connect(port, number) for number in range(count)]
    sys.stdin.buffer.read()
    for client in clients:
        client.close()


main()
