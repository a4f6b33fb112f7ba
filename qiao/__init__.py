"""Qiao 桥: the service centre any company can run itself."""

__version__ = "0.1.0"
