"""Recorded exchanges with model providers, read twice: by the recorder and by what stands here, slowly and simply.

Run as `python3 tests/corpora/exchanges.py REPLAY`, where REPLAY is the program built from replay_exchanges.cc. The
exchanges are those under $GLEANER_CORPORA; without it nothing is tested and the exit status is 77. Prints how many rows
of each API are read the same.
"""

import base64
import collections
import gzip
import json
import os
import pathlib
import subprocess
import sys
import zlib

CORPORA = ["07a", "07b", "07c", "07f", "07h", "07j", "07m", "07n"]
PATHS = ["chat/completions", "completions", "responses", "embeddings", "messages"]
SKIPPED = 77


def api_of(row):
    """The API by the path; None for everything that passes unread."""
    if row["method"].upper() != "POST" or "/threads/" in row["path"]:
        return None
    for path in PATHS:
        if row["path"].endswith("/" + path):
            return path
    return None


# ---- what went over the wire


def body_of(row):
    if not row.get("response_b64"):
        return row.get("response_body") or ""
    data = base64.b64decode(row["response_b64"])
    encoding = {key.lower(): value for key, value in row["response_headers"].items()}.get("content-encoding")
    if encoding == "gzip":
        data = zlib.decompressobj(31).decompress(data)
    return data.decode("utf-8", "replace")


def events_of(body):
    """(type, data) of each event of a stream."""
    lines = body.replace("\r\n", "\n").replace("\r", "\n").split("\n") + [""]
    kind, data = "", []
    for line in lines:
        if line == "":
            if data:
                yield kind, "\n".join(data)
            kind, data = "", []
        elif line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
        elif line.startswith("event:"):
            kind = line[6:].removeprefix(" ")


def objects_of(body):
    for kind, data in events_of(body):
        try:
            value = json.loads(data)
        except ValueError:
            continue
        if isinstance(value, dict):
            yield value.get("type") or kind, value


# ---- streams, as the response they would have been


def join_choices(body):
    answer = {"choices": []}
    choices = {}
    for _, chunk in objects_of(body):
        for name in ("id", "model", "usage", "error"):
            if chunk.get(name):
                answer[name] = chunk[name]
        if (chunk.get("x_groq") or {}).get("usage"):
            answer["usage"] = chunk["x_groq"]["usage"]
        for part in chunk.get("choices") or []:
            choice = choices.setdefault(part.get("index", 0), {"message": collections.defaultdict(str), "calls": {}})
            if "text" in part:
                choice["text"] = choice.get("text", "") + (part["text"] or "")
            delta = part.get("delta") or {}
            for name in ("content", "refusal", "reasoning_content", "reasoning"):
                value = delta.get(name)
                if isinstance(value, str):
                    choice["message"][name] += value
                elif isinstance(value, list):  # Mistral's thinking
                    for piece in value:
                        if piece["type"] == "text":
                            choice["message"]["content"] += piece["text"]
                        if piece["type"] == "thinking":
                            thought = "".join(text["text"] for text in piece["thinking"])
                            choice["message"]["reasoning_content"] += thought
            for position, call in enumerate(delta.get("tool_calls") or []):
                known = choice["calls"].setdefault(
                    call.get("index", position), {"id": "", "type": "function", "name": "", "arguments": ""}
                )
                function = call.get("function") or {}
                known["id"] = call.get("id") or known["id"]
                known["name"] = function.get("name") or known["name"]
                known["arguments"] += function.get("arguments") or ""
            if delta.get("function_call"):
                call = choice["message"]["function_call"] or {"name": "", "arguments": ""}
                call["name"] = delta["function_call"].get("name") or call["name"]
                call["arguments"] += delta["function_call"].get("arguments") or ""
                choice["message"]["function_call"] = call
            if part.get("finish_reason"):
                choice["finish_reason"] = part["finish_reason"]
    for index in sorted(choices):
        choice = choices[index]
        message = dict(choice["message"])
        message["content"] = message.get("content") or None
        if choice["calls"]:
            message["tool_calls"] = [
                {"id": c["id"], "type": "function", "function": {"name": c["name"], "arguments": c["arguments"]}}
                for c in choice["calls"].values()
            ]
        answer["choices"].append({"message": message, "finish_reason": choice.get("finish_reason")})
        if "text" in choice:
            answer["choices"][-1] = {"text": choice["text"], "finish_reason": choice.get("finish_reason")}
    return answer


