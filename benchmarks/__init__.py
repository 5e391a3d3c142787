"""This server beside FastAgency 0.10.2 and a bare WebSocket server, in one run: `python -m benchmarks`."""
