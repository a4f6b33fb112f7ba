"""The dry run of a mapping."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from qiao.channels.incoming import expressions, mapping
from qiao.channels.incoming.settings import MAPPING, IncomingSettings
from qiao.core import i18n
from qiao.core.actor import Actor
from qiao.core.errors import Invalid
from qiao.core.web import Locale
from qiao.core.web.routing import Router
from qiao.people.accounts.access import Needs

router = Router(prefix="/channels/incoming", tags=["incoming webhooks"])


class DryRunBody(BaseModel):
    """A sample as the other system posts it, and the mapping of the form."""

    model_config = ConfigDict(extra="forbid")

    sample: str = Field(max_length=200_000)
    mapping: dict[str, Annotated[str, Field(max_length=2000)]] = Field(default_factory=dict)


class Fault(BaseModel):
    """What is wrong, in which part of the mapping (or `sample`), at which character (from 0) of it."""

    field: str
    at: int | None
    message: str


class DryRun(BaseModel):
    """`messages`: what would be taken in. `skipped`: what the condition keeps out."""

    faults: list[Fault]
    messages: list[dict[str, Any]]
    skipped: int


@router.post("/dry-run")
async def dry_run(body: DryRunBody, actor: Annotated[Actor, Needs("inboxes.manage")], locale: Locale) -> DryRun:
    """What a mapping makes of a sample. Nothing is stored."""
    faults: list[Fault] = []
    for name, text in body.mapping.items():
        if name not in MAPPING:
            raise Invalid.field(f"mapping.{name}"[:80], "field_unknown")
        try:
            (expressions.parse_condition if name == "when" else expressions.parse)(text or "''")
        except expressions.ExpressionFault as fault:
            said = i18n.t(f"incoming.fault.{fault.code}", locale, **fault.params)
            faults.append(Fault(field=name, at=fault.at, message=said))
    try:
        payload = mapping.decode(body.sample.encode("utf-8", "surrogatepass"))
    except Invalid:
        faults.append(Fault(field="sample", at=None, message=i18n.t("incoming.fault.sample", locale)))
        return DryRun(faults=faults, messages=[], skipped=0)
    if faults:
        return DryRun(faults=faults, messages=[], skipped=0)
    settings = IncomingSettings.model_validate(body.mapping)
    try:
        found = mapping.find(settings, payload)
        everything = (
            len(mapping.find(settings.model_copy(update={"when": ""}), payload)) if settings.when else len(found)
        )
    except Invalid as invalid:
        first = invalid.fields[0]
        said = i18n.t(f"errors.{first.code}", locale, **first.params)
        return DryRun(faults=[Fault(field=first.field, at=None, message=said)], messages=[], skipped=0)
    shown = [
        {
            "id": one.id,
            "address": one.address,
            "name": one.name,
            "phone": one.phone,
            "email": one.email,
            "text": one.text,
            "files": [{"name": file["name"], "url": file["url"]} for file in one.files],
            "thread": one.thread,
            "locale": one.locale,
        }
        for one in found
    ]
    return DryRun(faults=[], messages=shown, skipped=max(0, everything - len(found)))
