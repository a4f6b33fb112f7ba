"""What Telegram posts."""

import hmac

import msgspec

from qiao.channels.contract import reading
from qiao.channels.contract.channel import Answer, Endpoint, Request, Taken
from qiao.channels.telegram.api import secret_token
from qiao.channels.telegram.settings import plain
from qiao.channels.telegram.updates import wanted
from qiao.core.errors import Invalid, Unauthenticated


class TelegramHook:
    """Authentic by the secret token; a pressed button is answered at once, so that it stops turning."""

    def take(self, endpoint: Endpoint, request: Request) -> Taken:
        given = request.headers.get("x-telegram-bot-api-secret-token", "")
        if not hmac.compare_digest(given.encode(), secret_token(endpoint).encode()):
            raise Unauthenticated("channel_signature_invalid")
        update = reading.document(request.body)
        number = reading.whole(update, "update_id")
        if number is None:
            raise Invalid.field("update_id", "field_missing")
        answer = Answer()
        pressed = reading.text(update, "callback_query", "id", limit=100)
        if pressed:
            said = msgspec.json.encode({"method": "answerCallbackQuery", "callback_query_id": pressed})
            answer = Answer(said, "application/json")
        if not wanted(update, plain(endpoint.settings).bot_username):
            return Taken(answer=answer)
        return Taken([(str(number), request.body)], answer)
