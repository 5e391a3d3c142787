"""A student and a teacher, both AutoGen agents, talk about the subject that the user names.

Start it with `uvicorn student_teacher:app --app-dir examples --port 8008`. With OPENAI_API_KEY set the agents
use the real endpoint; without it they use the offline one, whose replies are marked `[offline]`.
"""

# ruff: noqa: ARG001 - every workflow takes `params`, whether it needs them or not

from typing import Any

from autogen.agentchat import ConversableAgent
from fastagency_server import UI, FastAPIAdapter
from fastagency_server.runtimes.autogen import AutoGenWorkflows
from fastagency_server.runtimes.offline import llm_config_from_environment
from fastapi import FastAPI

llm_config = llm_config_from_environment(temperature=0.8)

wf = AutoGenWorkflows()


@wf.register(name="simple_learning", description="Student and teacher learning chat")
def simple_workflow(ui: UI, params: dict[str, Any]) -> str:
    """Ask for a subject and let the two agents take three turns on it."""
    initial_message = ui.text_input(
        sender="Workflow",
        recipient="User",
        prompt="What would you like to learn about? Any subject of mathematics will do.",
    )

    student_agent = ConversableAgent(
        name="Student_Agent",
        system_message="You are a student who is eager to learn.",
        llm_config=llm_config,
    )
    teacher_agent = ConversableAgent(
        name="Teacher_Agent",
        system_message="You are a teacher of mathematics.",
        llm_config=llm_config,
    )

    chat_result = student_agent.initiate_chat(
        teacher_agent,
        message=initial_message,
        summary_method="reflection_with_llm",
        max_turns=3,
    )

    return str(chat_result.summary)


app = FastAPI(title="Student and teacher")
app.include_router(FastAPIAdapter(provider=wf).router)
