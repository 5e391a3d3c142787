"""The load generator `fastagency-load`: opens conversations with a server and measures it (docs/load.md)."""
