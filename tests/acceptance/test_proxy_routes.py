"""Routes of the proxy: calls that go elsewhere than they ask to, and calls that are made a second time."""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import Any

from .client import Record
from .harness import Case, gleaner, wait_for
from .provider import Asked, Provider, Reply, chat, chat_stream
from .test_proxy import QUESTION, ProxyCase

SPLIT = """
[[route]]
experiment = "tuned"
upstream = "openai"
model = "gpt-4.1-*"
[[route.split]]
variant = "local"
share = 0.5
upstream = "candidate"
model = "support-7b"
key_env = "CANDIDATE_KEY"
"""

SHADOW = """
[[route]]
experiment = "next"
upstream = "openai"
[[route.shadow]]
variant = "candidate"
share = 1
upstream = "candidate"
model = "support-7b"
key_env = "CANDIDATE_KEY"
"""


class RouteCase(ProxyCase):
    """A second stand-in, to which a route leads."""

    routes = ""

    def setUp(self) -> None:
        self.candidate_reply = lambda _: chat("At the pier.")
        self.candidate = Provider(lambda asked: self.candidate_reply(asked))
        self.addCleanup(self.candidate.close)
        super().setUp()

    def serve(self, **options: Any) -> Any:
        file = self.data_dir / "routes.toml"
        file.write_text(self.routes)
        env = options.pop("env", {})
        env["GLEANER_UPSTREAMS"] = f"{env['GLEANER_UPSTREAMS']}, candidate={self.candidate.url}"
        env |= {"GLEANER_ROUTES_FILE": str(file), "CANDIDATE_KEY": "sk-of-the-candidate"}
        return super().serve(env=env, **options)


class Split(RouteCase):
    routes = SPLIT
    env = {"GLEANER_PROXY_RECORD_EMBEDDINGS": "true"}

    def test_half_goes_elsewhere(self) -> None:
        variants: dict[str, set[str]] = {}
        for turn in range(3):
            for user in range(20):
                answer = self.expect(self.call(x_gleaner_user=f"u-{user}", openai_organization="org-1"), 200)
                variant = answer.headers["x-gleaner-variant"]
                variants.setdefault(f"u-{user}", set()).add(variant)
                said = json.loads(answer.body)["choices"][0]["message"]["content"]
                self.assertEqual(said, "At the pier." if variant == "local" else "At the harbour.")
        self.assertTrue(all(len(seen) == 1 for seen in variants.values()), variants)
        counts = Counter(variant for seen in variants.values() for variant in seen)
        self.assertTrue(4 <= counts["local"] <= 16, counts)
        for asked in self.candidate.asked:
            self.assertEqual(asked.json(), QUESTION | {"model": "support-7b"})
            self.assertEqual(asked.headers["authorization"], "Bearer sk-of-the-candidate")
            self.assertNotIn("openai-organization", asked.headers)
        for asked in self.provider.asked:
            self.assertEqual(asked.json(), QUESTION)
            self.assertEqual(asked.headers["authorization"], "Bearer sk-of-the-provider")
        found = self.recorded(60)
        seen = Counter((record["experiment"], record["variant"], record["provider"]) for record in found)
        self.assertEqual(seen, {("tuned", "local", "candidate"): 3 * counts["local"],
                                ("tuned", "control", "openai"): 3 * counts["control"]})  # fmt: skip

    def test_other_models_do_not(self) -> None:
        for user in range(10):
            answer = self.expect(self.call(QUESTION | {"model": "gpt-5"}, x_gleaner_user=f"u-{user}"), 200)
            self.assertNotIn("x-gleaner-variant", answer.headers)
        self.assertEqual(self.candidate.asked, [])
        self.assertFalse([record for record in self.recorded(10) if record.get("experiment")])

    def test_embeddings_do_not(self) -> None:
        asked = {"model": QUESTION["model"], "input": "The red line"}
        for user in range(20):
            self.expect(self.call(asked, "openai/v1/embeddings", x_gleaner_user=f"u-{user}"), 200)
        self.recorded(20)
        self.assertEqual(self.candidate.asked, [])

    def test_streams_do_too(self) -> None:
        self.candidate_reply = self.reply = lambda asked: chat_stream(["a ", "b"], usage="stream_options" in asked.json())
        for user in range(12):
            answer = self.expect(self.call(QUESTION | {"stream": True}, x_gleaner_user=f"u-{user}"), 200)
            self.assertIn(b"[DONE]", answer.body)
            self.assertNotIn(b'"usage"', answer.body)
        found = self.recorded(12)
        self.assertEqual({record["variant"] for record in found}, {"local", "control"})
        self.assertEqual({record["usage"]["completion_tokens"] for record in found}, {2})


