"""Browsers follow their customer into another record; `visitors` looks again who is behind them."""

from qiao.channels.webchat.models import VisitorSessionRow
from qiao.people.customers.following import follow

follow(VisitorSessionRow.customer_id, shown="sessions")
