"""Workflows with an AG2 agent, run as AG2 itself recommends: `agent.run(…)`, then `ui.process(response)`."""

# ruff: noqa: ARG001 - every workflow takes `params`, whether it needs them or not

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autogen.agentchat import ConversableAgent
from fastagency_server.runtimes.offline import offline_llm_config

if TYPE_CHECKING:
    from fastagency_server import UI, Workflows

_LLM = offline_llm_config()


def register(workflows: Workflows) -> None:
    """Register every workflow of this module."""

    @workflows.register(name="tutor", description="An agent that asks its human")
    def tutor(ui: UI, params: dict[str, Any]) -> str:
        agent = ConversableAgent(name="Tutor", system_message="You are a patient tutor.", llm_config=_LLM)
        return str(ui.process(agent.run(message="prime numbers", max_turns=2, user_input=True)))

    @workflows.register(name="monologue", description="An agent that asks nobody")
    def monologue(ui: UI, params: dict[str, Any]) -> str:
        agent = ConversableAgent(name="Tutor", system_message="You are a patient tutor.", llm_config=_LLM)
        return str(ui.process(agent.run(message="prime numbers", max_turns=1, user_input=False)))
