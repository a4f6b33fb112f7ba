import pytest

from qiao.core import money


@pytest.mark.parametrize(
    ("minor", "currency", "amount", "words"),
    [
        (12900, "CNY", "129.00", "¥129.00"),
        (1234567, "USD", "12345.67", "$12,345.67"),
        (12900, "JPY", "12900", "JPY 12,900"),
        (1005, "KWD", "1.005", "KWD 1.005"),
        (-5, "EUR", "-0.05", "€-0.05"),
        (10**15 + 1, "CNY", "10000000000000.01", "¥10,000,000,000,000.01"),
    ],
)
def test_each_currency_has_its_own_small_coin(minor: int, currency: str, amount: str, words: str) -> None:
    assert money.amount(minor, currency) == amount
    assert money.words(minor, currency) == words
