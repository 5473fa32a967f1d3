#!/usr/bin/env python3
"""Run by test_access.py in a network namespace: asks a limpetd from loopback and from another address.

Usage: protected_mode.py LIMPETD [FLAG ...]; prints "loopback: REPLY", "outside: REPLY" and the like. Exit code 77: no
network could be set up here.
"""

import fcntl
import socket
import struct
import subprocess
import sys
import tempfile

from harness.process import die_with_parent
from harness.waiting import eventually

SIOCSIFFLAGS, SIOCSIFADDR = 0x8914, 0x8916
IFF_UP_RUNNING = 0x41
OUTSIDE = "10.77.0.1"


OTHER = "10.77.0.2"  # what clients from outside come from


def set_up_network():
    for name, where in ((b"lo:1", OUTSIDE), (b"lo:2", OTHER)):
        add_address(name, where)


def add_address(name, where):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH", b"lo", IFF_UP_RUNNING))
        address = struct.pack("16sH2s4s8s", name, socket.AF_INET, b"", socket.inet_aton(where), b"")
        fcntl.ioctl(control, SIOCSIFADDR, address)


def first_line(host, command=b"GET x", source=None):
    if host == OUTSIDE and source is None:
        source = OTHER
    with socket.create_connection((host, 7379), timeout=10, source_address=(source, 0) if source else None) as stream:
        try:
            stream.sendall(command + b"\r\n")
            data = stream.recv(4096)
        except ConnectionError:
            return "(closed)"
    return data.split(b"\r\n")[0].decode() or "(closed)"


def main():
    try:
        set_up_network()
    except OSError:
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        node = subprocess.Popen([sys.argv[1], "--listen", "0.0.0.0:7379", "--shards", "2", *sys.argv[2:]],
                                cwd=folder, stderr=subprocess.DEVNULL, preexec_fn=die_with_parent)
        try:
            eventually(lambda: first_line("127.0.0.1"), 10, "limpetd answers")
            print("loopback:", first_line("127.0.0.1"))
            print("outside:", first_line(OUTSIDE))
            print("own_address:", first_line(OUTSIDE, source=OUTSIDE))
            for order in ("RELOAD", "DRAIN", "CLAIM n1"):
                name, command = order.split()[0].lower(), f"CLUSTER {order}".encode()
                print(f"{name}_from_outside:", first_line(OUTSIDE, command))
                print(f"{name}_from_loopback:", first_line("127.0.0.1", command))
        finally:
            node.terminate()
            node.wait(10)


main()
