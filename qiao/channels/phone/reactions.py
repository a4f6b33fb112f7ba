"""Calls, and promises to call, follow their customer into another record."""

from qiao.channels.phone.models import Call, Callback, Dial
from qiao.people.customers.following import follow

follow(Call.customer_id, shown="calls")
follow(Dial.customer_id)
follow(Callback.customer_id, shown="callbacks")
