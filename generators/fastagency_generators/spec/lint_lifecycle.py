"""The close codes and the lifecycle, which stand in the AsyncAPI document as data (spec FA-CLS, FA-LIF)."""

from __future__ import annotations

import re
from typing import Any

from .lint_rules import Rules
from .load import Fault, Node, Spec

__all__ = ["lint_lifecycle"]

_CLOSE_CODE = {"code", "name", "meaning", "client"}
_STATE = {"name", "description", "final", "client", "server"}
_TRANSITION = {"from", "on", "to", "first_message"}
_ACTIONS = ("none", "retry", "resume")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def lint_lifecycle(spec: Spec, sent: dict[str, Node], received: dict[str, Node]) -> list[Fault]:
    """Return the faults of both. `sent` and `received` are the server's and the client's messages by type."""
    rules = _Lifecycle(spec, sent, received)
    rules.close_codes()
    lifecycle = rules.root.find("x-lifecycle")
    if rules.mapping(lifecycle, rules.root, "`x-lifecycle`") and lifecycle is not None:
        rules.lifecycle(lifecycle)
    return rules.faults


class _Lifecycle(Rules):
    def __init__(self, spec: Spec, sent: dict[str, Node], received: dict[str, Node]) -> None:
        super().__init__(spec)
        self.root = spec.asyncapi
        self.sent = sent
        self.received = received

    def close_codes(self) -> None:
        codes = self.root.find("x-close-codes")
        if codes is None or not isinstance(codes.value, list):
            self.fault(self.root, "x-close-codes must be a list of close codes")
            return
        seen: set[Any] = set()
        for entry in codes.children():
            if not self.is_a(entry, dict, "a close code must be a mapping"):
                continue
            self.keywords(entry, _CLOSE_CODE, "a close code")
            code, name, client = entry.get("code"), entry.get("name"), entry.get("client")
            if not isinstance(code, int) or not 1000 <= code <= 4999:
                self.fault(entry, "a close code needs a code from 1000 to 4999")
            if not isinstance(name, str) or not _NAME.fullmatch(name):
                self.fault(entry, "a close code needs a name in snake_case")
            for what in (code, name):
                if what in seen:
                    self.fault(entry, f"{what!r} is another close code's already")
                seen.add(what)
            self.text(entry, "meaning", "a close code")
            if client not in _ACTIONS:
                self.fault(entry, f"client must be one of {', '.join(_ACTIONS)}")

    def lifecycle(self, node: Node) -> None:
        self.keywords(node, {"initial", "states", "transitions"}, "a lifecycle")
        states, transitions = node.find("states"), node.find("transitions")
        if states is None or transitions is None:
            self.fault(node, "a lifecycle needs states and transitions")
            return
        by_name = {state.get("name"): state for state in states.children()}
        if node.get("initial") not in by_name:
            self.fault(node, f"the initial state {node.get('initial')!r} is not one of the states")
        legal: set[str] = set()
        for state in states.children():
            self.state(state)
            legal |= set(state.get("server") or ()) | set(state.get("client") or ())
        for name, message in {**self.sent, **self.received}.items():
            if name not in legal:
                self.fault(message, f"no state of x-lifecycle allows {name!r}")
        for transition in transitions.children():
            self.transition(transition, by_name)

    def state(self, state: Node) -> None:
        self.keywords(state, _STATE, "a state")
        self.text(state, "description", "a state")
        if not isinstance(state.get("name"), str) or not _NAME.fullmatch(state.get("name")):
            self.fault(state, "a state needs a name in snake_case")
        for side, known in (("client", self.received), ("server", self.sent)):
            types = state.find(side)
            if types is None or not isinstance(types.value, list):
                self.fault(state, f"a state needs the list of what the {side} may send: {side}")
                continue
            for entry in types.children():
                if entry.value not in known:
                    self.fault(entry, f"the {side} has no message {entry.value!r}")

    def transition(self, node: Node, states: dict[Any, Node]) -> None:
        self.keywords(node, _TRANSITION, "a transition")
        for end in ("from", "to"):
            if node.get(end) not in states:
                self.fault(node, f"{end} must name a state, not {node.get(end)!r}")
        source = states.get(node.get("from"))
        on, first = node.get("on"), node.get("first_message")
        if not isinstance(on, str) or not _NAME.fullmatch(on):
            self.fault(node, "on must name a message type or an event, in snake_case")
        elif source is not None:
            if source.get("final"):
                self.fault(node, f"{source.get('name')!r} is final, so nothing leads out of it")
            allowed = [*(source.get("client") or ()), *(source.get("server") or ())]
            if on in {**self.sent, **self.received} and on not in allowed:
                self.fault(node, f"the message {on!r} is not allowed in the state {source.get('name')!r}")
        if first is not None and first not in self.sent:
            self.fault(node.at("first_message"), f"the server has no message {first!r}")
