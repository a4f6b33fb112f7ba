"""How fast what customers send on other channels becomes a message."""
