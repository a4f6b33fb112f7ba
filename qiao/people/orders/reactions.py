"""Orders, and what is asked for about them, follow their customer into another record."""

from qiao.people.customers.following import follow
from qiao.people.orders.models import OrderRequestRow, OrderRow

follow(OrderRow.customer_id, shown="orders")
follow(OrderRequestRow.customer_id, shown="order_requests")
