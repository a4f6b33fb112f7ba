"""Makes the peer's tables and fills them. Reads tickets from standard input, a JSON list a line (title, description, whether
done, priority); prints what a client needs: the key of somebody's session, the queue and the ids of open tickets."""

import json
import sys
from itertools import islice

import django

django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model  # noqa: E402 - after setup
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402 - after setup
from django.core.management import call_command  # noqa: E402 - after setup
from helpdesk.models import Queue, Ticket  # noqa: E402 - after setup

call_command("migrate", verbosity=0)
call_command("loaddata", "emailtemplate.json", verbosity=0)
user = get_user_model().objects.create_superuser("bench", "bench@qiao.example", None)
queue = Queue.objects.create(title="Bench", slug="bench")
while rows := [json.loads(line) for line in islice(sys.stdin, 2000)]:
    Ticket.objects.bulk_create(
        Ticket(
            queue=queue,
            title=title,
            description=description,
            status=Ticket.CLOSED_STATUS if done else Ticket.OPEN_STATUS,
            priority=priority,
            assigned_to=user,
        )
        for title, description, done, priority in rows
    )
session = SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.save()
print(json.dumps({"session": session.session_key, "queue": queue.pk}))
