"""What `make demo` runs: the demo server, and two conversations with it through the Python client: one
to its end, and one that is left in the middle and comes back.

    python examples/demo.py [--port PORT] [--once]

In a terminal the server stays up afterwards, so that the page can be opened; otherwise the demo ends.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from fastagency_sdk import AnswerAccepted, Client, FastAgencyError, ServerUnreachable, TextInput

HERE = Path(__file__).parent
START_SECONDS = 60.0


def main() -> int:
    """Run the demo; returns the exit status."""
    layout = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=layout)
    parser.add_argument("--port", type=int, default=8008, help="the server's port (default 8008)")
    parser.add_argument("--once", action="store_true", help="end after the conversation, in a terminal too")
    options = parser.parse_args()
    url = f"http://localhost:{options.port}"
    if is_taken(options.port):
        print(f"demo: port {options.port} is taken; give another one with --port.", file=sys.stderr)
        return 1
    if os.environ.get("OPENAI_API_KEY"):
        print("demo: OPENAI_API_KEY is set: the agents talk to the real endpoint.")
    else:
        print("demo: no OPENAI_API_KEY: the agents talk to a stub, and its replies are marked [offline].")
    server = subprocess.Popen([sys.executable, str(HERE / "demo_server.py"), "--port", str(options.port)])
    try:
        wait_until_up(url, server)
        print(f"\ndemo: the server is up. The page: {url}/   The spec: {url}/fastagency/docs\n", flush=True)
        conversation = subprocess.run(
            [
                sys.executable,
                str(HERE / "terminal_chat.py"),
                *("--url", url, "--workflow", "simple_learning", "--answer", "prime numbers"),
            ],
            check=False,
        )
        if conversation.returncode == 0:
            come_back(url)
        if conversation.returncode == 0 and sys.stdin.isatty() and not options.once:
            print(f"\ndemo: now open {url}/ in a browser. Ctrl-C stops the server.", flush=True)
            server.wait()
        return conversation.returncode
    except KeyboardInterrupt:
        return 0
    except FastAgencyError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    finally:
        stop(server)


def come_back(url: str) -> None:
    """Leave a conversation in the middle of a question, and answer it after a resume."""
    with Client(url) as client:
        with client.start("quiz") as conversation:
            next(message for message in conversation if isinstance(message, TextInput))
            cursor = conversation.cursor
        if cursor is None:
            raise FastAgencyError("the server speaks classic alone")
        print(f"\ndemo: left the quiz at its first question, message {cursor.after_seq}.", flush=True)
        with client.resume(cursor, from_start=True) as conversation:
            for message in conversation:
                if isinstance(message, TextInput) and conversation.is_open(message):
                    print(f"demo: came back; it still asks: {message.content.prompt}")
                    conversation.answer("Ada", message)
                elif isinstance(message, AnswerAccepted):
                    print(f"demo: the answer arrived once, as {message.value!r}; now the quiz is cancelled.")
                    conversation.cancel()
        print(f"demo: it ended as {conversation.outcome}.", flush=True)


def is_taken(port: int) -> bool:
    """Return whether something on this machine listens on the port already."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until_up(url: str, server: subprocess.Popen[bytes]) -> None:
    """Return as soon as the server answers. Raises ServerUnreachable when it ended or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        if server.poll() is not None:
            raise ServerUnreachable(f"the server ended with status {server.returncode}; its output is above")
        try:
            with Client(url) as client:
                client.discovery()
            return
        except ServerUnreachable:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def stop(server: subprocess.Popen[bytes]) -> None:
    """Stop the server: politely first, then for certain."""
    if server.poll() is None:
        server.terminate()
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


if __name__ == "__main__":
    sys.exit(main())
