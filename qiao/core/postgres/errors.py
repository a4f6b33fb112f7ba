"""What can go wrong with the embedded server, in words for the person who started it."""

from qiao.core import i18n
from qiao.core.errors import Unavailable


class PostgresError(Unavailable):
    """The embedded server cannot do what was asked; the code is `postgres.<what>`."""

    def __init__(self, what: str, /, **params: str | int):
        super().__init__(f"postgres.{what}")
        self.params = dict(params)

    def text(self, locale: str) -> str:
        """The sentence a person reads."""
        return i18n.t(f"errors.{self.code}", locale, **self.params)

    def __str__(self) -> str:
        return " / ".join(self.text(locale) for locale in i18n.LOCALES)
