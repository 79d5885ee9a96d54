"""Applications instrumented with OpenTelemetry, from PyPI: the SDK, its exporter, and three instrumentations of the official
client of OpenAI, which speaks to a stand-in."""

from __future__ import annotations

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PACKAGES = (
    "openai==3.54.0",
    "openinference-instrumentation-openai==0.1.66",
    "opentelemetry-exporter-otlp-proto-http==1.45.2",
    "opentelemetry-instrumentation-genai-openai==1.3b0",
    "opentelemetry-instrumentation-openai==0.62.4",
    "opentelemetry-sdk==1.45.2",
)

ANSWER = {
    "id": "chatcmpl-1", "object": "chat.completion", "created": 1790000000, "model": "gpt-4.1-mini-2025",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "At the harbour."}}],
    "usage": {"prompt_tokens": 11, "completion_tokens": 4, "total_tokens": 15},
}  # fmt: skip


class Provider(BaseHTTPRequestHandler):
    """Answers every chat with the same."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps(ANSWER).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


def main(which: str, endpoint: str, key: str) -> None:
    os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "gen_ai_latest_experimental"
    os.environ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "span_only"
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": f"trams-{which}"}))
    headers = {"authorization": f"Bearer {key}"}
    exporter = OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces", headers=headers, compression=Compression.Gzip)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    if which == "genai":
        from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor as Instrumentor
    elif which == "openllmetry":
        from opentelemetry.instrumentation.openai import OpenAIInstrumentor as Instrumentor
    else:
        from openinference.instrumentation.openai import OpenAIInstrumentor as Instrumentor
    Instrumentor().instrument(tracer_provider=provider)
    from openai import OpenAI

    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    client = OpenAI(base_url=f"http://127.0.0.1:{server.server_port}/v1", api_key="not-a-key")
    messages = [
        {"role": "system", "content": "You know the trams."},
        {"role": "user", "content": f"Where does the red line stop, {which}?"},
    ]
    client.chat.completions.create(model="gpt-4.1-mini", messages=messages, temperature=0.2)
    tracer = provider.get_tracer("trams")
    with tracer.start_as_current_span(
        "invoke_agent planner", attributes={"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "planner"}
    ):
        client.chat.completions.create(model="gpt-4.1-mini", messages=messages)
        with tracer.start_as_current_span(
            "execute_tool stops",
            attributes={
                "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "stops", "gen_ai.tool.call.id": "call-1",
                "gen_ai.tool.call.arguments": '{"line": "red"}', "gen_ai.tool.call.result": '["harbour"]',
            },
        ):  # fmt: skip
            pass
    with tracer.start_as_current_span("GET /stops"):
        pass
    print(json.dumps({"flushed": provider.force_flush()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
