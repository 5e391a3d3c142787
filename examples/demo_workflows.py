"""More workflows for the demo server: together with `student_teacher` they show all ten message types."""

# ruff: noqa: ARG001 - every workflow takes `params`, whether it needs them or not

import re
import time
from typing import Annotated, Any
from uuid import uuid4

from autogen.agentchat import ConversableAgent, GroupChat, GroupChatManager
from fastagency_server import UI, AsyncUI
from student_teacher import llm_config, wf

__all__ = ["wf"]

FROM_WORKFLOW: dict[str, Any] = {"sender": "Workflow", "recipient": "User"}


@wf.register(name="quiz", description="A quiz: every kind of question")
def quiz(ui: UI, params: dict[str, Any]) -> str:
    """Ask once in each way that the protocol knows. No agent is involved."""
    ui.system_message(**FROM_WORKFLOW, message={"heading": "Quiz", "body": "Four questions, no grades."})
    name = ui.text_input(
        **FROM_WORKFLOW, prompt="Under which name do you play?", suggestions=["Player one", "Player two"]
    )
    level = ui.multiple_choice(
        **FROM_WORKFLOW,
        prompt="How hard may it be?",
        choices=["Easy", "Medium", "Hard"],
        default="Medium",
    )
    picked = ui.multiple_choice(
        **FROM_WORKFLOW,
        prompt="Which of these numbers are prime? Pick any number of them.",
        choices=["2", "9", "11", "15", "17"],
        single=False,
    )
    secret = ui.text_input(**FROM_WORKFLOW, prompt="A secret word, to sign your answers with", password=True)
    ui.keep_alive()
    right = set(filter(None, picked.split(","))) == {"2", "11", "17"}
    verdict = "All prime, none forgotten." if right else "Not quite: 2, 11 and 17 are the primes."
    ui.text_message(
        **FROM_WORKFLOW,
        body=f"**{name}**, level {level}: {verdict} Signed with a secret of {len(secret)} characters.",
    )
    return "right" if right else "wrong"


@wf.register(name="prime_check", description="An agent that calls a tool")
def prime_check(ui: UI, params: dict[str, Any]) -> str:
    """Let an agent find out with a tool whether the user's number is prime."""
    question = ui.text_input(
        **FROM_WORKFLOW, prompt="Which number shall be checked?", suggestions=["97", "91"]
    )
    mathematician = ConversableAgent(
        name="Mathematician",
        system_message="You help with numbers. You use your tool to decide whether a number is prime.",
        llm_config=llm_config,
    )
    calculator = ConversableAgent(name="Calculator", human_input_mode="NEVER", llm_config=False)

    @calculator.register_for_execution()
    @mathematician.register_for_llm(description="Say whether a number is prime.")
    def is_prime(number: Annotated[int, "the number to check"]) -> str:
        prime = number > 1 and all(number % divisor for divisor in range(2, int(number**0.5) + 1))
        return f"{number} is {'prime' if prime else 'not prime'}"

    chat_result = calculator.initiate_chat(
        mathematician, message=f"Is {question} a prime number?", max_turns=2, summary_method="last_msg"
    )
    return str(chat_result.summary)


@wf.register(name="review", description="A writer whose drafts you review")
def review(ui: UI, params: dict[str, Any]) -> str:
    """Put the human into the loop: the user answers as the reviewer, an agent that asks its human always."""
    writer = ConversableAgent(
        name="Writer", system_message="You write one short paragraph at a time.", llm_config=llm_config
    )
    reviewer = ConversableAgent(name="Reviewer", human_input_mode="ALWAYS", llm_config=False)
    subject = ui.text_input(**FROM_WORKFLOW, prompt="What shall the paragraph be about?")
    chat_result = reviewer.initiate_chat(writer, message=subject, max_turns=3, summary_method="last_msg")
    return str(chat_result.summary)


