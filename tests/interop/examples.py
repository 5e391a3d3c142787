"""What the example workflows say: the whole of each conversation."""

from __future__ import annotations

from interop.scripts import (
    OFFLINE,
    Line,
    Script,
    asked,
    called,
    chose,
    completed,
    executed,
    failed,
    shown,
    started,
    text,
)

__all__ = ["DEMO", "SMALLEST"]


def _replying(me: str, other: str) -> Line:
    prompt = (
        f"Replying as {me}. Provide feedback to {other}. Press enter to skip and use auto-reply, "
        "or type 'exit' to end the conversation:"
    )
    return asked(prompt, by=me)


def _lesson(turns: int, subject: str) -> list[Line]:
    lines = [
        line
        for turn in range(turns)
        for line in (
            text("Student_Agent", "Teacher_Agent", OFFLINE if turn else subject),
            text("Teacher_Agent", "Student_Agent", OFFLINE),
        )
    ]
    return [
        *lines,
        shown("Student_Agent", "Teacher_Agent", "Chat ended", f"Maximum turns ({turns}) reached"),
        completed(OFFLINE),
    ]


def _spoke(speaker: str) -> list[Line]:
    choices = ["Optimist", "Sceptic", "Historian", "(automatic)"]
    return [
        chose("Who speaks next?", choices, by=None, default="(automatic)"),
        shown(None, None, "Next speaker", speaker),
        text(speaker, "chat_manager", OFFLINE),
    ]


SMALLEST = Script(
    "greeting",
    answers=[("your name", "Ada")],
    params={"greeting": "Bonjour"},
    lines=[
        started("greeting", "Asks for your name and greets you", {"greeting": "Bonjour"}),
        asked("What is your name?"),
        text("Workflow", "User", "Bonjour, Ada!"),
        completed("Ada has been greeted."),
    ],
)

_QUIZ = Script(
    "quiz",
    answers=[
        ("Under which name", "Ada"),
        ("How hard", "Hard"),
        ("are prime", ["2", "11", "17"]),
        ("secret word", "swordfish"),
    ],
    lines=[
        started("quiz", "A quiz: every kind of question"),
        shown("Workflow", "User", "Quiz", "Four questions, no grades."),
        asked("Under which name do you play?", suggestions=["Player one", "Player two"]),
        chose("How hard may it be?", ["Easy", "Medium", "Hard"], default="Medium"),
        chose(
            "Which of these numbers are prime? Pick any number of them.",
            ["2", "9", "11", "15", "17"],
            single=False,
        ),
        asked("A secret word, to sign your answers with", password=True),
        ("keep_alive", None, None, {}),
        text(
            "Workflow",
            "User",
            "**Ada**, level Hard: All prime, none forgotten. Signed with a secret of 9 characters.",
        ),
        completed("right"),
    ],
)

_PRIME_CHECK = Script(
    "prime_check",
    answers=[("Which number", "91")],
    lines=[
        started("prime_check", "An agent that calls a tool"),
        asked("Which number shall be checked?", suggestions=["97", "91"]),
        text("Calculator", "Mathematician", "Is 91 a prime number?"),
        called("Mathematician", "Calculator", "is_prime", {"number": 91}),
        executed("Calculator", "Mathematician", "is_prime", "91 is not prime"),
        text("Mathematician", "Calculator", OFFLINE),
        shown("Calculator", "Mathematician", "Chat ended", "Maximum turns (2) reached"),
        completed(OFFLINE),
    ],
)

_REVIEW = Script(
    "review",
    answers=[("paragraph be about", "tides"), ("Provide feedback", "shorter"), ("Provide feedback", "")],
    lines=[
        started("review", "A writer whose drafts you review"),
        asked("What shall the paragraph be about?"),
        text("Reviewer", "Writer", "tides"),
        text("Writer", "Reviewer", OFFLINE),
        _replying("Reviewer", "Writer"),
        text("Reviewer", "Writer", "shorter"),
        text("Writer", "Reviewer", OFFLINE),
        _replying("Reviewer", "Writer"),
        text("Reviewer", "Writer", ""),
        text("Writer", "Reviewer", OFFLINE),
        shown("Reviewer", "Writer", "Chat ended", "Maximum turns (3) reached"),
        completed(OFFLINE),
    ],
)

_PANEL = Script(
    "panel",
    answers=[
        ("Who decides", "I choose who speaks"),
        ("talk about", "chess"),
        ("speaks next", "Sceptic"),
        ("speaks next", "Historian"),
        ("speaks next", "Optimist"),
    ],
    lines=[
        started("panel", "Three agents; you may choose who speaks"),
        chose(
            "Who decides who speaks?", ["They take turns", "I choose who speaks"], default="They take turns"
        ),
        asked("What shall the panel talk about?"),
        text("Optimist", "chat_manager", "chess"),
        *_spoke("Sceptic"),
        *_spoke("Historian"),
        *_spoke("Optimist"),
        shown("chat_manager", "Optimist", "Chat ended", "Maximum rounds (4) reached"),
        completed(OFFLINE),
    ],
)

_TUTOR = Script(
    "tutor",
    answers=[("tutor explain", "gravity"), ("Provide feedback", "why")],
    lines=[
        started("tutor", "An agent that runs by itself, with you beside it"),
        asked("What shall the tutor explain?"),
        text("user", "Tutor", "gravity"),
        text("Tutor", "user", OFFLINE),
        _replying("user", "Tutor"),
        text("user", "Tutor", "why"),
        text("Tutor", "user", OFFLINE),
        shown("user", "Tutor", "Chat ended", "Maximum turns (2) reached"),
        completed(OFFLINE),
    ],
)

_STORYTELLER = Script(
    "storyteller",
    answers=[("story about", "Ada"), ("What does Ada do", "Wait")],
    lines=[
        started("storyteller", "A story, written while you read, and one choice against time"),
        asked("Who is the story about?", suggestions=["Ada", "A lighthouse keeper"]),
        text(
            "Narrator",
            "User",
            "**Ada** had counted the stairs of the tower every evening for a year, and every evening there"
            " had been ninety-seven. Tonight there were ninety-eight. At the top stood a door that had not"
            " been there before, and behind it somebody was humming.",
        ),
        chose(
            "What does Ada do? The story does not wait for ever.", ["Open the door", "Wait"], default="Wait"
        ),
        text(
            "Narrator",
            "User",
            "The humming went on until the morning. Then the stairs were ninety-seven again, and nothing was"
            " left of the door but a tune that could not be forgotten.",
        ),
        completed("The end of the story of Ada."),
    ],
)

_FAILING = Script(
    "failing",
    lines=[
        started("failing", "A workflow that fails"),
        text("Workflow", "User", "The next step divides by zero."),
        failed("The workflow failed.", "integer division or modulo by zero"),
        completed("The workflow failed. integer division or modulo by zero"),
    ],
)

DEMO = [
    Script(
        "simple_learning",
        answers=[("like to learn", "prime numbers")],
        lines=[
            started("simple_learning", "Student and teacher learning chat"),
            asked("What would you like to learn about? Any subject of mathematics will do."),
            *_lesson(3, "prime numbers"),
        ],
    ),
    _QUIZ,
    _PRIME_CHECK,
    _REVIEW,
    _PANEL,
    _TUTOR,
    Script(
        "async_learning",
        answers=[("like to learn", "sets")],
        lines=[
            started("async_learning", "Student and teacher, without a thread"),
            asked("What would you like to learn about?"),
            *_lesson(2, "sets"),
        ],
    ),
    _STORYTELLER,
    _FAILING,
]
"""Every workflow of the demo server, in the order in which it lists them."""
