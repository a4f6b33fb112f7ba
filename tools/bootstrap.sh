#!/bin/sh
# Makes the virtual environment and installs Qiao with its locked dependencies into it.
#   bootstrap.sh VENV        what running needs
#   bootstrap.sh VENV dev    and what its tests need
set -eu
venv=$1
kind=${2:-run}

say() {
  case "${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}" in
    zh*) printf '%s\n' "$1" ;;
    *) printf '%s\n' "$2" ;;
  esac
}

recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

make_venv() {
  for python in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
    if command -v "$python" >/dev/null 2>&1 && recent "$python"; then break; fi
    python=
  done
  if [ -z "$python" ]; then
    say "需要 Python 3.11 或更新版本。请安装后重试；Debian 或 Ubuntu：sudo apt-get install python3 python3-venv；也可用 make PYTHON=/路径/python3 指定。" \
        "Python 3.11 or newer is needed. Install it and try again; on Debian or Ubuntu: sudo apt-get install python3 python3-venv; or name one: make PYTHON=/path/to/python3." >&2
    exit 1
  fi
  say "▶ 创建 $venv（$("$python" -V)）" "▶ making $venv ($("$python" -V))"
  rm -rf "$venv"
  if "$python" -c 'import venv, ensurepip' >/dev/null 2>&1 && "$python" -m venv "$venv" >/dev/null 2>&1; then return; fi
  # Debian splits ensurepip off into python3-venv: an installer that is there already does as well.
  rm -rf "$venv"
  if command -v uv >/dev/null 2>&1 && uv venv -q --seed --python "$python" "$venv"; then return; fi
  if "$python" -c 'import venv, pip' >/dev/null 2>&1 && "$python" -m venv --without-pip "$venv" \
     && "$python" -m pip -q --python "$venv/bin/python" install pip; then return; fi
  rm -rf "$venv"
  say "这个 Python 缺少创建虚拟环境的模块。请运行：sudo apt-get install python3-venv，然后重试。" \
      "This Python lacks the module that makes virtual environments. Run: sudo apt-get install python3-venv, then try again." >&2
  exit 1
}

# One that was moved (its programs name their old place) or whose Python is gone is made anew.
whole() { [ -x "$venv/bin/python" ] && recent "$venv/bin/python" && grep -qF "$(cd "$venv" && pwd)" "$venv/bin/activate"; }
if ! whole; then make_venv; fi
if ! "$venv/bin/python" -m uv --version >/dev/null 2>&1; then
  say "▶ 安装安装器" "▶ installing the installer"
  "$venv/bin/python" -m pip install -q --disable-pip-version-check --require-hashes -r tools/requirements-uv.lock
fi

lock=requirements.lock
[ "$kind" = dev ] && lock=requirements-dev.lock
say "▶ 安装 Python 依赖（$lock）" "▶ installing Python packages ($lock)"
"$venv/bin/python" -m uv pip install --compile-bytecode --python "$venv/bin/python" --require-hashes -r "$lock"
# Building needs hatchling, which the lock holds: nothing is fetched here.
"$venv/bin/python" -m uv pip install -q --python "$venv/bin/python" --no-deps --no-build-isolation -e .
# Compiled once here instead of at every start: three fifths of a start otherwise, and always where writing it is switched off.
PYTHONDONTWRITEBYTECODE= "$venv/bin/python" -m compileall -q -j 0 qiao
