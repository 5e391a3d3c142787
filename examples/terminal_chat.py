"""Talk to a workflow in the terminal.

    python examples/terminal_chat.py [--url URL] [--workflow NAME] [--params JSON] [--answer TEXT]...

Without --workflow it lists the workflows and lets you pick one. Each --answer answers one question, in order;
when there are no more of them you are asked yourself. Ctrl-C ends the conversation.
"""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
import unicodedata
from collections import deque
from collections.abc import Sequence
from typing import Any

from fastagency_sdk import (
    AnswerAccepted,
    AnswerRejected,
    Client,
    ContentPart,
    Conversation,
    Error,
    FastAgencyError,
    FunctionCallExecution,
    KeepAlive,
    Message,
    MultipleChoice,
    NotAsked,
    Question,
    ServerUnreachable,
    SessionReady,
    SuggestedFunctionCall,
    SystemMessage,
    TextInput,
    TextMessage,
    Unknown,
    WorkflowCompleted,
    WorkflowStarted,
)

DEFAULT_URL = "http://localhost:8008"
BOLD, DIM, RED, GREEN, CYAN = "1", "2", "31", "32", "36"


class NoAnswer(Exception):
    """A question has no answer: the scripted ones are used up or not allowed, and nobody is there to ask."""


class Terminal:
    """Prints, and asks for answers: the scripted ones first, then the person. Colours only on a terminal."""

    def __init__(self, answers: Sequence[str]) -> None:
        self._answers = deque(answers)
        self._colours = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        self._person = sys.stdin.isatty()

    def print(self, text: str = "", style: str = "") -> None:
        """Print text that may come from the server: what would control the terminal is left out."""
        clean = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) != "Cc")
        print(f"\x1b[{style}m{clean}\x1b[0m" if style and self._colours else clean, flush=True)

    def ask(self, secret: bool = False) -> str:
        """Return the next answer. Raises NoAnswer when there is none left and nobody to ask."""
        if self._answers:
            answer = self._answers.popleft()
            self.print(f"> {'*' * 8 if secret else answer}", GREEN)
            return answer
        if not self._person:
            raise NoAnswer("it asks, and there is neither an --answer left nor a terminal to ask on")
        try:
            return getpass.getpass("> ") if secret else input("> ")
        except EOFError:
            raise NoAnswer("the input ended") from None

    def try_again(self, why: str) -> None:
        """Say what is wrong with an answer. Raises NoAnswer when a person cannot correct it."""
        if not self._person or self._answers:
            raise NoAnswer(why)
        self.print(why, RED)


def main(arguments: Sequence[str] | None = None) -> int:
    """Hold one conversation; returns the exit status."""
    options = parse(arguments)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(
            errors="replace"
        )  # a terminal that cannot show a character is no reason to end
    terminal = Terminal(options.answer)
    try:
        with Client(options.url) as client:
            name = options.workflow or pick_workflow(client, terminal)
            with client.start(name, options.params) as conversation:
                try:
                    talk(conversation, terminal)
                except (KeyboardInterrupt, NoAnswer):
                    conversation.cancel()  # without it the workflow would wait for somebody to come back
                    raise
    except KeyboardInterrupt:
        terminal.print("\nEnded.")
        return 130
    except ServerUnreachable as error:
        return complain(f"There is no server at {options.url}: is it running?\n{error}")
    except (FastAgencyError, NoAnswer, ValueError) as error:
        return complain(str(error))
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options; ends the program for wrong ones and for --help."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--url", default=DEFAULT_URL, help=f"where the server is (default {DEFAULT_URL})")
    parser.add_argument("--workflow", metavar="NAME", help="the workflow to start, instead of picking one")
    parser.add_argument("--params", type=json_object, default={}, metavar="JSON", help="its parameters")
    parser.add_argument(
        "--answer",
        action="append",
        default=[],
        metavar="TEXT",
        help="the answer to the next question; repeatable",
    )
    return parser.parse_args(arguments)