def join_response(body):
    for kind, event in objects_of(body):
        if kind in ("response.completed", "response.incomplete", "response.failed"):
            return event["response"]
    raise ValueError("a stream without its end")


def join_message(body):
    message, blocks, inputs = {}, {}, collections.defaultdict(str)
    for kind, event in objects_of(body):
        if kind == "message_start":
            message = event["message"]
        elif kind == "content_block_start":
            blocks[event["index"]] = event["content_block"]
        elif kind == "content_block_delta":
            block, delta = blocks[event["index"]], event["delta"]
            if delta["type"] == "text_delta":
                block["text"] += delta["text"]
            elif delta["type"] == "thinking_delta":
                block["thinking"] += delta["thinking"]
            elif delta["type"] == "signature_delta":
                block["signature"] = delta["signature"]
            elif delta["type"] == "input_json_delta":
                inputs[event["index"]] += delta["partial_json"]
            elif delta["type"] == "citations_delta":
                block["citations"] = (block.get("citations") or []) + [delta["citation"]]
        elif kind == "message_delta":
            message.update({name: value for name, value in event["delta"].items() if value is not None})
            message["usage"].update({name: value for name, value in event["usage"].items() if value is not None})
    for index, text in inputs.items():
        if text:
            blocks[index]["input"] = json.loads(text)
    message["content"] = [blocks[index] for index in sorted(blocks)]
    return message


# ---- messages


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def without_nothing(message):
    kept = {name: value for name, value in message.items() if name == "content" or value not in (None, "", [], {})}
    if "reasoning" in kept and "reasoning_content" not in kept:
        kept["reasoning_content"] = kept.pop("reasoning")
    return kept


def chat_messages(messages):
    return [
        without_nothing(message) if isinstance(message, dict) else {"role": "user", "content": message}
        for message in messages
    ]


def chat_answer(message):
    message = without_nothing({"content": None, **message, "role": "assistant"})
    if isinstance(message["content"], list):
        thoughts = [part for part in message["content"] if part["type"] == "thinking"]
        if thoughts:
            message["reasoning_content"] = "\n".join("".join(t["text"] for t in part["thinking"]) for part in thoughts)
        message["content"] = "".join(part["text"] for part in message["content"] if part["type"] == "text") or None
    if isinstance(message.get("audio"), dict):
        message["audio"].pop("data", None)
    return message


def content_of(parts, role):
    """Parts as content: a lone text is a string, and so are all texts of an assistant."""
    if all(part["type"] == "text" for part in parts):
        if not parts:
            return None
        if len(parts) == 1 or role == "assistant":
            return "".join(part["text"] for part in parts)
    return parts


