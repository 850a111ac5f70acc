"""Let one system user pass through closed folders, and nobody else.

The embedded Postgres runs as a user of its own under root, and has to reach its data below, say, a closed
home. Opening the folder to everyone (chmod o+x) would give away more than is needed, so that user alone gets
an access-control entry with the execute right, as `setfacl -m u:NAME:x FOLDER` would write it.
"""

import errno
import os
import pwd
import stat
import struct
from pathlib import Path

from infra.local.errors import LocalError

ACL_ATTRIBUTE = "system.posix_acl_access"
# acl(5) and linux/posix_acl_xattr.h: a version, then (tag, permissions, id) in this order of tags.
VERSION = 2
ENTRY = struct.Struct("<HHI")
USER_OBJ, USER, GROUP_OBJ, GROUP, MASK, OTHER = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
NO_ID = 0xFFFFFFFF
EXECUTE = 1

Entry = tuple[int, int, int]


def let_traverse(user: str, folder: Path) -> None:
    """Make `folder` reachable for `user`: each closed folder on the way (itself included) gets an entry.

    Raises LocalError naming the folder when the file system keeps no such entries.
    """
    account = pwd.getpwnam(user)
    for closed in reversed([folder, *folder.parents]):
        if not _may_pass(closed, account):
            _grant(closed, account)


def _may_pass(folder: Path, account: pwd.struct_passwd) -> bool:
    status = folder.stat()
    if status.st_uid == account.pw_uid:
        return bool(status.st_mode & stat.S_IXUSR)
    entries = _entries(folder)
    # A later chmod takes the entry's effect away by narrowing the mask: both have to let through.
    mask = next((permissions for tag, permissions, _ in entries if tag == MASK), 0)
    if mask & EXECUTE and (USER, EXECUTE, account.pw_uid) in entries:
        return True
    if status.st_gid == account.pw_gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def _entries(folder: Path) -> list[Entry]:
    try:
        raw = os.getxattr(folder, ACL_ATTRIBUTE)
    except OSError:
        mode = folder.stat().st_mode
        return [
            (USER_OBJ, mode >> 6 & 7, NO_ID),
            (GROUP_OBJ, mode >> 3 & 7, NO_ID),
            (OTHER, mode & 7, NO_ID),
        ]
    return [(tag, permissions, id_) for tag, permissions, id_ in ENTRY.iter_unpack(raw[4:])]


def _grant(folder: Path, account: pwd.struct_passwd) -> None:
    entries = [entry for entry in _entries(folder) if entry[0] != USER or entry[2] != account.pw_uid]
    entries.append((USER, EXECUTE, account.pw_uid))
    # The mask bounds every named entry: it must let the execute right through and keep what it let before.
    group = next(permissions for tag, permissions, _ in entries if tag == GROUP_OBJ)
    mask = next((permissions for tag, permissions, _ in entries if tag == MASK), group)
    entries = [entry for entry in entries if entry[0] != MASK] + [(MASK, mask | EXECUTE, NO_ID)]
    raw = struct.pack("<I", VERSION) + b"".join(ENTRY.pack(*entry) for entry in sorted(entries, key=_order))
    try:
        os.setxattr(folder, ACL_ATTRIBUTE, raw)
    except OSError as error:
        if error.errno not in (errno.ENOTSUP, errno.EPERM, errno.EROFS, errno.EINVAL):
            raise
        raise LocalError(
            f"Postgres runs as the system user {account.pw_name!r}, who may not pass through {folder}, and the "
            f"file system refused an access entry ({error.strerror}). Run `chmod o+x {folder}`, or set "
            "TIDEMARK_HOME to a folder that others can reach (and clone the checkout into one)."
        ) from error


def _order(entry: Entry) -> tuple[int, int]:
    return entry[0], entry[2]
