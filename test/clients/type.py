"""Runs a command on a pseudo-terminal of 24 rows and 80 columns, types keys once it printed "ready", prints what the terminal showed.

    type.py KEYS COMMAND [ARGUMENT...]     KEYS with backslash escapes; ends with the command's status, or 124 after a minute
"""

import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time

keys = sys.argv[1].encode().decode("unicode_escape").encode("latin-1")
started, start = os.pipe()
child, terminal = pty.fork()
if child == 0:
    os.close(start)
    os.read(started, 1)
    os.execvp(sys.argv[2], sys.argv[2:])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
os.close(start)
shown, typed, deadline = b"", False, time.monotonic() + 60
while time.monotonic() < deadline:
    if not select.select([terminal], [], [], 1)[0]:
        continue
    try:
        data = os.read(terminal, 65536)
    except OSError:
        break
    if not data:
        break
    shown += data
    if not typed and b"ready" in shown:
        os.write(terminal, keys)
        typed = True
else:
    os.close(terminal)
    sys.stdout.buffer.write(shown)
    sys.exit(124)
sys.stdout.buffer.write(shown)
sys.stdout.flush()
_, status = os.waitpid(child, 0)
code = os.waitstatus_to_exitcode(status)
sys.exit(code if code >= 0 else 128 - code)
