"""What WeChat's error codes mean for us.

From the provider's 全局返回码 (global return codes) and the errors listed with the calls made here: stable_token,
custom/send, custom/typing, media/upload, media/get, template/send, subscribe/send, subscribe/bizsend, menu/*,
get_all_private_template, newtmpl/gettemplate, qrcode/create, getwxacodeunlimit, user/info, openapi/quota/get.
"""

from typing import Any, Final, Literal, NamedTuple

from qiao.channels.contract.channel import DeliveryFailed, DeliveryRefused, SourceFailed
from qiao.channels.contract.refusing import ProviderError

Kind = Literal["renew", "setup", "later", "refused"]


class Meaning(NamedTuple):
    """`renew`: the token is old. `setup`: somebody has to change something, here or there. `later`: it may work in a
    while (`after` seconds). `refused`: never."""

    kind: Kind
    word: str
    after: float | None = None


def _all(kind: Kind, word: str, *codes: int, after: float | None = None) -> dict[int, Meaning]:
    return dict.fromkeys(codes, Meaning(kind, word, after))


MEANINGS: Final[dict[int, Meaning]] = {
    **_all("renew", "token", 40001, 40014, 42001, 41001, 42007),
    # the account and its settings
    **_all("setup", "app_id", 40013, 41002),
    **_all("setup", "app_secret", 40125, 41004, 40002),
    **_all("setup", "secret_frozen", 40243),
    **_all("setup", "ip_not_listed", 40164, 61003, 61004, 45035, 89503, 89501, 89506, 89507),
    **_all("setup", "account_frozen", 50004, 50007, 200011),
    **_all("setup", "banned", 48004, 43107, 43109, 43110),
    # in a while
    **_all("later", "busy", -1, 61450, 43108, 50003),
    **_all("later", "minute_quota", 45011, 45083, after=60.0),
    **_all("later", "day_quota", 45009, 45028, after=3600.0),
    **_all("later", "upload_again", 40007, 46001, 41006),
    # the window
    **_all("refused", "out_of_window", 45015),
    **_all("refused", "window_used", 45047),
    # the person
    **_all("refused", "address_unknown", 40003, 40031, 40132, 46004, 41009),
    **_all("refused", "not_following", 43004, 50005, 43005),
    **_all("refused", "blacklisted", 43019),
    **_all("refused", "rejects_messages", 48002, 50001),
    **_all("refused", "user_limited", 50002),
    # what may be sent
    **_all("refused", "no_permission", 48001, 48003, 48008, 61007, 65400),
    **_all("refused", "media_type", 40004, 40005, 40008),
    **_all("refused", "media_too_large", 40006, 40009, 40010, 40011, 40012, 45001, 45007),
    **_all("refused", "content_invalid", 40033, 40035, 44001, 44002, 44003, 44004, 47001, 43001, 43002, 43003),
    **_all("refused", "content_too_long", 45002, 45003, 45004, 45005, 45006, 45008),
    **_all("refused", "content_refused", 45168, 87014, 20001, 20002, 20013),
    **_all("refused", "link_invalid", 40039, 40048, 40066, 40155),
    **_all("refused", "page_unknown", 40165, 41030, 40097),
    # templates and subscribe messages
    **_all("refused", "template_unknown", 40036, 40037, 200013, 200014, 41028, 41029),
    **_all("refused", "template_data", 47003, 47006),
    **_all("refused", "template_not_accepted", 43101),
    **_all("refused", "template_limited", 43116, 45026),
    # menus
    **_all("refused", "menu_invalid", 40015, 40016, 40017, 40018, 40019, 40020, 40021, 40022, 40023, 40024, 40025, 40026,
           40027, 40028, 45010, 46002, 65303, 65305, 65306, 65307, 65308, 65309, 65310, 65311, 65312, 65313, 65314, 65316,
           65317, 65318),
    **_all("refused", "menu_link", 40054, 40055),
    **_all("refused", "menu_program", 45064, 40119, 40120),
    **_all("refused", "menu_none", 46003, 65301),
    # QR codes
    **_all("refused", "scene_invalid", 40052, 40053, 40169, 40096),
    **_all("refused", "codes_used_up", 45029),
    # signs of typing; nothing is lost with one
    **_all("refused", "typing", 45072, 45080, 45081),
}  # fmt: skip


def meaning_of(code: int) -> Meaning:
    """An unknown code is tried again, with what the provider said kept."""
    return MEANINGS.get(code, Meaning("later", "unknown"))


def key_of(meaning: Meaning) -> str:
    """Its words in the catalogue. A token that is refused even when new means a wrong secret, or somebody else renews."""
    return f"wechat.{'setup' if meaning.kind == 'renew' else meaning.kind}.{meaning.word}"


class WechatError(ProviderError):
    """WeChat said no. Its codes tell what is to be done: renew a token, try later, or give up."""

    channel, provider = "wechat", "WeChat"

    @property
    def meaning(self) -> Meaning:
        return meaning_of(int(self.code))

    @property
    def word(self) -> str | None:
        return self.meaning.word

    @property
    def key(self) -> str:
        return key_of(self.meaning)

    @property
    def params(self) -> dict[str, Any]:
        return {"number": self.code, "detail": self.message}

    def as_delivery(self) -> DeliveryFailed | DeliveryRefused:
        if self.meaning.kind == "refused":
            return DeliveryRefused(self.key, **self.params)
        return DeliveryFailed(str(self), after=self.meaning.after, code=self.key, **self.params)

    def as_source(self) -> SourceFailed:
        return SourceFailed(self.key, hopeless=self.meaning.kind != "later", **self.params)
