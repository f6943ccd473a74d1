"""A name server for tests:  dns-server.py ADDRESS...    Port 53 of each, UDP and TCP; prints `udp NAME ADDRESS` for each question.

NAME is 198.51.100.1; nx.* is NXDOMAIN, fail.* SERVFAIL, big.* has 200 addresses and is cut by UDP, liar.* is first answered with another id and
about another name, silent.* not at all; next.* is refused by the first of the addresses.
"""
import socket
import struct
import sys
import threading


def name_of(data):
    at, labels = 12, []
    while data[at]:
        labels.append(data[at + 1:at + 1 + data[at]].decode())
        at += 1 + data[at]
    return '.'.join(labels), data[12:at + 5]


def reply(data, code, addresses, truncated=False, ident=None, question=None):
    first = data[:2] if ident is None else ident
    flags = 0x8180 | code | (0x200 if truncated else 0)
    records = b''.join(struct.pack('!3HIH', 0xC00C, 1, 1, 60, 4) + a for a in addresses)
    return first + struct.pack('!5H', flags, 1, len(addresses), 0, 0) + (question or name_of(data)[1]) + records


def answers(transport, data, index):
    name, question = name_of(data)
    print(transport, name, sys.argv[1 + index], flush=True)
    one = [bytes([198, 51, 100, 1])]
    kind = name.split('.')[0]
    if kind == 'nx':
        return [reply(data, 3, [])]
    if kind == 'fail':
        return [reply(data, 2, [])]
    if kind == 'silent':
        return []
    if kind == 'next' and index == 0:
        return [reply(data, 5, [])]
    if kind == 'big':
        all_of_them = [bytes([198, 51, 100, n]) for n in range(200)]
        return [reply(data, 0, [], True) if transport == 'udp' else reply(data, 0, all_of_them)]
    if kind == 'liar':
        other = bytes([data[0] ^ 1, data[1]])
        fake = [bytes([6, 6, 6, 6])]
        asked = b'\5fakes' + question[5:]
        return [reply(data, 0, fake, ident=other), reply(data, 0, fake, question=asked), reply(data, 0, one)]
    return [reply(data, 0, one)]


def udp(s, index):
    while True:
        data, peer = s.recvfrom(4096)
        for each in answers('udp', data, index):
            s.sendto(each, peer)


def one_tcp(c, index):
    with c:
        data = c.recv(4096)
        for each in answers('tcp', data[2:], index):
            c.sendall(struct.pack('!H', len(each)) + each)


def tcp(s, index):
    while True:
        c, _ = s.accept()
        threading.Thread(target=one_tcp, args=(c, index), daemon=True).start()


for index, address in enumerate(sys.argv[1:]):
    family = socket.AF_INET6 if ':' in address else socket.AF_INET
    u = socket.socket(family, socket.SOCK_DGRAM)
    u.bind((address, 53))
    t = socket.socket(family, socket.SOCK_STREAM)
    t.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    t.bind((address, 53))
    t.listen()
    threading.Thread(target=udp, args=(u, index), daemon=True).start()
    threading.Thread(target=tcp, args=(t, index), daemon=True).start()
print('ready', flush=True)
sys.stdin.read()