def responses_messages(items, role):
    messages = []

    def assistant():
        if not messages or messages[-1]["role"] != "assistant":
            messages.append({"role": "assistant", "content": None})
        return messages[-1]

    for item in items:
        kind = item.get("type") or "message"
        if kind == "message":
            who = item.get("role") or role
            content = item["content"]
            parts = [{"type": "input_text", "text": content}] if isinstance(content, str) else content
            read = []
            for part in parts:
                if part["type"] in ("input_text", "output_text"):
                    read.append({"type": "text", "text": part["text"]})
                elif part["type"] == "input_image":
                    image = {"url": part["image_url"]}
                    if part.get("detail"):
                        image["detail"] = part["detail"]
                    read.append({"type": "image_url", "image_url": image})
                else:
                    read.append(part)
            if who == "assistant":
                message = assistant()
                texts = [text for text in (message["content"], content_of(read, who)) if text]
                message["content"] = "\n\n".join(texts) or None
                for part in parts:
                    if part.get("annotations"):
                        message.setdefault("annotations", []).extend(part["annotations"])
            else:
                messages.append({"role": who, "content": content_of(read, who)})
        elif kind == "function_call":
            assistant().setdefault("tool_calls", []).append(
                {
                    "id": item["call_id"],
                    "type": "function",
                    "function": {"name": item["name"], "arguments": item["arguments"]},
                }
            )
        elif kind == "custom_tool_call":
            assistant().setdefault("tool_calls", []).append(
                {"id": item["call_id"], "type": "custom", "custom": {"name": item["name"], "input": item["input"]}}
            )
        elif kind == "function_call_output":
            output = item["output"] if isinstance(item["output"], str) else compact(item["output"])
            messages.append({"role": "tool", "content": output, "tool_call_id": item["call_id"]})
        elif kind == "reasoning":
            texts = [part["text"] for part in item.get("content") or item.get("summary") or []]
            if texts:
                message = assistant()
                before = [message["reasoning_content"]] if message.get("reasoning_content") else []
                message["reasoning_content"] = "\n".join(before + texts)
        else:
            assistant().setdefault("server_tool_calls", []).append(item)
    return messages


