"""A mail server of tests that is gone when it is stopped, with all its connections."""

import time
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP


class PostOffice(Controller):
    """Waits for its last connection to end before it stops: one left open would be found by whatever test comes next."""

    def __init__(self, *arguments: Any, **options: Any):
        self.served: list[SMTP] = []
        super().__init__(*arguments, **options)

    def factory(self) -> SMTP:
        served: SMTP = super().factory()
        self.served.append(served)
        return served

    def stop(self, no_assert: bool = False) -> None:
        until = time.monotonic() + 5
        while any(one.transport is not None for one in self.served) and time.monotonic() < until:
            time.sleep(0.005)
        super().stop(no_assert)
