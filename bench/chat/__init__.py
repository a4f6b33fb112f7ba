"""How fast the product chats: run `python -m bench.chat`."""
