"""`qiao evaluate flows`: files checked and their tests run, without server or database."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from qiao.bot.flows import checking, rehearsal
from qiao.bot.flows.checking import Fault, FlowFaulty, hindrances
from qiao.bot.flows.document import Flow
from qiao.bot.tools import plugins
from qiao.bot.tools.ports import ToolSpec
from qiao.core import i18n

Echo = Callable[[str], object]


def evaluate_files(files: Sequence[Path], locale: str, echo: Echo) -> bool:
    """Whether every file is a flow whose tests all pass; says what is not."""
    known = {name: tool.spec for name, tool in plugins.registered().items()}
    good = True
    for file in files:
        try:
            flow = checking.parse(checking.read_text(file.read_text(encoding="utf-8")))
            # What a company has connected is not known here: only calls of shipped tools are held against their inputs.
            found = [fault for fault in checking.faults(flow, known) if fault.code != "unknown_tool"]
        except (OSError, UnicodeDecodeError) as error:
            echo(f"{file}: {error}")
            good = False
            continue
        except FlowFaulty as faulty:
            flow, found = None, faulty.faults
        for fault in found:
            echo(f"{file}: {_where(fault)}: {fault.text(locale)}")
        if flow is None or hindrances(found):
            good = False
            continue
        good = _tested(file, flow, known, locale, echo) and good
    return good


def _tested(file: Path, flow: Flow, known: dict[str, ToolSpec], locale: str, echo: Echo) -> bool:
    results = asyncio.run(rehearsal.run_tests(flow, known))
    for result in results:
        echo(f"{file}: {'✓' if result.passed else '✗'} {result.name}")
        for miss in result.misses:
            echo(
                i18n.t(
                    "flows.miss", locale, turn=miss.turn + 1, what=miss.what, expected=miss.expected, found=miss.found
                )
            )
    return all(result.passed for result in results)


def _where(fault: Fault) -> str:
    return ".".join(part for part in (fault.step, fault.field) if part) or "-"
