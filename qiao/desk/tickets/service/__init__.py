"""The verbs of tickets: the room's public face. No verb commits; each announces what it did."""

from qiao.desk.tickets.service.assigning import assign, escalate
from qiao.desk.tickets.service.changing import (
    add_tags,
    remove_tags,
    set_next_due,
    set_priority,
    set_tags,
    update,
)
from qiao.desk.tickets.service.creating import begin, create
from qiao.desk.tickets.service.extras import add_item, change_item, log_work, rate, remove_item, remove_work
from qiao.desk.tickets.service.linking import link, merge, merged_into, set_parent, split, unlink
from qiao.desk.tickets.service.moving import advance, close_if_over, hold, move, release
from qiao.desk.tickets.service.people import involve, uninvolve, unwatch, watch
from qiao.desk.tickets.service.reading import (
    by_number,
    condition_facts,
    facts,
    facts_many,
    get,
    listing,
    of_customer,
    open_by_assignee,
    require_visible,
    timeline,
    views_of,
    visible_of,
    watchers_of,
    worklogs,
)
from qiao.desk.tickets.service.rows import resolve
from qiao.desk.tickets.service.talking import comment, hear_customer, note_event, pass_on

__all__ = [
    "add_item",
    "add_tags",
    "advance",
    "assign",
    "begin",
    "by_number",
    "change_item",
    "close_if_over",
    "comment",
    "condition_facts",
    "create",
    "escalate",
    "facts",
    "facts_many",
    "get",
    "hear_customer",
    "hold",
    "involve",
    "link",
    "listing",
    "log_work",
    "merge",
    "merged_into",
    "move",
    "note_event",
    "of_customer",
    "open_by_assignee",
    "pass_on",
    "rate",
    "release",
    "remove_item",
    "remove_tags",
    "remove_work",
    "require_visible",
    "resolve",
    "set_next_due",
    "set_parent",
    "set_priority",
    "set_tags",
    "split",
    "timeline",
    "uninvolve",
    "unlink",
    "unwatch",
    "update",
    "views_of",
    "visible_of",
    "watch",
    "watchers_of",
    "worklogs",
]
