"""Realtime: a hint to connected people; the event log is the truth."""

from qiao.core.realtime.hub import Connection, Hub, Push, Target, encoder, enrich, frame_of

__all__ = ["Connection", "Hub", "Push", "Target", "encoder", "enrich", "frame_of"]
