"""Imports every table of the product, so that migrations and tests see one complete schema."""

import importlib
import pkgutil

import qiao
from qiao.core.db import Base


def load_all() -> None:
    """Imports each room's `models` module (and the tables of core)."""
    for name in ("qiao.core.events", "qiao.core.reactions", "qiao.core.jobs", "qiao.core.secrets"):
        importlib.import_module(name)
    for info in pkgutil.walk_packages(qiao.__path__, "qiao."):
        if info.name.rpartition(".")[2] == "models" and info.name != "qiao.models":
            importlib.import_module(info.name)


__all__ = ["Base", "load_all"]