@wf.register(name="panel", description="Three agents; you may choose who speaks")
def panel(ui: UI, params: dict[str, Any]) -> str:
    """Hold a group chat, in turns or with the user as its moderator."""
    turns, moderated = "They take turns", "I choose who speaks"
    how = ui.multiple_choice(
        **FROM_WORKFLOW, prompt="Who decides who speaks?", choices=[turns, moderated], default=turns
    )
    subject = ui.text_input(**FROM_WORKFLOW, prompt="What shall the panel talk about?")
    optimist, sceptic, historian = (
        ConversableAgent(name=role, system_message=f"You are the {role} of a panel.", llm_config=llm_config)
        for role in ("Optimist", "Sceptic", "Historian")
    )
    chat = GroupChat(
        agents=[optimist, sceptic, historian],
        messages=[],
        max_round=4,
        speaker_selection_method="manual" if how == moderated else "round_robin",
    )
    manager = GroupChatManager(groupchat=chat, llm_config=llm_config)
    chat_result = optimist.initiate_chat(manager, message=subject, summary_method="reflection_with_llm")
    return str(chat_result.summary)


@wf.register(name="tutor", description="An agent that runs by itself, with you beside it")
def tutor(ui: UI, params: dict[str, Any]) -> str:
    """Show a run that AutoGen holds in the background: its events and its requests for input."""
    agent = ConversableAgent(name="Tutor", system_message="You are a patient tutor.", llm_config=llm_config)
    subject = ui.text_input(**FROM_WORKFLOW, prompt="What shall the tutor explain?")
    return ui.process(agent.run(message=subject, max_turns=2, user_input=True))


@wf.register(name="async_learning", description="Student and teacher, without a thread")
async def async_learning(ui: AsyncUI, params: dict[str, Any]) -> str:
    """Hold the chat of `simple_learning` as an `async def` workflow, which needs no thread while it waits."""
    subject = await ui.text_input(**FROM_WORKFLOW, prompt="What would you like to learn about?")
    student = ConversableAgent(
        name="Student_Agent", system_message="You are a student who is eager to learn.", llm_config=llm_config
    )
    teacher = ConversableAgent(
        name="Teacher_Agent", system_message="You are a teacher of mathematics.", llm_config=llm_config
    )
    chat_result = await student.a_initiate_chat(
        teacher, message=subject, summary_method="reflection_with_llm", max_turns=2
    )
    return str(chat_result.summary)


WORD_SECONDS = 0.06
"""How long the storyteller takes for a word: about as fast as a model writes."""

ANSWER_SECONDS = 45.0
"""How long the storyteller waits before it goes on by itself."""


@wf.register(name="storyteller", description="A story, written while you read, and one choice against time")
def storyteller(ui: UI, params: dict[str, Any]) -> str:
    """Stream two texts, with a question between them that closes by itself. No agent is involved."""
    hero = ui.text_input(
        **FROM_WORKFLOW, prompt="Who is the story about?", suggestions=["Ada", "A lighthouse keeper"]
    )
    tell(
        ui,
        f"**{hero}** had counted the stairs of the tower every evening for a year, and every evening there"
        " had been ninety-seven. Tonight there were ninety-eight. At the top stood a door that had not been"
        " there before, and behind it somebody was humming.",
    )
    opened, waited = "Open the door", "Wait"
    choice = ui.multiple_choice(
        **FROM_WORKFLOW,
        prompt=f"What does {hero} do? The story does not wait for ever.",
        choices=[opened, waited],
        default=waited,
        timeout=ANSWER_SECONDS,
    )
    endings = {
        opened: "The humming stopped. *At last,* said the light, which had never been able to leave the lamp,"
        " *somebody who counts.* From then on they counted the ships together.",
        waited: "The humming went on until the morning. Then the stairs were ninety-seven again, and nothing"
        " was left of the door but a tune that could not be forgotten.",
    }
    tell(ui, endings[choice])
    return f"The end of the story of {hero}."


def tell(ui: UI, text: str) -> None:
    """Write a text word by word, then say it whole."""
    uuid = uuid4().hex
    for word in re.findall(r"\S+\s*", text):
        ui.text_chunk(sender="Narrator", recipient="User", uuid=uuid, delta=word)
        time.sleep(WORD_SECONDS)
    ui.text_message(sender="Narrator", recipient="User", uuid=uuid, body=text)


@wf.register(name="failing", description="A workflow that fails")
def failing(ui: UI, params: dict[str, Any]) -> str:
    """Say something and raise: the client gets an `error`, then `workflow_completed`."""
    ui.text_message(**FROM_WORKFLOW, body="The next step divides by zero.")
    return str(1 // 0)
