"""A client and a server written for the suite alone, and the canaries, each wrong in one way on purpose."""
