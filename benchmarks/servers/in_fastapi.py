"""The same workflows as routes of a FastAPI application, as one that has other routes too would have them."""

from __future__ import annotations

from fastapi import FastAPI

from .ours import adapter

app = FastAPI()
app.include_router(adapter.router)
