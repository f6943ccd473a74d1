"""Takes a container's terminal over, as conmon and containerd's shim do: terminal-holder.py SOCKET.

Prints "listening"; then, for the terminal that came, one line of JSON about it, and whatever is written to it. Lines on
standard input are typed, "size ROWS COLUMNS" makes it another size, "leave" closes it.
"""

import array
import fcntl
import json
import os
import select
import socket
import struct
import sys
import termios

server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
server.bind(sys.argv[1])
server.listen()
print("listening", flush=True)
client, _ = server.accept()
text, ancillary, _, _ = client.recvmsg(4096, socket.CMSG_SPACE(16))
fds = array.array("i")
for _, _, data in ancillary:
    fds.frombytes(data)
terminal = fds[0]
rows, columns, _, _ = struct.unpack("HHHH", fcntl.ioctl(terminal, termios.TIOCGWINSZ, bytes(8)))
about = {"text": text.decode(), "count": len(fds), "rows": rows, "columns": columns}
print(json.dumps(about), flush=True)
watched = [terminal, sys.stdin]
while terminal in watched:
    for ready in select.select(watched, [], [])[0]:
        if ready is terminal:
            try:
                written = os.read(terminal, 4096)
            except OSError:  # EIO: nobody has the other side open any more
                written = b""
            if not written:
                watched = []
            sys.stdout.buffer.write(written.replace(b"\r\n", b"\n"))
            sys.stdout.flush()
            continue
        line = sys.stdin.readline()
        words = line.split()
        if line == "" or words == ["leave"]:
            watched = []
        elif words[0] == "size":
            fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", int(words[1]), int(words[2]), 0, 0))
        else:
            os.write(terminal, line.encode())
