"""Langfuse's Python SDK before OpenTelemetry: sends what begins, and what ends, to its ingestion API. Prints the ids of
the traces and of a generation. Arguments: the server's address, the key."""

from __future__ import annotations

import json
import os
import sys

from langfuse import Langfuse


def decorated(address: str, key: str) -> str:
    """The trace of a function that the SDK's decorators watch."""
    os.environ.update(LANGFUSE_PUBLIC_KEY="pk-lf-any", LANGFUSE_SECRET_KEY=key, LANGFUSE_HOST=address)
    from langfuse.decorators import langfuse_context, observe

    @observe(as_type="generation")
    def answer(question: str) -> str:
        asked = [{"role": "user", "content": question}]
        langfuse_context.update_current_observation(model="gpt-4.1", input=asked, usage={"input": 7, "output": 3})
        return "Until six."

    @observe()
    def request(question: str) -> str:
        langfuse_context.update_current_trace(user_id="ben", session_id="tuesday")
        answer(question)
        return langfuse_context.get_current_trace_id() or ""

    trace = request("When is it open?")
    langfuse_context.flush()
    return trace


def main(address: str, key: str) -> None:
    client = Langfuse(public_key="pk-lf-any", secret_key=key, host=address)
    trusted = client.auth_check()
    trace = client.trace(name="request", user_id="ann", session_id="monday", tags=["trams"], input={"line": "red"})
    generation = trace.generation(
        name="answer",
        model="gpt-4.1-mini",
        model_parameters={"temperature": 0.2},
        input=[{"role": "user", "content": "Where does the red line stop?"}],
    )
    client.flush()  # the end comes in a batch of its own
    generation.end(
        output={"role": "assistant", "content": "At the harbour."}, usage={"input": 11, "output": 4, "total": 15}
    )
    trace.span(name="lookup", input="red").end(output="harbour")
    trace.update(output="At the harbour.")
    trace.score(name="user-feedback", value=1, comment="Right.")
    generation.score(name="relevance", value=0.8)
    nested = client.trace(name="request")
    span = nested.span(name="search", input="green")
    ranking = span.generation(name="rank", input=[{"role": "user", "content": "Where does the green line stop?"}])
    client.flush()
    ranking.end(output={"role": "assistant", "content": "At the park."})  # does not say what it is in
    span.end(output="park")
    span.score(name="relevance", value=0.5)
    alone = client.trace(name="request", input="Where does the blue line stop?", output="At the market.")
    client.flush()
    print(json.dumps({
        "trusted": trusted, "trace": trace.id, "generation": generation.id, "alone": alone.id,
        "decorated": decorated(address, key),
    }))  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
