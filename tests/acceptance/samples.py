"""One small file of every format `gleaner import` reads, in the shapes the seeds and the common formats
have."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

Json = Any


class Sample(NamedTuple):
    """Lines (or one JSON array) of a format, how many records they are, and an answer an export must
    teach."""

    format: str
    content: bytes
    records: int
    teaches: str | None
    prompt_has: tuple[str, ...] = ()


def lines(*records: Json) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


CHAT = [
    {"role": "system", "content": "You answer briefly."},
    {"role": "user", "content": "Where does the tram leave?"},
    {"role": "assistant", "content": "It leaves from the square behind the market."},
]
TOOL_CALL = {
    "id": "call-a",
    "type": "function",
    "function": {"name": "stops", "arguments": '{"line": "red"}'},
}
TOOLS = [{"type": "function", "function": {"name": "stops", "parameters": {"type": "object"}}}]

OPENAI = Sample(
    "openai",
    lines(
        {"messages": CHAT},
        {
            "messages": [
                {"role": "user", "content": "Which stops has the red line?"},
                {"role": "assistant", "tool_calls": [TOOL_CALL]},
                {"role": "tool", "tool_call_id": "call-a", "content": "market, harbour"},
                {"role": "assistant", "content": "The market and the harbour."},
            ],
            "tools": TOOLS,
        },
    ),
    2,
    "The market and the harbour.",
    ("Which stops",),
)

SHAREGPT = Sample(
    "sharegpt",
    lines(
        {
            "id": "conversation-a",
            "conversations": [
                {"from": "system", "value": "You are a guide."},
                {"from": "human", "value": "What is worth seeing here?"},
                {"from": "gpt", "value": "The old harbour, early in the morning."},
            ],
        },
        {
            "conversations": [
                {"from": "user", "value": "And in the evening?"},
                {"from": "assistant", "value": "The lighthouse."},
            ]
        },
    ),
    2,
    "The old harbour, early in the morning.",
    ("worth seeing",),
)

ALPACA = Sample(
    "alpaca",
    json.dumps(
        [
            {
                "instruction": "Translate to English",
                "input": "Guten Morgen zusammen",
                "output": "Good morning everyone",
            },
            {"instruction": "Name a colour", "input": "", "output": "Blue is a colour."},
        ]
    ).encode(),
    2,
    "Good morning everyone",
    ("Translate to English", "Guten Morgen zusammen"),
)

COLLECTOR_EXAMPLE: dict[str, Json] = {
    "id": "train_20241120_103000_ab12cd34",
    "timestamp": "2024-11-20T10:30:00.123456",
    "source": "chat",
    "prompt": "What's TPO production rate?",
    "response": "A crew lays about ten squares of TPO membrane a day on an open roof.",
    "metadata": {
        "skill_used": "estimating",
        "tier_handled": "fast",
        "latency_ms": 812.4,
        "user_id": None,
        "prompt_tokens": 4,
        "response_tokens": 14,
    },
    "quality": {
        "user_feedback": None,
        "was_corrected": False,
        "verified_accurate": None,
        "domain_relevance": "medium",
        "auto_score": 0.6,
    },
    "tags": ["tpo", "labor"],
    "project_context": "general",
    "include_in_training": True,
}
COLLECTOR = Sample(
    "collector", lines(COLLECTOR_EXAMPLE), 1, COLLECTOR_EXAMPLE["response"], ("TPO production",)
)

CORRECTION: dict[str, Json] = {
    "id": "corr_20241120_104500",
    "timestamp": "2024-11-20T10:45:00",
    "source": "user_correction",
    "original_prompt": "What's the seam overlap for TPO?",
    "original_response": "Two inches minimum",
    "corrected_response": "Two and a half inches minimum; always check the approved submittal.",
    "correction_reason": "Original was too brief and didn't cite manufacturer requirements",
    "corrector": "user",
    "quality": {"learning_value": "very_high", "domain_relevance": "high"},
    "tags": ["tpo"],
    "include_in_training": True,
}
CORRECTIONS = Sample("collector", lines(CORRECTION), 1, CORRECTION["corrected_response"], ("seam overlap",))

# The extraction log of seed 001, with the insight's id that its feedback log names.
EXTRACTION_LOG = {
    "timestamp": "2024-11-20T10:30:00Z",
    "stage": "extraction",
    "topic": "value investing",
    "source_url": "https://example.com/article",
    "source_content": "First 8000 chars of the article about value investing.",
    "extracted_insights": [
        {"id": "abc123", "text": "Buffett increased Alphabet", "category": "counterintuitive"}
    ],
    "quality_score": 8.5,
    "passed_filters": True,
    "insight_count": 1,
}
FEEDBACK_LOG = {
    "timestamp": "2024-11-20T12:00:00Z",
    "insight_id": "abc123",
    "action": "like",
    "metadata": {"user_id": 1},
}
EXTRACTION = Sample("extraction", lines(EXTRACTION_LOG), 1, None)

TRAJECTORY = Sample(
    "trajectory",
    lines(
        {
            "reward": True,
            "em": True,
            "f1": 1.0,
            "gt": "the lighthouse",
            "pred": "the lighthouse",
            "prompt": "",
            "traj": "### Instruction:\nWhat stands by the harbour?\n\n### Response:\n"
            "Thought: I need to search the harbour.\nAction: search[harbour]\n"
            "Observation: The lighthouse stands by the harbour.\n"
            "Thought: It is the lighthouse.\nAction: finish[the lighthouse]\n"
            "Observation: Episode finished, reward = True\n",
            "id": "6238",
        }
    ),
    1,
    None,
)

WORKFLOW = {
    "name": "Receive updates when an account is added",
    "nodes": [
        {
            "name": "Trigger",
            "type": "n8n-nodes-base.webhook",
            "position": [700, 250],
            "parameters": {"path": "new"},
        },
        {
            "name": "Mail",
            "type": "n8n-nodes-base.emailSend",
            "position": [900, 250],
            "parameters": {"text": "hi"},
        },
    ],
    "connections": {"Trigger": {"main": [[{"node": "Mail", "type": "main", "index": 0}]]}},
    "active": False,
    "settings": {},
}
N8N = Sample("n8n", lines(WORKFLOW), 1, None)

ALL = (OPENAI, SHAREGPT, ALPACA, COLLECTOR, CORRECTIONS, EXTRACTION, TRAJECTORY, N8N)

# Seed 003's two files of one session, and where they stand in its tree.
SESSION = "550e8400-e29b-41d4-a716-446655440000"
AGENT_FILES: dict[str, Json] = {
    f"chat_contexts/1.0/context_{SESSION}_20240115_103000.json": {
        "version": "1.0",
        "timestamp": "2024-01-15T10:30:00Z",
        "session_id": SESSION,
        "events": [{"type": "message", "author": "ada", "content": "When is the next meeting?"}],
        "chat_id": 123456789,
        "chat_name": "general",
        "chat_type": "text",
        "model_name": "gpt-4",
        "user_count": 3,
        "message_count": 15,
        "contains_images": False,
    },
    f"predictions/1.0/prediction_{SESSION}_20240115_103005.json": {
        "version": "1.0",
        "timestamp": "2024-01-15T10:30:05Z",
        "session_id": SESSION,
        "trajectory": [
            {
                "thought": "look it up",
                "tool_name": "search",
                "tool_args": {"q": "meeting"},
                "observation": "at ten",
            },
            {
                "thought": "tell them",
                "tool_name": "send_message",
                "tool_args": {"text": "At ten."},
                "observation": "ok",
            },
        ],
        "reasoning": {"summary": "searched, then answered"},
        "execution_time_ms": 1250.5,
        "success": True,
        "tools_used": ["send_message", "search"],
        "tool_call_count": 2,
    },
    f"metadata/session_{SESSION}.json": {
        "session_id": SESSION,
        "context_file": f"chat_contexts/1.0/context_{SESSION}_20240115_103000.json",
        "prediction_file": f"predictions/1.0/prediction_{SESSION}_20240115_103005.json",
        "timestamp": "2024-01-15T10:30:05Z",
        "version": "1.0",
    },
}
