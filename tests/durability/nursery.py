"""Starts `qiao up --empty` in a fresh process for every line it reads, and answers with the process's id.

It has imported the product before it forks: a restart then costs what the product does, not what Python needs to load it.
"""

import os
import signal
import sys
from contextlib import suppress

import qiao.app
import qiao.server
from qiao import cli
from qiao.core import settings
from qiao.knowledge.search import engine
from qiao.knowledge.search.embedding import HashingEmbedder

assert qiao.app and qiao.server
qiao.app.load_rooms()


def child() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    settings.get_settings.cache_clear()
    code = 1
    try:
        cli.up(empty=True)
        code = 0
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 1
    finally:
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead leave nothing behind
    pid = 0
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            child()
        os.write(1, f"{pid}\n".encode())
    if pid:  # whoever asked is gone
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)


# Nobody asks the bot here, and its models take seconds to load.
engine.best_embedder = HashingEmbedder
main()
