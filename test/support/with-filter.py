"""Executes a program under a seccomp filter: with-filter.py FILE PROGRAM ARGUMENT...

FILE has the filter's instructions, struct sock_filter each. For faults that cannot be timed: a call that says it did its work and
did nothing.
"""
import ctypes, os, sys

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2

code = open(sys.argv[1], "rb").read()
instructions = ctypes.create_string_buffer(code, len(code))


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


program = Program(len(code) // 8, ctypes.addressof(instructions))
if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program)) != 0:
    sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")
os.execvp(sys.argv[2], sys.argv[2:])
