"""Blocks that run out."""

from qiao.desk.blocking.service import run_out

__all__ = ["run_out"]
