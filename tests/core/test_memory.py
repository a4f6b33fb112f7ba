"""What the C library keeps of memory that was given back."""

import subprocess
import sys

import pytest

from qiao.core import memory

GROW = """
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from qiao.core import memory

if sys.argv[1] == "few":
    memory.few_arenas()
barrier = Barrier(8)

def work(_):
    barrier.wait()
    kept = [bytearray(1000) for _ in range(1000)]
    barrier.wait()
    return kept

with ThreadPoolExecutor(8) as pool:
    kept = list(pool.map(work, range(8)))
with open("/proc/self/maps") as maps:
    spans = [line.split()[0].split("-") for line in maps]
# An arena of a thread begins on a multiple of 64 MiB.
print(sum(int(start, 16) % (64 << 20) == 0 for start, _ in spans))
"""


@pytest.mark.skipif(memory.glibc() is None, reason="another C library, another way to keep memory")
def test_threads_share_arenas() -> None:
    def arenas(how: str) -> int:
        done = subprocess.run([sys.executable, "-c", GROW, how], capture_output=True, text=True, check=True, timeout=60)
        return int(done.stdout)

    assert arenas("few") < arenas("as it is")


def test_giving_back_what_is_not_there_changes_nothing() -> None:
    memory.give_back()
    memory.give_back()
