"""Test data: interactions that are the same for the same number, and where an exported example came from."""

from __future__ import annotations

import functools
import random
import string
from collections.abc import Iterable
from typing import Any

Json = Any
Record = dict[str, Any]


def letters(number: int) -> str:
    """A number as letters: content without digits cannot be taken for a phone or card number and redacted."""
    text = ""
    while True:
        number, digit = divmod(number, 26)
        text = string.ascii_lowercase[digit] + text
        if number == 0:
            return text


@functools.cache
def _vocabulary() -> list[str]:
    chance = random.Random("vocabulary")
    return [
        "".join(chance.choices("bdfklmnprstv" + "aeiou" * 2, k=chance.randint(2, 9))) for _ in range(3000)
    ]


def words(seed: object, size: int) -> str:
    """About `size` characters of made-up words, the same for the same seed."""
    return " ".join(random.Random(str(seed)).choices(_vocabulary(), k=max(1, round(size / 6.5))))


def message(role: str, content: Json, **more: Json) -> Record:
    return {"role": role, "content": content, **more}


def interaction(number: int = 0, **fields: Json) -> Record:
    """A workflow interaction of about 2.7 KB, the same for the same number; a field given as None is left
    out."""
    name = letters(number)
    record: Record = {
        "platform": "zapier",
        "kind": "workflow",
        "session_id": f"session-{letters(number // 4)}",
        "messages": [
            message("system", "You are an expert zapier workflow generator. " + words("system", 300)),
            message("user", f"Build the workflow for case {name}. " + words(f"prompt {number}", 500)),
        ],
        "output": message("assistant", f"The workflow for case {name}: " + words(f"answer {number}", 1250)),
        "model": "gpt-4o-mini",
        "provider": "openai",
        "parameters": {"temperature": 0.25},
        "latency_ms": 840.5,
        "usage": {"prompt_tokens": 190, "completion_tokens": 280, "total_tokens": 470},
        "success": True,
        "language": "en",
        "intent": "create_workflow",
        "tags": ["email"],
        "metadata": {"case": name},
    }
    record.update(fields)
    return {key: value for key, value in record.items() if value is not None}


def small(number: int = 0, **fields: Json) -> Record:
    """An interaction of two short messages, for tests that need many."""
    name = letters(number)
    record: Record = {
        "platform": "zapier",
        "messages": [message("user", f"What should the flow for case {name} do?")],
        "output": message("assistant", f"It should send the form of case {name} to the team."),
        "success": True,
    }
    record.update(fields)
    return {key: value for key, value in record.items() if value is not None}


def prompts(examples: Iterable[Record]) -> list[str]:
    """The last user text of each exported example, to tell which interaction it came from."""
    return [[m for m in example["messages"] if m["role"] == "user"][-1]["content"] for example in examples]


def answers(examples: Iterable[Record]) -> list[str]:
    return [example["messages"][-1]["content"] for example in examples]
