"""Whatever clients do, in any order: each sees the log as it was written, once, in order (spec FA-RES,
FA-ANS).

FUZZ_EXAMPLES sets how many runs are tried; the nightly target tries 2,000.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

import pytest
from fastagency_server.log import Log as ServerLog
from fastagency_server.logged import LoggedConversation
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.errors import FlakyFailure
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from server.serving import eventually

from fuzz.stage import Puppet, Stage, staged
from fuzz.tab import Tab

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "200"))
GARBAGE = [
    "",
    "{",
    "[]",
    "null",
    '{"type": "later"}',
    '{"type": "answer"}',
    '{"type": "start_workflow"}',
    "answer",
]
ENDS = (1000, 4101, 1006)
"""How a socket may end that did nothing wrong. What is sent to a socket that the server has just closed is
answered with a reset, and the close frame may be lost with it: 1006."""
SOCKETS = 50
"""So many are enough to see the end of any conversation of the fuzzer."""
TOKEN = "0123456789abcdef" * 2

bounded = settings(
    max_examples=EXAMPLES,
    stateful_step_count=25,
    deadline=None,
    phases=[Phase.generate],  # shrinking a run over real sockets takes longer than reading it
    print_blob=False,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
picks = st.integers(min_value=0, max_value=10**6)


class Sessions(RuleBasedStateMachine):
    """One conversation at a time, with up to three tabs."""

    stage: Stage

    def __init__(self) -> None:
        super().__init__()
        self.puppet: Puppet = self.stage.puppet()
        self.tabs = [self._tab()]
        self.tabs[0].start()
        assert self.tabs[0].read_one()

    def _tab(self) -> Tab:
        return Tab(self.stage.live.url, self.puppet.workflow_uuid, TOKEN)

    def _live(self, pick: int) -> Tab | None:
        # No precondition of the rules: a socket may close at any time, and what is drawn must not depend on
        # it.
        live = [tab for tab in self.tabs if tab.socket is not None]
        return live[pick % len(live)] if live else None

    @rule(number=st.integers(1, 12))
    def say(self, number: int) -> None:
        """The workflow says so much."""
        self.puppet.orders.put(("say", number))

    @rule(number=st.integers(1, 6))
    def shout(self, number: int) -> None:
        """The workflow says more than fits on the way to a tab that does not read: it is a slow reader."""
        self.puppet.orders.put(("shout", number))

    @rule()
    def ask(self) -> None:
        """The workflow asks."""
        self.puppet.orders.put(("ask", 0))

    @rule()
    def stream(self) -> None:
        """The workflow says a piece of a text."""
        self.puppet.orders.put(("stream", 0))

    @rule(pick=picks, number=st.integers(1, 30))
    def read(self, pick: int, number: int) -> None:
        """A tab reads what is there for it: as much as the workflow is known to have said, at most
        `number`."""
        if (tab := self._live(pick)) is None:
            return
        for _ in range(min(number, len(self.puppet.written) - tab.seq)):
            if not tab.read_one():
                return

    @rule(
        pick=picks, after=st.one_of(st.none(), st.integers(-2, 60)), epoch=st.sampled_from(["own", "", "x"])
    )
    def resume(self, pick: int, after: int | None, epoch: str) -> None:
        """A tab comes back, or a new one is opened, with its own cursor or any other."""
        if len(self.tabs) < 3:
            self.tabs.append(self._tab())
        tab = self.tabs[pick % len(self.tabs)]
        own = epoch == "own" and tab.epoch != ""
        tab.resume(tab.seq if after is None else after, tab.epoch if own else epoch)
        tab.read_one()

    @rule(pick=picks)
    def drop(self, pick: int) -> None:
        """The network goes away under a tab."""
        self.tabs[pick % len(self.tabs)].drop()

    @rule(pick=picks, which=picks, again=st.booleans())
    def answer(self, pick: int, which: int, again: bool) -> None:
        """A tab answers some question that it knows, or sends an answer of any tab again."""
        if (tab := self._live(pick)) is None:
            return
        sent = [answer for other in self.tabs for answer in other.sent]
        questions = [it for it in tab.log.values() if it["type"] == "text_input"]
        if again and sent:
            tab.answer(*sent[which % len(sent)])
        elif questions:
            question = questions[which % len(questions)]
            prompt = question["content"]["prompt"]
            tab.answer(question["uuid"], f"id-{prompt}-{which}", f"{prompt}: {which}")
        else:
            tab.answer("never-asked", f"id-{which}", "?")

    @rule(pick=picks, text=st.sampled_from(GARBAGE))
    def garbage(self, pick: int, text: str) -> None:
        """A tab sends what is no frame, and loses its socket."""
        if (tab := self._live(pick)) is None:
            return
        tab.send_text(text)
        tab.read_to_end()
        assert tab.close_code in (4000, *ENDS), tab.close_code

    @rule(pick=picks)
    def cancel(self, pick: int) -> None:
        """A tab cancels."""
        if (tab := self._live(pick)) is not None:
            tab.send_text('{"type": "cancel_workflow"}')

    @rule()
    def step_clock(self) -> None:
        """So much time passes that a conversation without a socket is cancelled."""
        self.stage.step_clock(self.puppet)

    def teardown(self) -> None:
        """Let the workflow end, read everything, and compare."""
        self.puppet.orders.put(("end", 0))
        last = self._tab()
        try:
            self._finish(last, answering=True)
            for tab in self.tabs:
                self._finish(tab, answering=False)
                self._compare(tab, last)
            self._as_written(last)
        finally:
            for tab in (*self.tabs, last):
                tab.drop()
        del self.stage.puppets[self.puppet.workflow_uuid]

    def _finish(self, tab: Tab, *, answering: bool) -> None:
        """Bring a tab to the end, over as many sockets as it takes."""
        codes: list[int | None] = []
        for _ in range(SOCKETS):
            if tab.has_seen_the_end():
                return
            if codes[-1:] == [4100]:  # the server has not noticed yet who has gone: back off (spec FA-CLS)
                time.sleep(0.05)
            # A cursor at the very end brings nothing but the end (spec FA-RES-9): from the start, then.
            tab.resume(0 if codes[-1:] == [1000] else tab.seq, tab.epoch)
            while tab.read_one():
                question = _open_question(tab) if answering else None
                if question is not None and tab.socket is not None:
                    value = f"{question['content']['prompt']}: last"
                    tab.answer(question["uuid"], f"last-{question['uuid']}", value)
            codes.append(tab.close_code)
            assert tab.close_code in (4100, *ENDS), tab.close_code
        assert tab.has_seen_the_end(), f"the conversation does not end: {codes}"

    def _compare(self, tab: Tab, last: Tab) -> None:
        for seq in tab.log.keys() & last.log.keys():
            assert tab.log[seq] == last.log[seq], f"two tabs saw another message at {seq}"
        assert max(tab.log) == max(last.log), "a tab has not seen the end"

    def _as_written(self, last: Tab) -> None:
        """The log is what the workflow said and was answered, each once (but for what was said as it was
        cancelled)."""
        completed = last.log[max(last.log)]
        assert completed["type"] == "workflow_completed"
        cancelled = completed["content"]["outcome"] == "cancelled"
        eventually(lambda: self.puppet.over, "the workflow did not end")
        self._taken_once(last)
        seen = [_brief(last.log[seq]) for seq in sorted(last.log)][:-1]
        written = self.puppet.written
        start = min(last.log) - 1
        if cancelled:
            # A question that was open, or a message that was dropped, is not in the workflow's own record.
            assert seen[: len(written) - start] == written[start : start + len(seen)]
        else:
            assert seen == written[start:]

    def _taken_once(self, last: Tab) -> None:
        """Every answer that was taken was sent for just that question, and taken once (spec FA-ANS)."""
        sent = {answer for tab in (*self.tabs, last) for answer in tab.sent}
        accepted = [it for it in last.log.values() if it["type"] == "answer_accepted"]
        for answer in accepted:
            assert (answer["question_uuid"], answer["answer_id"], answer["value"]) in sent, answer
        assert len({answer["answer_id"] for answer in accepted}) == len(accepted), "an answer was taken twice"


def _open_question(tab: Tab) -> dict[str, Any] | None:
    answered = {it["question_uuid"] for it in tab.log.values() if it["type"] == "answer_accepted"}
    asked = [it for it in tab.log.values() if it["type"] == "text_input"]
    if tab._replaying or not asked or asked[-1]["uuid"] in answered:
        return None
    if any(question == asked[-1]["uuid"] for question, _, _ in tab.sent):
        return None
    return asked[-1]


def _brief(message: dict[str, Any]) -> tuple[str, Any]:
    kind = message["type"]
    shown = {"text_message": "body", "text_input": "prompt"}
    if kind == "answer_accepted":
        return kind, message["value"]
    return kind, message["content"][shown[kind]] if kind in shown else None


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with staged() as found:
        yield found


def fuzz(stage: Stage, examples: settings) -> None:
    machine = type("Sessions", (Sessions,), {"stage": stage})
    run_state_machine_as_test(machine, settings=examples)


@pytest.mark.timeout(120 + EXAMPLES)  # a bound that ends a hanging run, however many examples are asked for
def test_any_order(stage: Stage) -> None:
    fuzz(stage, bounded)


def skip_one(self: ServerLog, seq: int, messages: int, size: int, _after: Any = ServerLog.after) -> list[str]:
    """An off-by-one in the replay: what follows a cursor begins one too late."""
    found: list[str] = _after(self, seq, messages, size)
    return found[1:] if seq > 0 and len(found) > 1 else found


def twice(self: LoggedConversation, question_uuid: str, answer_id: str, value: Any) -> Any:
    """An answer that is applied twice: to the question that it names, and to the one that is open now."""
    question = self._questions[0] if self._questions else None
    if question is None:
        return _judge(self, question_uuid, answer_id, value)
    question.answer = question.accept_value(value)
    return question


_judge = LoggedConversation._judge


@pytest.mark.parametrize(
    ("owner", "name", "fault"),
    [(ServerLog, "after", skip_one), (LoggedConversation, "_judge", twice)],
    ids=["an off-by-one in the replay", "an answer applied twice"],
)
def test_a_seeded_fault_is_found(owner: type, name: str, fault: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owner, name, fault)
    # With the fault in it two runs of the same steps may end differently, which hypothesis tells as flaky.
    with pytest.raises((AssertionError, FlakyFailure)), staged() as broken:
        fuzz(broken, settings(bounded, max_examples=100))
