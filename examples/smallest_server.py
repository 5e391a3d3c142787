"""The smallest server: one workflow. Start it with `uvicorn smallest_server:app --port 8008` in this
folder."""

from typing import Any

from fastagency_server import UI, FastAPIAdapter, Workflows
from fastapi import FastAPI

workflows = Workflows()


@workflows.register(name="greeting", description="Asks for your name and greets you")
def greeting(ui: UI, params: dict[str, Any]) -> str:
    """Ask for a name, and say hello in the words that `params` may hold."""
    name = ui.text_input(sender="Workflow", recipient="User", prompt="What is your name?")
    ui.text_message(sender="Workflow", recipient="User", body=f"{params.get('greeting', 'Hello')}, {name}!")
    return f"{name} has been greeted."


app = FastAPI(title="The smallest server")
app.include_router(FastAPIAdapter(provider=workflows).router)
