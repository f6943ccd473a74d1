"""Asks a name server as programs do that read no /etc/hosts:  dns-client.py SERVER udp|tcp NAME TYPE [SECONDS]

Prints `NOERROR A 10.0.0.2 A 10.0.0.3`, the records sorted, `TC` in front of them where there are more; `silence` when nothing comes.
"""
import socket
import struct
import sys

TYPES = {'A': 1, 'PTR': 12, 'AAAA': 28, 'MX': 15}
CODES = {0: 'NOERROR', 1: 'FORMERR', 2: 'SERVFAIL', 3: 'NXDOMAIN', 4: 'NOTIMP', 5: 'REFUSED'}
server, transport, name, kind = sys.argv[1:5]
seconds = float(sys.argv[5]) if len(sys.argv) > 5 else 60


def wire(name):
    return b''.join(bytes([len(l)]) + l.encode() for l in name.split('.') if l) + b'\0'


def read_name(data, at):
    labels, end = [], None
    while data[at]:
        if data[at] >= 0xC0:
            end = end or at + 2
            at = struct.unpack_from('!H', data, at)[0] & 0x3FFF
        else:
            labels.append(data[at + 1:at + 1 + data[at]].decode())
            at += 1 + data[at]
    return '.'.join(labels), end or at + 1


query = struct.pack('!6H', 4711, 0x0100, 1, 0, 0, 0) + wire(name) + struct.pack('!2H', TYPES[kind], 1)
family = socket.AF_INET6 if ':' in server else socket.AF_INET
s = socket.socket(family, socket.SOCK_STREAM if transport == 'tcp' else socket.SOCK_DGRAM)
s.settimeout(seconds)
try:
    s.connect((server, 53))
    if transport == 'tcp':
        s.sendall(struct.pack('!H', len(query)) + query)
        data = b''
        while len(data) < 2 or len(data) < 2 + struct.unpack('!H', data[:2])[0]:
            chunk = s.recv(65536)
            if not chunk:
                raise ConnectionError
            data += chunk
        data = data[2:]
    else:
        s.send(query)
        data = s.recv(65536)
except socket.timeout:
    print('silence')
    sys.exit()
except OSError:
    print('refused')
    sys.exit()
ident, flags, _, answers, _, _ = struct.unpack('!6H', data[:12])
assert ident == 4711 and flags & 0x8000, data
_, at = read_name(data, 12)
at += 4
records = []
for _ in range(answers):
    _, at = read_name(data, at)
    rtype, _, ttl, size = struct.unpack_from('!2HIH', data, at)
    at += 10
    rdata = data[at:at + size]
    if rtype == 1:
        records.append('A ' + socket.inet_ntop(socket.AF_INET, rdata))
    elif rtype == 28:
        records.append('AAAA ' + socket.inet_ntop(socket.AF_INET6, rdata))
    elif rtype == 12:
        records.append('PTR ' + read_name(data, at)[0])
    at += size
print(' '.join([CODES.get(flags & 15, str(flags & 15))] + (['TC'] if flags & 0x200 else []) + sorted(records)))