class Shadow(RouteCase):
    routes = SHADOW

    def both(self) -> tuple[Record, Record]:
        found = {record["kind"]: record for record in self.recorded(2)}
        return found["chat"], found["shadow"]

    def test_a_call_is_made_twice(self) -> None:
        answer = self.expect(self.call(x_gleaner_user="u-1", x_gleaner_session="s-1", x_gleaner_platform="web"), 200)
        self.assertEqual(json.loads(answer.body)["choices"][0]["message"]["content"], "At the harbour.")
        chat_record, shadow = self.both()
        self.assertEqual(chat_record["id"], answer.headers["x-gleaner-interaction-id"])
        self.assertEqual((chat_record["variant"], shadow["variant"]), ("control", "candidate"))
        of = (shadow["metadata"]["shadow_of"], shadow["metadata"]["platform"])
        self.assertEqual(of, (chat_record["id"], "web"))
        self.assertEqual((shadow["messages"], shadow["output"]["content"]), (QUESTION["messages"], "At the pier."))
        self.assertEqual((shadow["platform"], shadow["provider"]), ("shadow", "candidate"))
        self.assertNotIn("session_id", shadow)
        self.assertEqual(shadow["user_id"], chat_record["user_id"], "whoever erases a person must find it")
        asked = self.candidate.asked[0]
        self.assertEqual(asked.headers["authorization"], "Bearer sk-of-the-candidate")
        self.assertEqual(asked.json(), QUESTION | {"model": "support-7b"})

    def test_nobody_learns_from_what_nobody_saw(self) -> None:
        for number in range(3):
            self.expect(self.call(x_gleaner_user=f"u-{number}", x_gleaner_platform="web"), 200)
        self.recorded(6)
        self.assertEqual(self.client.get("/api/feedback/readiness/web").json()["total_examples"], 3)
        done = self.ok(gleaner("export", "--data-dir", self.data_dir))
        self.assertEqual(len(done.out.splitlines()), 3)
        self.assertNotIn("pier", done.out)
        shadow = next(record for record in self.recorded(6) if record["kind"] == "shadow")
        signal = {"interaction_id": shadow["id"], "kind": "thumbs_up", "author": "model"}
        self.expect(self.client.post_ndjson("/v1/signals", [signal]), 200)
        self.assertIn("pier", self.ok(gleaner("export", "--data-dir", self.data_dir)).out)

    def test_a_slow_one_keeps_nobody_waiting(self) -> None:
        def slowly(_: Asked) -> Reply:
            time.sleep(3)
            return chat("At the pier.")

        self.candidate_reply = slowly
        begun = time.monotonic()
        self.expect(self.call(), 200)
        self.assertLess(time.monotonic() - begun, 2)
        self.assertEqual(self.both()[1]["output"]["content"], "At the pier.")

    def test_one_that_fails_hurts_nobody(self) -> None:
        self.candidate.close()
        self.expect(self.call(), 200)
        chat_record, shadow = self.both()
        self.assertTrue(chat_record["success"])
        self.assertEqual(shadow["error"]["type"], "upstream_unreachable")

    def test_so_many_at_once_and_no_more(self) -> None:
        def never(_: Asked) -> Reply:
            time.sleep(20)
            return chat("Late.")

        self.candidate_reply = never
        for _ in range(70):
            self.expect(self.call(), 200)
        line = b'gleaner_proxy_shadow_calls_total{outcome="not made"} 6\n'
        wait_for(lambda: line in self.client.get("/metrics").body, 30, "six were not made")

    def test_unrecorded_calls_have_none(self) -> None:
        self.expect(self.call(x_gleaner_no_store="true"), 200)
        self.expect(self.call(), 200)
        self.both()
        self.assertEqual(len(self.candidate.asked), 1)


class WrongRoutes(Case):
    def test_says_what_is_wrong(self) -> None:
        file = self.scratch / "wrong.toml"
        for text, message in (
            (SPLIT, 'there is no upstream "candidate"'),
            (SPLIT.replace('upstream = "candidate"', 'upstream = "openai"'), "CANDIDATE_KEY is not set"),
            (SPLIT.replace("share", "shore"), f"{file}:8"),
        ):
            file.write_text(text)
            done = gleaner("serve", "--data-dir", self.scratch / "other", env={"GLEANER_ROUTES_FILE": str(file)})
            self.assertNotEqual(done.code, 0)
            self.assertIn(message, done.err)
