"""What a reader opened in the portal follows them into another record; their sign-in finds it by itself."""

from qiao.channels.portal.models import PortalSuggestionRow
from qiao.people.customers.following import follow

follow(PortalSuggestionRow.customer_id)
