"""TensorZero's Python client: feedback of every kind. Prints the ids of the feedback, and what a wrong one got.
Arguments: the server's address, the id of an inference, the id of an episode. TENSORZERO_API_KEY is the key."""

from __future__ import annotations

import json
import os
import sys
from typing import Any


def main(address: str, inference: str, episode: str) -> None:
    stdout = os.dup(1)
    os.dup2(2, 1)  # where the client logs to
    from tensorzero import TensorZeroGateway

    got: dict[str, Any] = {}
    with TensorZeroGateway.build_http(gateway_url=address) as client:
        for metric, value in {
            "thumbs_up": True,
            "draft_accepted": True,
            "rating": 4.5,
            "comment": "Right.",
            "demonstration": "At the harbour and the market.",
        }.items():
            answer = client.feedback(metric_name=metric, value=value, inference_id=inference, tags={"team": "east"})
            got[metric] = str(answer.feedback_id)
        got["episode"] = str(client.feedback(metric_name="solved", value=True, episode_id=episode).feedback_id)
        client.feedback(metric_name="solved", value=False, inference_id=inference, dryrun=True)
        try:
            client.feedback(metric_name="solved", value="maybe", inference_id=inference)
        except Exception as error:
            got["error"] = [getattr(error, "status_code", 0), str(error)]
    os.write(stdout, json.dumps(got).encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
