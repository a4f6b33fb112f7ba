"""Queues, agents and who gets which conversation."""
