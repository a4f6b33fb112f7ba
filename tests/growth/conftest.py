"""Fixtures of growth tests: the street of the channels."""

from tests.channels.conftest import settings, street

__all__ = ["settings", "street"]
