#!/usr/bin/env python3
"""Prints everything a layer can say about each file below a directory, as JSON.

Names are byte strings (one character per byte). Times are nanoseconds. Hard links name the first path of their inode.
In Python because Node reads neither extended attributes nor names that are not UTF-8.

  list-tree.py DIRECTORY
"""
import hashlib
import json
import os
import stat
import sys

KINDS = {
    stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink",
    stat.S_IFCHR: "char", stat.S_IFBLK: "block", stat.S_IFIFO: "fifo", stat.S_IFSOCK: "socket",
}


def describe(path, first_of):
    st = os.lstat(path)
    kind = KINDS[stat.S_IFMT(st.st_mode)]
    entry = {"type": kind, "mode": stat.S_IMODE(st.st_mode), "uid": st.st_uid, "gid": st.st_gid}
    entry["mtime"] = str(st.st_mtime_ns)
    if kind == "symlink":
        entry["target"] = os.readlink(path).decode("latin1")
    if kind in ("char", "block"):
        entry["device"] = [os.major(st.st_rdev), os.minor(st.st_rdev)]
    if kind == "file":
        digest = hashlib.sha256()
        with open(path, "rb") as content:
            for chunk in iter(lambda: content.read(1 << 20), b""):
                digest.update(chunk)
        entry["size"] = st.st_size
        entry["sha256"] = digest.hexdigest()
        entry["sparse"] = st.st_blocks * 512 < st.st_size
    if kind != "directory" and st.st_nlink > 1:
        entry["link"] = first_of.setdefault(st.st_ino, path).decode("latin1")
    attributes = {}
    for name in os.listxattr(path, follow_symlinks=False):
        attributes[name] = os.getxattr(path, name, follow_symlinks=False).hex()
    if attributes:
        entry["xattrs"] = attributes
    return entry


def main():
    os.chdir(sys.argv[1])
    tree, first_of = {}, {}

    def add(path):
        tree[path.decode("latin1")] = describe(path, first_of)
        if tree[path.decode("latin1")]["type"] == "directory":
            for name in sorted(os.listdir(path)):
                add(os.path.join(path, name) if path != b"." else name)

    sys.setrecursionlimit(10000)
    add(b".")
    json.dump(tree, sys.stdout)


main()
