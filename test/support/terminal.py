"""Runs a command on a pseudo-terminal, its screen on standard output, its keyboard on standard input.

    terminal.py ROWS COLUMNS COMMAND [ARGUMENT...]

File descriptor 3 takes lines: "resize ROWS COLUMNS" and "hangup"; its end hangs up too. Ends as the command did: its status, or 128 and the signal.
"""

import errno
import fcntl
import os
import pty
import select
import struct
import sys
import termios

KEYBOARD, SCREEN, CONTROL = 0, 1, 3


def resize(terminal, rows, columns):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def read(descriptor):
    try:
        return os.read(descriptor, 65536)
    except OSError as error:
        # How Linux says that the last process has closed its side of the terminal.
        if error.errno == errno.EIO:
            return b""
        raise


def write_all(descriptor, data):
    while data:
        data = data[os.write(descriptor, data):]


def main():
    rows, columns, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    started, start = os.pipe()
    child, terminal = pty.fork()
    if child == 0:
        # Not before the terminal has its size.
        os.close(start)
        os.read(started, 1)
        os.close(CONTROL)
        os.execvp(command[0], command)
    resize(terminal, rows, columns)
    os.close(start)

    sources = {terminal, KEYBOARD, CONTROL}
    lines = b""
    while terminal in sources:
        ready, _, _ = select.select(sources, [], [])
        if terminal in ready:
            data = read(terminal)
            if not data:
                break
            write_all(SCREEN, data)
        if KEYBOARD in ready:
            data = read(KEYBOARD)
            if data:
                write_all(terminal, data)
            else:
                sources.discard(KEYBOARD)
        if CONTROL in ready:
            data = os.read(CONTROL, 4096)
            if not data:
                # Whoever started us is gone: nobody sits at this terminal any more.
                sources.discard(terminal)
            lines += data
            while b"\n" in lines:
                line, lines = lines.split(b"\n", 1)
                words = line.split()
                if words[0] == b"resize":
                    resize(terminal, int(words[1]), int(words[2]))
                elif words[0] == b"hangup":
                    sources.discard(terminal)
    os.close(terminal)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    sys.exit(code if code >= 0 else 128 - code)


main()
