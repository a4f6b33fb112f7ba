"""The verbs of routing: the room's public face. Presence lives in `qiao.desk.routing.presence`."""

from qiao.desk.routing.service.state import load_settings  # isort: skip  # first: the others build on it
from qiao.desk.routing.service.attendance import expire_due, set_presence
from qiao.desk.routing.service.figures import (
    agent,
    agents,
    availability,
    live,
    my_offers,
    offer_views,
    place,
    queue_places,
    require_agent,
    routing_log,
)
from qiao.desk.routing.service.manual import left_message, take
from qiao.desk.routing.service.matching import match
from qiao.desk.routing.service.offers import accept, decline
from qiao.desk.routing.service.queues import (
    create_default_queue,
    create_queue,
    create_skill,
    delete_queue,
    delete_skill,
    get_queue,
    list_queues,
    list_skills,
    people_with_skills,
    retire,
    save_settings,
    set_members,
    set_user_skills,
    skills_of_user,
    update_queue,
    update_skill,
)

__all__ = [
    "accept",
    "agent",
    "agents",
    "availability",
    "create_default_queue",
    "create_queue",
    "create_skill",
    "decline",
    "delete_queue",
    "delete_skill",
    "expire_due",
    "get_queue",
    "left_message",
    "list_queues",
    "list_skills",
    "live",
    "load_settings",
    "match",
    "my_offers",
    "offer_views",
    "people_with_skills",
    "place",
    "queue_places",
    "require_agent",
    "retire",
    "routing_log",
    "save_settings",
    "set_members",
    "set_presence",
    "set_user_skills",
    "skills_of_user",
    "take",
    "update_queue",
    "update_skill",
]
