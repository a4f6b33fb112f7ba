"""Customers get things done with the bot: strangers prove who they are first."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.journeys.people import Customer

pytestmark = [pytest.mark.journey, pytest.mark.usefixtures("clean_desk")]
Come = Callable[..., Customer]


def test_a_stranger_proves_who_they_are_first(customer: Come) -> None:
    visitor = customer("en").open_chat()
    expect(visitor.asks("where is my parcel")).to_contain_text("order number")
    expect(visitor.asks("KL80010235")).to_contain_text("last four digits")
    expect(visitor.asks("0000")).to_contain_text("does not match")
    visitor.asks("KL80010235, 0124")
    visitor.sees("CL970452869342")
