"""The verbs of procedures: the room's public face. No verb commits."""

from qiao.desk.sop.service.figures import figures, runs
from qiao.desk.sop.service.fitting import for_subject
from qiao.desk.sop.service.procedures import (
    check,
    create,
    delete,
    diff,
    get,
    install,
    listing,
    publish,
    published_document,
    put_in,
    restore,
    roll_back,
    save_draft,
    unpublish,
    version,
    versions,
)
from qiao.desk.sop.service.reading import get_run
from qiao.desk.sop.service.rehearsing import rehearse
from qiao.desk.sop.service.walking import advance, back, hand_over, pause, resume, start, stop

__all__ = [
    "advance",
    "back",
    "check",
    "create",
    "delete",
    "diff",
    "figures",
    "for_subject",
    "get",
    "get_run",
    "hand_over",
    "install",
    "listing",
    "pause",
    "publish",
    "published_document",
    "put_in",
    "rehearse",
    "restore",
    "resume",
    "roll_back",
    "runs",
    "save_draft",
    "start",
    "stop",
    "unpublish",
    "version",
    "versions",
]