def json_object(text: str) -> dict[str, Any]:
    """Return a JSON object from the command line."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError("not a JSON object")
    return value


def complain(why: str) -> int:
    """Print an error, and return the exit status for it."""
    print(f"terminal_chat: {why}", file=sys.stderr)
    return 1


def pick_workflow(client: Client, terminal: Terminal) -> str:
    """List the workflows and return the name of the one that is picked."""
    workflows = client.discovery()
    if not workflows:
        raise NoAnswer("the server offers no workflows")
    for number, workflow in enumerate(workflows, 1):
        terminal.print(f"{number}. {workflow.name}: {workflow.description}")
    names = [workflow.name for workflow in workflows]
    terminal.print("Which workflow? A number or a name.", CYAN)
    while (name := named(terminal.ask().strip(), names)) not in names:
        terminal.try_again(f"There is no workflow {name!r}.")
    return name


def talk(conversation: Conversation, terminal: Terminal) -> None:
    """Show every message and answer every question until the workflow is over."""
    question: Question | None = None
    for message in conversation:
        show(message, terminal)
        if isinstance(message, TextInput | MultipleChoice):
            question = message
        elif not isinstance(message, AnswerRejected):
            continue
        if question is not None:
            reply(conversation, question, terminal)


def reply(conversation: Conversation, question: Question, terminal: Terminal) -> None:
    """Ask for an answer until the question allows it, and send it; unless the question is closed by then."""
    while conversation.is_open(question):
        try:
            match question:
                case TextInput(content=content):
                    answer = terminal.ask(secret=content.password)
                    # A number picks a suggestion, except for a secret, which may be one.
                    conversation.answer(answer if content.password else named(answer, content.suggestions))
                case MultipleChoice(content=content):
                    picked = terminal.ask().strip()
                    if content.single or picked in content.choices:
                        conversation.answer(named(picked, content.choices))
                    else:
                        parts = [part.strip() for part in picked.split(",") if part.strip()]
                        conversation.answer([named(part, content.choices) for part in parts])
            return
        except NotAsked as error:
            terminal.try_again(str(error))


def named(text: str, names: Sequence[str]) -> str:
    """Return the name that a number in the list stands for, or `text` itself. A name goes first."""
    if text in names or not (text.isascii() and text.isdecimal()):
        return text
    number = int(text[:9])
    return names[number - 1] if 1 <= number <= len(names) else text


def show(message: Message, terminal: Terminal) -> None:
    """Print one message."""
    match message:
        case TextMessage(content=content):
            speaker(message, terminal)
            terminal.print(plain(content.body))
        case SuggestedFunctionCall(content=call):
            speaker(message, terminal)
            terminal.print(f"calls {call.function_name}({compact(call.arguments)})", DIM)
        case FunctionCallExecution(content=run):
            speaker(message, terminal)
            terminal.print(f"{run.function_name or run.call_id} returned {compact(run.retval)}", DIM)
        case TextInput(content=text):
            speaker(message, terminal)
            terminal.print(text.prompt or "Your answer?", CYAN)
            numbered(text.suggestions, terminal)
        case MultipleChoice(content=choice):
            speaker(message, terminal)
            terminal.print(choice.prompt or "Your choice?", CYAN)
            numbered(choice.choices, terminal)
            how = "A number or a name" if choice.single else "Numbers or names, with commas between"
            terminal.print(how + (f"; nothing for {choice.default}." if choice.default else "."), DIM)
        case SystemMessage(content=system):
            terminal.print(f"\n[{heading(system.message)}]", DIM)
        case WorkflowStarted(content=started):
            terminal.print(f"\nStarted: {started.name or 'the workflow'}", BOLD)
        case WorkflowCompleted(content=completed):
            terminal.print(f"\nOver. {completed.result or 'There is no result.'}", BOLD)
        case Error(content=error):
            terminal.print(
                "\nError: " + ": ".join(part.rstrip(".") for part in (error.short, error.long) if part), RED
            )
        case Unknown(type=kind):
            terminal.print(f"\n[a message of a type that this program does not know: {kind}]", DIM)
        case SessionReady():
            terminal.print("\n[The conversation from the start, as far as the server holds it]", DIM)
        case AnswerAccepted(answer_id=None, value=value):
            terminal.print("[Time ran out" + (f": {value}]" if value is not None else "]"), DIM)
        case AnswerRejected(reason=reason, detail=detail):
            terminal.print(f"The answer was not taken: {detail or reason}", RED)
        case KeepAlive():
            pass


def speaker(
    message: TextMessage | SuggestedFunctionCall | FunctionCallExecution | Question, terminal: Terminal
) -> None:
    """Print who speaks to whom, as far as the message says it."""
    names = [name for name in (message.sender, message.recipient) if name]
    terminal.print(f"\n{' → '.join(names)}" if names else "", BOLD)


def plain(body: str | list[ContentPart] | None) -> str:
    """Return a body as text; a part that is no text leaves a placeholder."""
    if isinstance(body, list):
        return "\n".join(f"[{part.type}]" if part.text is None else part.text for part in body)
    return body or "(nothing)"


def heading(message: dict[str, Any]) -> str:
    """Return a system message as text: its heading and body where it has them, all of it otherwise."""
    match message:
        case {"heading": str(title), "body": str(body), **rest} if not rest:
            return f"{title}: {body}"
    return compact(message)


def compact(value: Any) -> str:
    """Return JSON on one line, of a length that a person reads."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 500 else text[:500] + " …"


def numbered(names: Sequence[str], terminal: Terminal) -> None:
    """Print a list to pick from."""
    for number, name in enumerate(names, 1):
        terminal.print(f"  {number}. {name}")


if __name__ == "__main__":
    sys.exit(main())
