"""How often: asking for codes and typing them per address of the network, forms per customer."""

from qiao.channels.webchat.limits import Limiter as ByKey
from qiao.knowledge.helpcenter.limits import Limiter


class Asks(Limiter):
    """Codes asked for, of one network address."""


class Tries(Limiter):
    """Codes typed in, of one network address."""


class Posts(ByKey):
    """Forms of one customer."""
