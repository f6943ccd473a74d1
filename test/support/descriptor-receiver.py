"""Listens at the path that it is given and tells, a line of JSON each, what comes with a descriptor: the text, and whose pidfd it is."""
import array
import json
import os
import socket
import sys

server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
server.bind(sys.argv[1])
server.listen(8)
print("listening", flush=True)
for _ in range(int(sys.argv[2])):
    connection, _ = server.accept()
    text, ancillary, _, _ = connection.recvmsg(64, socket.CMSG_SPACE(64))
    fds = array.array("i")
    for _, kind, data in ancillary:
        if kind == socket.SCM_RIGHTS:
            fds.frombytes(data[: len(data) - len(data) % fds.itemsize])
    pids = []
    for fd in fds:
        with open(f"/proc/self/fdinfo/{fd}") as info:
            pids += [int(line.split()[1]) for line in info if line.startswith("Pid:")]
        os.close(fd)
    print(json.dumps({"text": text.decode(), "pids": pids}), flush=True)
