"""Runs both measurements and prints them as JSON."""

import argparse
import asyncio
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.channels import hooks
from bench.chat.product import ADMIN, Api, Product, machine, set_up

AIM_P99_MS = 50.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.channels")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rate", type=float, default=200.0)
    parser.add_argument("--mailboxes", type=int, default=300)
    parser.add_argument("--each", type=int, default=10, help="mails per mailbox")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    os.environ["QIAO_CALLBACKS_MAY_BE_PRIVATE"] = "true"  # the mail server is on this machine
    folder = Path(tempfile.mkdtemp(prefix="qiao-bench-"))
    found: dict[str, Any] = {"seed": given.seed, "machine": machine(), "aim_p99_ms": AIM_P99_MS}
    product = Product(folder / "channels", empty=True)
    product.start()
    try:
        set_up(product, agents=2)
        admin = Api(product.base, ADMIN["email"], ADMIN["password"])
        found["hooks"] = asyncio.run(hooks.measure(product, admin, given.seed, given.seconds, given.rate))
        print("hooks", json.dumps(found["hooks"]), file=sys.stderr, flush=True)  # kept, whatever becomes of the rest
        if shutil.which("dovecot") or Path("/usr/sbin/dovecot").exists():
            from bench.channels import mail

            found["mail"] = asyncio.run(mail.measure(product, admin, given.mailboxes, given.each))
        else:
            found["mail"] = "left out: Dovecot is not installed"
    finally:
        product.stop()
        shutil.rmtree(folder, ignore_errors=True)
    text = json.dumps(found, indent=2, ensure_ascii=False)
    print(text)
    if given.json:
        given.json.write_text(text)


if __name__ == "__main__":
    main()
