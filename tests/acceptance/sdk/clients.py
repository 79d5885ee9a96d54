"""The official clients of OpenAI and Anthropic for Python, whose base URLs are the proxy's. Prints what they got.
Arguments: the server's address."""

from __future__ import annotations

import json
import sys
from typing import Any

import anthropic
import openai

MESSAGES: Any = [{"role": "user", "content": "Where does the red line stop?"}]
TOOLS: Any = [{"type": "function", "function": {
    "name": "stops", "parameters": {"type": "object", "properties": {"line": {"type": "string"}}}}}]  # fmt: skip


def main(address: str) -> None:
    client = openai.OpenAI(base_url=f"{address}/proxy/openai/v1", api_key="sk-none", max_retries=0)
    got: dict[str, Any] = {}
    raw = client.chat.completions.with_raw_response.create(model="gpt-4.1-mini", messages=MESSAGES)
    got["chat"] = raw.parse().choices[0].message.content
    got["id"], got["token"] = (raw.headers[f"x-gleaner-{name}"] for name in ("interaction-id", "feedback-token"))
    got["stream"], got["empty_chunks"] = "", 0
    for chunk in client.chat.completions.create(model="gpt-4.1-mini", messages=MESSAGES, stream=True):
        if not chunk.choices:
            got["empty_chunks"] += 1
        else:
            got["stream"] += chunk.choices[0].delta.content or ""
    called = client.chat.completions.create(model="tools", messages=MESSAGES, tools=TOOLS)
    function = called.choices[0].message.tool_calls[0].function
    got["tool_call"] = {"name": function.name, "arguments": function.arguments}
    got["response"] = client.responses.create(model="gpt-4.1-mini", input="Where?").output_text
    try:
        client.chat.completions.create(model="error", messages=MESSAGES)
    except openai.APIStatusError as error:
        got["error"] = [type(error).__name__, error.status_code, error.code]
    got["aborted_after"] = 0
    with client.chat.completions.create(model="long", messages=MESSAGES, stream=True) as long:
        for _ in long:
            got["aborted_after"] += 1
            if got["aborted_after"] == 5:
                break
    claude = anthropic.Anthropic(base_url=f"{address}/proxy/anthropic", api_key="sk-ant-none", max_retries=0)
    said = claude.messages.create(model="claude-sonnet-4-5", max_tokens=50, messages=MESSAGES)
    got["message"] = said.content[0].text
    with claude.messages.stream(model="claude-sonnet-4-5", max_tokens=50, messages=MESSAGES) as streamed:
        got["message_stream"] = streamed.get_final_message().content[0].text
    print(json.dumps(got))


if __name__ == "__main__":
    main(*sys.argv[1:])
