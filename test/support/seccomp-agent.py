"""Answers for the system calls of a container: seccomp_unotify(2).

seccomp-agent.py SOCKET COUNT: takes COUNT connections, one after the other. Prints the message of each, and lets the first
call that it is asked about fail with ENOTSOCK, an errno that no mkdir has by itself.
"""
import array, errno, fcntl, json, os, socket, struct, sys

RECEIVE = 0xC0502100  # SECCOMP_IOCTL_NOTIF_RECV
SEND = 0xC0182101  # SECCOMP_IOCTL_NOTIF_SEND

path, count = sys.argv[1], int(sys.argv[2])
server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
server.bind(path)
server.listen(4)
print("listening", flush=True)
for _ in range(count):
    connection, _ = server.accept()
    data, control, _, _ = connection.recvmsg(65536, socket.CMSG_SPACE(4 * 8))
    received = array.array("i")
    for level, kind, payload in control:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            received.frombytes(payload)
    print(json.dumps({"message": json.loads(data), "descriptors": len(received)}), flush=True)
    request = bytearray(80)
    fcntl.ioctl(received[0], RECEIVE, request)
    number, pid = struct.unpack_from("QI", request)
    fcntl.ioctl(received[0], SEND, struct.pack("QqiI", number, 0, -errno.ENOTSOCK, 0))
    print(json.dumps({"asked": pid}), flush=True)
    os.close(received[0])
    connection.close()