def anthropic_messages(turns):
    messages = []
    for turn in turns:
        if not isinstance(turn, dict):
            messages.append({"role": "user", "content": turn})
            continue
        role, content = turn["role"], turn["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        message, parts, beside = {"role": role, "content": None}, [], False
        for block in blocks:
            apart = "" if beside or not parts or role != "assistant" else "\n\n"
            beside = block["type"] == "text"
            block = {name: value for name, value in block.items() if name != "cache_control"}
            if block["type"] == "text":
                parts.append({"type": "text", "text": apart + block["text"]})
                if block.get("citations"):
                    message.setdefault("annotations", []).extend(block["citations"])
            elif block["type"] == "image":
                source = block["source"]
                url = source.get("url") or f"data:{source['media_type']};base64,{source['data']}"
                parts.append({"type": "image_url", "image_url": {"url": url}})
            elif block["type"] == "tool_use":
                message.setdefault("tool_calls", []).append(
                    {
                        "id": block["id"],
                        "type": "function",
                        "function": {"name": block["name"], "arguments": compact(block["input"])},
                    }
                )
            elif block["type"] == "tool_result":
                inner = anthropic_messages([{"role": "user", "content": block.get("content") or ""}])
                result = {"role": "tool", "content": inner[0]["content"] or "", "tool_call_id": block["tool_use_id"]}
                if block.get("is_error"):
                    result["is_error"] = True
                messages.append(result)
            elif block["type"] == "thinking":
                before = [message["reasoning_content"]] if message.get("reasoning_content") else []
                message["reasoning_content"] = "\n".join(before + [block["thinking"]])
                message.setdefault("thinking_blocks", []).append(
                    {"type": "thinking", "signature": block["signature"]}
                )
            elif block["type"] == "server_tool_use" or block["type"].endswith("_tool_result"):
                message.setdefault("server_tool_calls", []).append(block)
            else:
                parts.append(block)
        message["content"] = content_of(parts, role)
        only_results = len(message) == 2 and not parts and messages and messages[-1]["role"] == "tool"
        if not only_results:
            messages.append(message)
    return messages


# ---- requests


def prompts(value):
    if isinstance(value, list) and all(isinstance(one, (int, list)) for one in value):
        return []
    if isinstance(value, list):
        value = value[0]
    return [{"role": "user", "content": value}]


def messages_of(api, body):
    if api == "chat/completions" or (api == "completions" and "prompt" not in body and "messages" in body):
        return chat_messages(body.get("messages") or [])
    if api == "completions":
        return prompts(body["prompt"]) if "prompt" in body else []
    if api == "embeddings":
        return prompts(body["input"]) if "input" in body else []
    if api == "responses":
        system = [{"role": "system", "content": body["instructions"]}] if body.get("instructions") else []
        asked = body.get("input") or []
        asked = [{"role": "user", "content": asked}] if isinstance(asked, str) else asked
        return system + responses_messages(asked, "user")
    system = [{"role": "system", "content": body["system"]}] if body.get("system") else []
    return anthropic_messages(system + (body.get("messages") or []))


def tools_of(api, body):
    tools = []
    for tool in body.get("tools") or []:
        if api == "messages":
            tool = {name: value for name, value in tool.items() if name != "cache_control"}
            if tool.get("type", "custom") == "custom":
                rename = {"input_schema": "parameters"}
                inner = {rename.get(name, name): value for name, value in tool.items() if name != "type"}
                tool = {"type": "function", "function": inner}
        elif api == "responses" and tool["type"] in ("function", "custom"):
            inner = {name: value for name, value in tool.items() if name != "type" and value is not None}
            tool = {"type": tool["type"], tool["type"]: inner}
        tools.append(tool)
    return tools + [{"type": "function", "function": function} for function in body.get("functions") or []]


# ---- responses


def usage_of(api, usage):
    if not usage:
        return {}
    rename = {
        "input_tokens": "prompt_tokens",
        "output_tokens": "completion_tokens",
        "input_tokens_details": "prompt_tokens_details",
        "output_tokens_details": "completion_tokens_details",
    }
    read = {}
    for name, value in usage.items():
        if isinstance(value, dict):
            value = {key: inner for key, inner in value.items() if inner not in (None, "", [], {})}
        if value in (None, {}) or isinstance(value, (str, bool)):
            continue
        read[rename.get(name, name)] = value
    if api == "messages":
        cached = read.pop("cache_read_input_tokens", None)
        written = read.pop("cache_creation_input_tokens", None)
        read["prompt_tokens"] = read["prompt_tokens"] + (cached or 0) + (written or 0)
        read["total_tokens"] = read["prompt_tokens"] + read["completion_tokens"]
        if cached is not None or written is not None:
            read["prompt_tokens_details"] = {"cached_tokens": cached or 0, "cache_write_tokens": written or 0}
        details = read.get("completion_tokens_details", {})
        if "thinking_tokens" in details:
            details["reasoning_tokens"] = details.pop("thinking_tokens")
    return read


def finish_of(api, body, outputs):
    if api == "responses":
        if body.get("status") == "incomplete":
            return {"max_output_tokens": "length"}.get(body["incomplete_details"]["reason"])
        if body.get("status") != "completed" or not outputs:
            return None
        return "tool_calls" if outputs[0].get("tool_calls") else "stop"
    if api == "messages":
        reasons = {"end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length", "tool_use": "tool_calls"}
        return reasons.get(body.get("stop_reason"), body.get("stop_reason"))
    reasons = [choice.get("finish_reason") for choice in body.get("choices") or []]
    if not any(reasons):
        return None
    return reasons[0] if len(reasons) == 1 else reasons


def outputs_of(api, body):
    if api == "responses":
        return responses_messages(body.get("output") or [], "assistant")
    if api == "messages":
        return anthropic_messages([{"role": "assistant", "content": body["content"]}]) if "content" in body else []
    outputs = []
    for choice in body.get("choices") or []:
        if "message" in choice:
            outputs.append(chat_answer(choice["message"]))
        elif "text" in choice:
            outputs.append(chat_answer({"content": choice["text"]}))
    return outputs


def expected(api, row):
    asked = json.loads(row["request_body"]) if row.get("request_body") else {}
    text = body_of(row)
    error = None
    if text.lstrip()[:5] in ("data:", "event") or text.lstrip()[:1] == ":":
        join = {"responses": join_response, "messages": join_message}.get(api, join_choices)
        body = join(text)
        finished = any(choice.get("finish_reason") for choice in body.get("choices") or [])
        if join is join_choices and not finished and "[DONE]" not in text:
            error = {"type": "incomplete_stream", "message": "the stream ended before it said so"}
    else:
        try:
            body = json.loads(text)
        except ValueError:
            body = {}
            error = {"message": text.strip()} if text.strip() else {}
            if row["status"] < 300:
                empty = "the answer is not JSON" if text.strip() else "the answer is empty"
                error = {"type": "unreadable_answer", "message": empty}
        if isinstance(body, list):
            body = body[0]
    if body.get("error"):
        error = {name: value for name, value in body["error"].items() if value is not None}
    if row["status"] >= 300:
        error = {**(error or {}), "status": row["status"]}
        if not body.get("error"):
            error.update({n: body[n] for n in ("type", "code", "message", "detail", "title") if body.get(n)})
    outputs = outputs_of(api, body)
    return {
        "messages": messages_of(api, asked),
        "output": outputs[0] if outputs else None,
        "other_outputs": outputs[1:],
        "tools": tools_of(api, asked),
        "finish_reason": finish_of(api, body, outputs),
        "usage": usage_of(api, body.get("usage") or {}),
        "error": error,
        "model": body.get("model") or asked.get("model") or None,
        "response_id": body.get("id") or None,
    }


def recorded(answer):
    record = answer.get("record") or {}
    metadata = record.get("metadata") or {}
    return {
        "messages": record.get("messages") or [],
        "output": record.get("output"),
        "other_outputs": metadata.get("other_outputs") or [],
        "tools": record.get("tools") or [],
        "finish_reason": metadata.get("finish_reason"),
        "usage": record.get("usage") or {},
        "error": record.get("error"),
        "model": record.get("model"),
        "response_id": metadata.get("response_id"),
    }


def rows():
    root = pathlib.Path(os.environ["GLEANER_CORPORA"])
    for name in CORPORA:
        for file in sorted(root.glob(f"{name}-*/exchanges.jsonl.gz")):
            with gzip.open(file, "rt", encoding="utf-8") as lines:
                for line in lines:
                    yield name, json.loads(line)


def main():
    if not os.environ.get("GLEANER_CORPORA"):
        print("skipped: GLEANER_CORPORA is not set")
        return SKIPPED
    all_rows = list(rows())
    given = "".join(json.dumps(row) + "\n" for _, row in all_rows)
    ran = subprocess.run([sys.argv[1]], input=given, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        print(ran.stderr)
        return 1
    scores = collections.defaultdict(collections.Counter)
    failures = 0
    for (corpus, row), line in zip(all_rows, ran.stdout.splitlines(), strict=True):
        answer = json.loads(line)
        api = api_of(row)
        if api is None:
            scores["passed through unread"]["equal" if not answer["operation"] else "not"] += 1
            failures += answer["operation"]
            continue
        want, got = expected(api, row), recorded(answer)
        if not want["messages"] and not want["output"]:
            equal = answer["outcome"] == "nothing_said"
            scores[api]["nothing said"] += equal
        else:
            equal = want == got
            scores[api]["equal"] += equal
        if not equal:
            failures += 1
            scores[api]["not"] += 1
            print(f"{corpus} {row['src']} {row['i']}: {row['host']}{row['path']} {row['status']} {answer['outcome']}")
            for name in want:
                if want[name] != got[name]:
                    print(f"  {name}\n    wanted {compact(want[name])[:600]}\n    got    {compact(got[name])[:600]}")
    print(f"{'API':<24}{'rows':>8}{'equal':>8}{'nothing said':>14}{'not':>6}")
    for api, score in scores.items():
        print(f"{api:<24}{score.total():>8}{score['equal']:>8}{score['nothing said']:>14}{score['not']:>6}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
