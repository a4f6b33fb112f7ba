"""What crosses the border of set-up."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from qiao.people.accounts.schemas import Email, Name, NewPassword
from qiao.people.organization.schemas import CompanyName, Locale, check_timezone


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Company(Body):
    name: CompanyName
    locale: Locale = "zh-CN"
    timezone: str = "Asia/Shanghai"

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        return check_timezone(value)


class Admin(Body):
    name: Name
    email: Email
    password: NewPassword


class FirstInbox(Body):
    name: Name
    site_url: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] | None = None


class SetupBody(Body):
    """What a company says about itself on the first day."""

    company: Company
    admin: Admin
    inbox: FirstInbox = Field(description="The first website that carries the chat widget.")


class SetupState(BaseModel):
    done: bool
