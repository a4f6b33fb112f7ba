"""What the C library keeps of the memory that was given back.

glibc makes an arena for every thread that allocates, up to eight per core, and hardly ever returns what lies in one. A server
whose threads each did something large once (an import, an export, vectors of many texts) ends with hundreds of megabytes
that nobody uses. Other systems' allocators are left as they are.
"""

import ctypes
import sys
from typing import Final

_ARENA_MAX: Final = -8
"""`M_ARENA_MAX` of glibc's malloc.h, see mallopt(3)."""
_ARENAS: Final = 2
"""One for the loop, one for all other threads: most of their large work holds the interpreter's lock anyway."""


def few_arenas() -> None:
    """To be called before threads are started."""
    if (libc := glibc()) is not None:
        libc.mallopt(_ARENA_MAX, _ARENAS)


def give_back() -> None:
    """Returns to the system what lies unused; takes some milliseconds."""
    if (libc := glibc()) is not None:
        libc.malloc_trim(0)


def glibc() -> ctypes.CDLL | None:
    """The C library of this process, None where it is another one."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "gnu_get_libc_version") else None
