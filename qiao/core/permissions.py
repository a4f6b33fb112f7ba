"""Every permission there is, and the roles that ship. A room checks names from here; a test refuses unknown ones."""

from typing import Final

PERMISSIONS: Final[tuple[str, ...]] = (
    "conversations.handle",
    "conversations.view_all",
    "conversations.monitor",
    "customers.view",
    "customers.edit",
    "customers.reveal",
    "orders.write",
    "knowledge.view",
    "knowledge.edit",
    "knowledge.publish",
    "canned.edit",
    "queues.manage",
    "users.manage",
    "roles.manage",
    "inboxes.manage",
    "settings.manage",
    "wallboard.view",
    "reports.view",
    "audit.view",
    "operations.view",
    "api.channel",
)

BUILT_IN_ROLES: Final[dict[str, tuple[str, ...]]] = {
    "admin": PERMISSIONS,
    "supervisor": (
        "conversations.handle",
        "conversations.view_all",
        "conversations.monitor",
        "customers.view",
        "customers.edit",
        "customers.reveal",
        "knowledge.view",
        "knowledge.edit",
        "canned.edit",
        "queues.manage",
        "users.manage",
        "wallboard.view",
        "reports.view",
    ),
    "agent": ("conversations.handle", "customers.view", "customers.edit", "knowledge.view"),
    "knowledge_editor": (
        "conversations.view_all",
        "customers.view",
        "knowledge.view",
        "knowledge.edit",
        "knowledge.publish",
        "canned.edit",
    ),
    "viewer": ("conversations.view_all", "customers.view", "knowledge.view", "wallboard.view", "reports.view"),
}
