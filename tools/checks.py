"""Runs the project's checks, stage after stage; what fails ends the run with its stage.

    python tools/checks.py [STEP…]

Without a step all are run, in the stages below. The last line printed is the tests' summary.
"""

import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import terminal
import web_build

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / ".cache" / "logs"
BIN = Path(sys.executable).parent
TESTS_FAILED, NO_TESTS = 1, 5
"""pytest's exit codes when tests failed, and when it collected nothing, which is no success."""
UNSTEADY_AT_MOST = 4
"""So many that failed are tried once more alone. More than these are no accident of a crowded machine."""
REPORTED = {"failed": "failures", "error": "errors", "skipped": "skipped"}


@dataclass(frozen=True, slots=True)
class Step:
    """One check: what it is called, what it runs; `tests` tells that its output ends in pytest's summary."""

    name: str
    zh: str
    command: Callable[[], list[str]]
    needs: Path = ROOT
    web: bool = False
    tests: bool = False


def _npm(script: str) -> Callable[[], list[str]]:
    return lambda: [*web_build.Node().npm, "run", script]


def _pytest(*arguments: str) -> Callable[[], list[str]]:
    return lambda: [sys.executable, "-m", "pytest", *arguments]


def _workers() -> str:
    return os.environ.get("QIAO_TEST_WORKERS") or str(min(4, os.cpu_count() or 1))


# In the order of the folders: sorted by size, the longest test, alone in its file, would be left for the very end.
SHARED_OUT = ("--dist", "loadfile", "--no-loadscope-reorder")
PARALLEL = ("-n", _workers(), *SHARED_OUT, "--durations", "10", "--ignore", "tests/journeys", "tests")

_LISTED = (
    Step("lint", "代码规范", lambda: [str(BIN / "ruff"), "check", "."]),
    Step("format", "代码格式", lambda: [str(BIN / "ruff"), "format", "--check", "."]),
    Step("types", "类型检查", lambda: [str(BIN / "mypy"), "qiao", "bench"]),
    Step("contracts", "依赖方向", lambda: [str(BIN / "lint-imports")]),
    Step("web-lint", "网页代码规范", _npm("lint"), ROOT / "web" / "package.json", web=True),
    Step("web-types", "网页类型检查", _npm("types"), ROOT / "web" / "package.json", web=True),
    Step("web-tests", "网页单元测试", _npm("test"), ROOT / "web" / "package.json", web=True),
    Step("tests", "单元与接口测试", _pytest(*PARALLEL), ROOT / "tests", tests=True),
    Step(
        "journeys",
        "浏览器全程测试",
        _pytest("--durations", "10", "tests/journeys"),
        ROOT / "tests" / "journeys",
        tests=True,
    ),
)
STEPS = {step.name: step for step in _LISTED}
"""In this order, when some are asked for."""
STAGES: tuple[tuple[tuple[str, ...], ...], ...] = (
    (("lint", "format", "contracts"),),
    (("types",), ("web-lint", "web-types", "web-tests")),
    # A browser waits for a server and a server for a database: beside the tests, which leave no core idle for long.
    (("tests",), ("journeys",)),
)
"""One stage after the other; the lanes of a stage side by side, the steps of a lane in turn. The first lane is shown."""
ASKED_ONLY = (Step("tests-fast", "快速测试", _pytest(*PARALLEL, "-m", "not slow"), ROOT / "tests", tests=True),)


def main(names: list[str]) -> int:
    """Run the named steps one after another, or all in their stages."""
    known = {**STEPS, **{step.name: step for step in ASKED_ONLY}}
    if unknown := [name for name in names if name not in known]:
        terminal.say(f"没有这些步骤：{unknown}", f"no such steps: {unknown}")
        return 2
    # The tests start the product many times over: what Python has compiled once is kept.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    began = time.monotonic()
    counts: dict[str, int] = {}
    stages = tuple(((name,),) for name in names) if names else STAGES
    for stage in stages:
        lanes = [[known[name] for name in lane if known[name].needs.exists()] for lane in stage]
        with ThreadPoolExecutor(len(lanes)) as pool:
            beside = [pool.submit(_lane, lane, shown=False) for lane in lanes[1:]]
            ends = [_lane(lanes[0], shown=True), *(one.result() for one in beside)]
        code = 0
        for failed, found in ends:
            again = found == TESTS_FAILED and failed is not None and failed.tests and _steady_alone(failed, counts)
            code = code or (0 if again else found)
        for step in (step for lane in lanes for step in lane):
            _add(counts, _report(step))
        if code != 0:
            if counts:
                print(_summary(counts, began))
            return 1 if code == NO_TESTS else code
    if counts:
        print(_summary(counts, began))
    return 0


