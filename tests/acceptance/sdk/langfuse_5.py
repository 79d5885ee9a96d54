"""Langfuse's Python SDK of today: sends traces as OTLP, and scores beside them. Prints the ids of the trace and of the
generation. Arguments: the server's address, the key."""

from __future__ import annotations

import json
import sys

from langfuse import Langfuse, propagate_attributes


def main(address: str, key: str) -> None:
    client = Langfuse(public_key="pk-lf-any", secret_key=key, base_url=address)
    trusted = client.auth_check()
    with client.start_as_current_observation(as_type="span", name="request"):
        with propagate_attributes(user_id="ann", session_id="monday", tags=["trams"]):
            with client.start_as_current_observation(
                as_type="generation",
                name="answer",
                model="gpt-4.1-mini",
                model_parameters={"temperature": 0.2},
                input=[{"role": "user", "content": "Where does the red line stop?"}],
            ) as generation:
                generation.update(output="At the harbour.", usage_details={"input": 11, "output": 4})
        client.score_current_span(name="relevance", value=0.8)
        client.score_current_trace(name="user-feedback", value=1, data_type="BOOLEAN", comment="Right.")
    about = {"trace_id": generation.trace_id, "observation_id": generation.id}
    client.create_score(name="tone", value="curt", data_type="CATEGORICAL", **about)
    client.create_score(name="fixed", value="At the harbour and the market.", data_type="CORRECTION", **about)
    client.create_score(name="solved", value=1, data_type="BOOLEAN", session_id="monday")
    client.flush()
    client.shutdown()
    print(json.dumps({"trusted": trusted, "trace": generation.trace_id, "generation": generation.id}))


if __name__ == "__main__":
    main(*sys.argv[1:])
