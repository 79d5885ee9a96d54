"""The rules of an OpenAI chat fine-tuning line (FORMATS.md section 1.1), as assertions naming line and
rule."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

LINE_KEYS = {"messages", "tools", "parallel_tool_calls", "functions"}
ROLE_KEYS = {
    "system": {"role", "content", "name"},
    "developer": {"role", "content", "name"},
    "user": {"role", "content", "name"},
    "assistant": {"role", "content", "name", "refusal", "tool_calls", "function_call", "audio", "weight"},
    "tool": {"role", "content", "tool_call_id", "name"},
    "function": {"role", "content", "name"},
}
PART_TYPES = {
    "user": {"text", "image_url", "input_audio", "file"},
    "assistant": {"text", "refusal"},
}


def _require(truth: Any, line: str, rule: str) -> None:
    if not truth:
        raise AssertionError(f"{line}: {rule}")


def _text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _check_content(content: Any, role: str, where: str) -> None:
    if isinstance(content, str):
        _require(content, where, "content is not empty")
        return
    _require(isinstance(content, list) and content, where, "content is a string or an array of parts")
    for index, part in enumerate(content):
        here = f"{where}.content[{index}]"
        _require(isinstance(part, dict), here, "a part is an object")
        kind = part.get("type")
        allowed = PART_TYPES.get(role, {"text"})
        _require(kind in allowed, here, f"part type {kind!r} is not one of role {role}")
        if kind in ("text", "refusal"):
            _require(_text(part.get(kind)), here, f"{kind} is a non-empty string")
        if kind == "image_url":
            image = part.get("image_url")
            _require(isinstance(image, dict) and _text(image.get("url")), here, "image_url.url is a string")


def _check_tool_calls(calls: Any, where: str) -> None:
    _require(isinstance(calls, list) and calls, where, "tool_calls is a non-empty array")
    for index, call in enumerate(calls):
        here = f"{where}.tool_calls[{index}]"
        _require(isinstance(call, dict), here, "a tool call is an object")
        _require(_text(call.get("id")), here, "id is a non-empty string")
        _require(call.get("type") == "function", here, "type is function")
        function = call.get("function")
        _require(isinstance(function, dict), here, "function is an object")
        _require(_text(function.get("name")), here, "function.name is a non-empty string")
        _require(isinstance(function.get("arguments"), str), here, "function.arguments is a JSON string")


def _check_message(message: Any, where: str) -> None:
    _require(isinstance(message, dict), where, "a message is an object")
    role = message.get("role")
    _require(role in ROLE_KEYS, where, f"role {role!r} is not one of {sorted(ROLE_KEYS)}")
    unknown = set(message) - ROLE_KEYS[role]
    _require(not unknown, where, f"no keys but those of role {role}; got {sorted(unknown)}")
    if "name" in message:
        _require(_text(message["name"]), where, "name is a non-empty string")
    content = message.get("content")
    if role == "assistant":
        if "tool_calls" in message:
            _check_tool_calls(message["tool_calls"], where)
        calls = message.get("tool_calls") or message.get("function_call") or message.get("refusal")
        _require(content is not None or calls, where, "an assistant message has content or calls")
        weight = message.get("weight", 1)
        _require(type(weight) is int and weight in (0, 1), where, "weight is the integer 0 or 1")
        if content is not None and not (content == "" and calls):
            _check_content(content, role, where)
        return
    if role == "function":
        _require("content" in message, where, "a function message has content")
        _require(_text(message.get("name")), where, "a function message has a name")
        _require(content is None or isinstance(content, str), where, "function content is a string or null")
        return
    if role == "tool":
        _require(_text(message.get("tool_call_id")), where, "a tool message has a tool_call_id")
        if content == "":  # a tool may well return nothing
            return
    _check_content(content, role, where)


def _check_functions(functions: list[Any], where: str) -> None:
    for index, function in enumerate(functions):
        here = f"{where}[{index}]"
        _require(isinstance(function, dict), here, "a function is an object")
        _require(_text(function.get("name")), here, "name is a non-empty string")
        unknown = set(function) - {"name", "description", "parameters", "strict"}
        _require(not unknown, here, f"keys are name, description, parameters, strict; got {sorted(unknown)}")
        if "parameters" in function:
            _require(isinstance(function["parameters"], dict), here, "parameters is an object")


def check_example(example: Any, line: str = "line") -> None:
    """Raises AssertionError, naming line and rule, unless `example` is one that fine-tuning takes."""
    _require(isinstance(example, dict), line, "a line is an object")
    unknown = set(example) - LINE_KEYS
    _require(not unknown, line, f"no keys but {sorted(LINE_KEYS)}; got {sorted(unknown)}")
    messages = example.get("messages")
    _require(isinstance(messages, list) and messages, line, "messages is a non-empty array")
    for index, message in enumerate(messages):
        _check_message(message, f"{line}: messages[{index}]")
    _require(any(m["role"] == "assistant" for m in messages), line, "there is an assistant message")
    last = messages[-1]
    _require(last["role"] == "assistant", line, f"the last message is the assistant's, not {last['role']}'s")
    _require(last.get("weight", 1) == 1, line, "the last message has a weight other than 0")
    if "tools" in example:
        tools = example["tools"]
        _require(isinstance(tools, list) and tools, line, "tools is a non-empty array")
        for index, tool in enumerate(tools):
            here = f"{line}: tools[{index}]"
            _require(isinstance(tool, dict) and tool.get("type") == "function", here, "type is function")
            _require(set(tool) == {"type", "function"}, here, "a tool has type and function, no more")
        _check_functions([tool["function"] for tool in tools], f"{line}: tools")
    if "functions" in example:
        functions = example["functions"]
        _require(isinstance(functions, list) and 1 <= len(functions) <= 128, line, "functions has 1 to 128")
        _check_functions(functions, f"{line}: functions")
    if "parallel_tool_calls" in example:
        _require(isinstance(example["parallel_tool_calls"], bool), line, "parallel_tool_calls is a boolean")


def _lines(data: bytes) -> Iterator[tuple[str, bytes]]:
    for number, line in enumerate(data.split(b"\n"), 1):
        yield f"line {number}", line


def check_export(data: bytes) -> list[dict[str, Any]]:
    """Checks a whole JSONL file: UTF-8 without BOM, one example per line, the last line ended. Returns
    them."""
    _require(not data.startswith(b"\xef\xbb\xbf"), "line 1", "the file has no byte order mark")
    _require(not data or data.endswith(b"\n"), "last line", "it ends with a newline")
    examples = []
    for name, raw in _lines(data[:-1]) if data else ():
        try:
            example = json.loads(raw.decode("utf-8"))
            json.dumps(example, ensure_ascii=False).encode("utf-8")  # fails on lone surrogates
        except UnicodeError as error:
            raise AssertionError(f"{name}: text is valid Unicode: {error}") from None
        except ValueError as error:
            raise AssertionError(f"{name}: a line is JSON: {error}; got {raw[:200]!r}") from None
        check_example(example, name)
        examples.append(example)
    return examples
