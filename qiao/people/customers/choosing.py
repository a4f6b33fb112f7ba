"""Customers by what is known of them, as a selection of ids that other rooms filter their own rows by."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, String, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from qiao.people.customers.models import CustomerRow


def of_level(levels: Sequence[str]) -> Select[UUID]:
    return select(CustomerRow.id).where(CustomerRow.level.in_(levels))


def tagged(tags: Sequence[str] | None = None) -> Select[UUID]:
    """Those with one of these tags; without any named, those with any tag at all."""
    own: Any = CustomerRow.tags
    if tags is None:
        return select(CustomerRow.id).where(func.cardinality(own) > 0)
    return select(CustomerRow.id).where(own.overlap(cast(list(tags), ARRAY(String))))
