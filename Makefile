# Everything a developer or operator runs. `make` lists it. Works as root and as an ordinary user.
VENV ?= .venv
PY := $(VENV)/bin/python
EMPTY ?=
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help install dev web compiled up down test test-fast lint format types contracts journeys bench lock clean
MAKEFLAGS += --no-print-directory

help: ## 列出这些命令 · list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(VENV)/.installed web ## 准备 .venv 和网页 · prepare .venv and the web parts

up: install compiled ## 启动（EMPTY=1：不带演示数据） · start (EMPTY=1: without demo data)
	@$(VENV)/bin/qiao up $(if $(filter-out 0,$(EMPTY)),--empty) $(ARGS)

down: ## 停止 · stop
	@if [ -x $(VENV)/bin/qiao ]; then $(VENV)/bin/qiao down; fi

test: dev web ## 全部检查和测试 · every check and test
	@$(PY) tools/checks.py

test-fast: dev ## 快速测试 · the quick tests
	@$(PY) tools/checks.py tests-fast

lint: dev ## 代码规范 · code style
	@$(PY) tools/checks.py lint format web-lint

format: dev ## 整理代码格式 · format the code
	@$(VENV)/bin/ruff check --fix . && $(VENV)/bin/ruff format .

types: dev ## 类型检查 · types
	@$(PY) tools/checks.py types web-types

contracts: dev ## 依赖方向 · who may import whom
	@$(PY) tools/checks.py contracts

journeys: dev web ## 浏览器全程测试 · browser journeys
	@$(PY) tools/checks.py journeys

bench: install ## 性能测量（ARGS="…"） · measure (ARGS="…")
	@$(PY) -m bench.chat $(ARGS)

lock: $(VENV)/.installed ## 重新锁定依赖版本（ARGS=--upgrade） · lock dependency versions anew
	@sh tools/lock.sh $(VENV)/bin/uv $(ARGS)

clean: down ## 删除构建结果，询问后删除数据 · remove what was built; asks before removing data
	@sh tools/clean.sh $(VENV)

dev: $(VENV)/.installed-dev

# What changed since the last start; looking takes a tenth of a second.
compiled: $(VENV)/.installed
	@$(PY) -m compileall -q qiao

# Redone when the lock or the project's metadata changes.
$(VENV)/.installed: requirements.lock pyproject.toml tools/requirements-uv.lock tools/bootstrap.sh
	@sh tools/bootstrap.sh $(VENV)
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@sh tools/bootstrap.sh $(VENV) dev
	@touch $@

# Looks at the sources itself, in a tenth of a second.
web: $(VENV)/.installed
	@$(PY) tools/web_build.py
