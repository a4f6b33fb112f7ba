"""What the doors share: who may come in, and the two kinds of text."""

from typing import Annotated, Final, Literal

from fastapi import Query

from qiao.core.actor import Actor
from qiao.people.accounts.access import Needs

Viewer = Annotated[Actor, Needs("knowledge.view")]
Editor = Annotated[Actor, Needs("knowledge.edit")]
Publisher = Annotated[Actor, Needs("knowledge.publish")]
Manager = Annotated[Actor, Needs("knowledge.manage")]
Words = Annotated[str | None, Query(max_length=200)]
Kind = Literal["faqs", "articles"]
SOURCE: Final[dict[str, str]] = {"faqs": "faq", "articles": "article"}
