"""The fault run: many conversations at once while their connections are cut, from any client."""
