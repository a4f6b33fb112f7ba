"""Jobs of ticket lists, found by place."""

from qiao.desk.ticketlists import bulk, exports

__all__ = ["bulk", "exports"]