def _lane(steps: list[Step], *, shown: bool) -> tuple[Step | None, int]:
    """The first step that fails with its exit code; or none, and 0."""
    for step in steps:
        env: dict[str, str] = {}
        _report(step).unlink(missing_ok=True)
        if step.web:
            node = web_build.Node()
            web_build.prepare(ROOT, node)
            env = node.environment
        code, _ = terminal.run(
            step.zh if terminal.CHINESE else step.name,
            [*step.command(), *(_kept(step) if step.tests else ())],
            log=LOGS / f"{step.name}.log",
            cwd=ROOT / "web" if step.web else ROOT,
            env=env,
            show=step.tests and shown,
        )
        if code != 0:
            return step, code
    return None, 0


def _report(step: Step) -> Path:
    return LOGS / f"{step.name}.xml"


def _kept(step: Step) -> tuple[str, ...]:
    """Where pytest reports, and where it remembers what failed: each step for itself."""
    return (f"--junitxml={_report(step)}", "-o", f"cache_dir={LOGS.parent / 'pytest' / step.name}")


def _steady_alone(step: Step, counts: dict[str, int]) -> bool:
    """Tries the few tests that failed once more, with the machine to themselves. What passes now is named as unsteady
    and counted as `rerun`, so that it is seen and mended; what fails again has failed."""
    first: dict[str, int] = {}
    _add(first, _report(step))
    failed = first.get("failed", 0) + first.get("error", 0)
    if not 0 < failed <= UNSTEADY_AT_MOST:
        return False
    report = LOGS / f"{step.name}-again.xml"
    command = [*step.command(), *_kept(step), f"--junitxml={report}", "-n0", "--lf", "--lfnf=none"]
    name = f"{step.zh}：单独重跑 {failed} 项" if terminal.CHINESE else f"{step.name}: {failed} once more, alone"
    code, _ = terminal.run(name, command, log=LOGS / f"{step.name}-again.log", cwd=ROOT, show=True)
    if code != 0:
        return False
    again: dict[str, int] = {}
    _add(again, report)
    for case in ElementTree.parse(report).iter("testcase"):
        test = f"{case.get('classname')}::{case.get('name')}"
        terminal.say(f"  不稳定，单独运行才通过：{test}", f"  unsteady, passed only alone: {test}")
    counts["failed"] = counts.get("failed", 0) - first.get("failed", 0)
    counts["error"] = counts.get("error", 0) - first.get("error", 0)
    counts["passed"] = counts.get("passed", 0) + again.get("passed", 0)
    counts["rerun"] = counts.get("rerun", 0) + again.get("passed", 0)
    return True


def _add(counts: dict[str, int], report: Path) -> None:
    """Add up the test run's own report: what it prints depends on how talkative it was asked to be."""
    if not report.exists():
        return
    for suite in ElementTree.parse(report).iter("testsuite"):
        found = {word: int(suite.get(key, 0)) for word, key in REPORTED.items()}
        for word, number in (*found.items(), ("passed", int(suite.get("tests", 0)) - sum(found.values()))):
            counts[word] = counts.get(word, 0) + number


def _summary(counts: dict[str, int], began: float) -> str:
    """All test runs together, written as pytest writes it."""
    order = ("failed", "passed", "skipped", "error", "rerun")
    parts = [f"{counts[word]} {word}" for word in order if counts.get(word)]
    return f"{', '.join(parts)} in {time.monotonic() - began:.2f}s"


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except web_build.WebBuildError:
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
