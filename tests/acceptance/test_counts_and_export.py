"""The main job, what it is for: count, say when there is enough to train on, export what was good."""

from __future__ import annotations

import json
import math
import random
import re
import unittest
from fractions import Fraction
from typing import NamedTuple

from .client import Record
from .harness import ServedCase
from .records import answers, interaction, letters, message, prompts, small

INTERACTIONS = "/v1/interactions"


class Mix(NamedTuple):
    """So many interactions of a platform, and what people said: quality is up + edited, feedback is all
    three."""

    platform: str
    total: int
    successful: int
    up: int
    edited: int
    down: int

    @property
    def quality(self) -> int:
        return self.up + self.edited

    @property
    def with_feedback(self) -> int:
        return self.quality + self.down

    @property
    def score(self) -> int:
        """PRODUCT.md section 6, exactly."""
        if self.total == 0:
            return 0
        success_rate = Fraction(self.successful, self.total)
        volume = 40 * success_rate * min(Fraction(1), Fraction(self.total, 100))
        quality = 40 * min(
            Fraction(1), Fraction(self.quality) / max(Fraction(50), Fraction(3, 10) * self.total)
        )
        feedback = Fraction(self.with_feedback) / max(Fraction(20), Fraction(1, 10) * self.total)
        return math.floor(volume + quality + 20 * min(Fraction(1), feedback))

    @property
    def is_ready(self) -> bool:
        enough = (
            self.total >= 50 and self.successful >= 30 and self.with_feedback >= 10 and self.quality >= 20
        )
        return self.score >= 70 and enough

    def interactions(self) -> list[Record]:
        return [
            small(n, id=f"{self.platform}-{letters(n)}", platform=self.platform, success=n < self.successful)
            for n in range(self.total)
        ]

    def signals(self) -> list[Record]:
        kinds = ["thumbs_up"] * self.up + ["edit"] * self.edited + ["thumbs_down"] * self.down
        signals: list[Record] = [
            {"interaction_id": f"{self.platform}-{letters(n)}", "kind": kind} for n, kind in enumerate(kinds)
        ]
        for signal in signals:
            if signal["kind"] == "edit":
                signal["output"] = message("assistant", "An edited answer.")
        return signals


class Counting(ServedCase):
    """GET /api/feedback/stats and readiness."""

    def fill(self, *mixes: Mix) -> None:
        for mix in mixes:
            self.store(*mix.interactions())
            if signals := mix.signals():
                self.signal(*signals)

    def assert_readiness(self, mix: Mix, readiness: Record) -> None:
        expected = {
            "platform": mix.platform,
            "total_examples": mix.total,
            "successful_examples": mix.successful,
            "quality_examples": mix.quality,
            "examples_with_feedback": mix.with_feedback,
            "readiness_score": mix.score,
            "is_ready": mix.is_ready,
        }
        self.assertEqual({field: readiness.get(field) for field in expected}, expected)
        self.assertTrue(readiness["recommendation"])

    def test_the_example_of_seed_000(self) -> None:
        """The three platforms of seed 000's example give its keys, its counts, and its right figures."""
        mixes = (
            Mix("zapier", 450, 425, 85, 8, 12),
            Mix("make", 350, 330, 30, 5, 15),
            Mix("n8n", 450, 415, 40, 5, 15),
        )
        self.fill(*mixes)
        stats = self.client.stats()
        overview = stats["overview"]
        self.assertEqual(overview["total_records"], 1250)
        self.assertEqual(overview["active_records"], 1250)
        self.assertEqual(overview["archived_records"], 0)
        self.assertIn(overview["compressed_records"], range(0, 1251))
        self.assertEqual(overview["records_with_feedback"], 215)
        self.assertEqual(
            stats["by_platform"]["zapier"]
            | {
                "total_interactions": 450,
                "successful_interactions": 425,
                "success_rate": 94.44,
                "thumbs_up_count": 85,
                "thumbs_down_count": 12,
                "edited_count": 8,
                "total_feedback_count": 105,
            },
            stats["by_platform"]["zapier"],
        )
        self.assertEqual(stats["by_platform"]["make"]["success_rate"], 94.29)
        self.assertEqual(stats["by_platform"]["n8n"]["success_rate"], 92.22)
        self.assertEqual(set(stats["training_readiness"]), {"zapier", "make", "n8n"})
        for mix in mixes:
            self.assert_readiness(mix, stats["training_readiness"][mix.platform])
            alone = self.expect(self.client.get(f"/api/feedback/readiness/{mix.platform}"), 200).json()
            self.assert_readiness(mix, alone)
        zapier = stats["training_readiness"]["zapier"]
        self.assertEqual((zapier["readiness_score"], zapier["recommendation"]), (85, "Ready for training"))
        self.assertTrue(stats["recommendations"])
        self.assertTrue(all(isinstance(text, str) and text for text in stats["recommendations"]))
        self.assertTrue(any("zapier" in text for text in stats["recommendations"]))

    def test_sizes_and_costs(self) -> None:
        """Sizes are shown as in seed 000 ("50.00 MB"); costs follow the size and the price per gigabyte."""
        self.store(*(interaction(number) for number in range(400)))
        stats = self.client.stats()
        storage, costs = stats["storage"], stats["costs"]
        for name in ("supabase_size", "archived_size", "total_size"):
            size, display = storage[f"{name}_bytes"], storage[f"{name}_display"]
            shown = re.fullmatch(r"(\d+(?:\.\d\d)?) (B|bytes|KB|MB|GB|TB)", display)
            assert shown is not None, display
            unit = 1024 ** {"B": 0, "bytes": 0, "KB": 1, "MB": 2, "GB": 3, "TB": 4}[shown[2]]
            self.assertAlmostEqual(float(shown[1]) * unit, size, delta=0.0051 * unit)
        self.assertGreater(storage["supabase_size_bytes"], 50_000)
        self.assertEqual(storage["archived_size_bytes"], 0)
        self.assertEqual(storage["total_size_bytes"], storage["supabase_size_bytes"])
        for name in (
            "supabase_monthly_usd",
            "r2_monthly_usd",
            "total_monthly_usd",
            "cost_without_archiving_usd",
            "savings_monthly_usd",
            "savings_percentage",
        ):
            self.assertIsInstance(costs[name], (int, float), name)
        per_gigabyte = storage["supabase_size_bytes"] / 1e9 * 0.125
        self.assertAlmostEqual(costs["supabase_monthly_usd"], per_gigabyte, delta=0.005 + per_gigabyte / 10)
        self.assertEqual(costs["r2_monthly_usd"], 0)

    def test_an_empty_store(self) -> None:
        """Stats of nothing have every key, and zeros."""
        stats = self.client.stats()
        self.assertEqual(stats["overview"]["total_records"], 0)
        self.assertEqual((stats["by_platform"], stats["training_readiness"]), ({}, {}))
        self.assertEqual((stats["total_interactions"], stats["feedback_count"]), (0, 0))
        self.assertEqual((stats["feedback_rate"], stats["positive_rate"]), (0, 0))
        self.assertIsInstance(stats["recommendations"], list)
        self.assertEqual(self.client.export({}), [])

    def test_chat_collector_figures(self) -> None:
        """Seed 002's figures: interactions, feedback, rates, languages and intents."""
        self.store(*(small(n, id=letters(n), language="en", intent="restaurant") for n in range(6)))
        self.store(*(small(n, id=letters(n), language="tr", intent="route") for n in range(6, 10)))
        self.signal(*({"interaction_id": letters(n), "kind": "thumbs_up"} for n in range(3)))
        self.signal({"interaction_id": letters(9), "kind": "thumbs_down"})
        stats = self.client.stats()
        self.assertEqual((stats["total_interactions"], stats["feedback_count"]), (10, 4))
        self.assertIn(round(stats["feedback_rate"], 3), (0.4, 40.0))
        self.assertIn(round(stats["positive_rate"], 3), (0.75, 75.0))
        self.assertEqual(stats["languages"], {"en": 6, "tr": 4})
        self.assertEqual(stats["intents"], {"restaurant": 6, "route": 4})

    def test_readiness_formula(self) -> None:
        """The score is PRODUCT.md's formula, and is_ready needs the minimum counts besides 70 points."""
        chance = random.Random("readiness")
        mixes = [
            Mix("one", 1, 1, 0, 0, 0),
            Mix("none-successful", 60, 0, 20, 0, 0),
            Mix("total-short", 49, 49, 49, 0, 0),  # 78 points, one interaction short
            Mix("success-short", 100, 29, 50, 0, 0),  # 71 points, one success short
            Mix("just-ready", 50, 30, 50, 0, 0),
            Mix("perfect", 100, 100, 30, 20, 0),
            Mix("quality-is-the-limit", 200, 200, 19, 0, 100),
            Mix("large", 1200, 1100, 300, 60, 40),
        ]
        for number in range(6):
            total = chance.randint(20, 400)
            up, edited, down = (chance.randint(0, total // 4) for _ in range(3))
            mixes.append(Mix(f"mix-{letters(number)}", total, chance.randint(0, total), up, edited, down))
        self.fill(*mixes)
        readiness = self.client.stats()["training_readiness"]
        for mix in mixes:
            with self.subTest(mix):
                self.assert_readiness(mix, readiness[mix.platform])
                alone = self.expect(self.client.get(f"/api/feedback/readiness/{mix.platform}"), 200).json()
                self.assert_readiness(mix, alone)

    def test_interactions_are_counted_not_clicks(self) -> None:
        """Several signals on one interaction make one example with feedback and one of quality."""
        self.store(small(1, id="a"), small(2, id="b"))
        self.signal(
            *({"interaction_id": "a", "kind": "thumbs_up", "user_id": f"u-{letters(n)}"} for n in range(5))
        )
        self.signal({"interaction_id": "a", "kind": "edit", "output": message("assistant", "Better.")})
        readiness = self.expect(self.client.get("/api/feedback/readiness/zapier"), 200).json()
        self.assertEqual((readiness["examples_with_feedback"], readiness["quality_examples"]), (1, 1))
        self.assertEqual(self.client.stats()["overview"]["records_with_feedback"], 1)

    def test_readiness_of_an_unknown_platform(self) -> None:
        """A platform nobody used is 404, or has nothing; never an error of the server."""
        answer = self.expect(self.client.get("/api/feedback/readiness/nowhere"), 200, 404)
        if answer.status == 200:
            self.assertEqual((answer.json()["total_examples"], answer.json()["is_ready"]), (0, False))


class Export(ServedCase):
    """GET and POST export: OpenAI chat lines, each checked against FORMATS.md section 1.1."""

    def test_by_get(self) -> None:
        """GET exports one platform or all, successful ones by default, with system, user and assistant
        messages."""
        self.store(*(interaction(n, platform=("zapier", "make")[n % 2]) for n in range(10)))
        failed = interaction(20, success=False)
        self.store(failed)
        zapier = self.client.export(platform="zapier")
        self.assertEqual(
            sorted(prompts(zapier)), sorted(interaction(n)["messages"][1]["content"] for n in range(0, 10, 2))
        )
        self.assertEqual([m["role"] for m in zapier[0]["messages"]], ["system", "user", "assistant"])
        self.assertIn(interaction(2)["output"]["content"], answers(zapier))
        self.assertEqual(len(self.client.export()), 10)
        self.assertEqual(len(self.client.export(output_format="openai")), 10)
        with_failed = self.client.export(platform="zapier", success_only="false")
        self.assertIn(failed["messages"][1]["content"], prompts(with_failed))
        self.assertEqual(self.client.export(with_feedback_only="true"), [])
        self.expect_problem(
            self.client.get("/api/feedback/export/all", output_format="docx"), 400, "invalid_argument"
        )

    def test_post_filters(self) -> None:
        """The request of seed 002 and the other filters of POST select what they say."""

        def sized(number: int, size: int, **fields: object) -> Record:
            return small(number, output=message("assistant", "ş" * size), **fields)

        sizes = (49, 50, 200, 400, 401)
        self.store(*(sized(n, size, id=f"rated-{size}") for n, size in enumerate(sizes)))
        self.store(*(sized(100 + n, size, id=f"plain-{size}") for n, size in enumerate(sizes)))
        self.store(sized(200, 60, id="disliked"), sized(201, 60, id="turkish", language="tr", intent="route"))
        self.store(sized(202, 60, id="old", platform="make", created_at="2020-05-05T05:05:05Z"))
        self.store(sized(203, 60, id="failed", success=False))
        self.signal(*({"interaction_id": f"rated-{size}", "kind": "thumbs_up"} for size in sizes))
        self.signal({"interaction_id": "disliked", "kind": "thumbs_down"})

        def lengths(**body: object) -> list[int]:
            return sorted(len(text) for text in answers(self.client.export(body)))

        seed = {"filter_positive_only": True, "min_response_length": 50, "max_response_length": 400}
        self.assertEqual(lengths(**seed), [50, 200, 400])  # characters, both ends included
        self.assertEqual(lengths(filter_positive_only=True), list(sizes))
        self.assertEqual(lengths(with_feedback_only=True), sorted([*sizes, 60]))
        self.assertEqual(lengths(min_response_length=400), [400, 400, 401, 401])
        self.assertEqual(lengths(language="tr"), [60])
        self.assertEqual(lengths(intent="route"), [60])
        self.assertEqual(lengths(platform="make"), [60])
        self.assertEqual(lengths(**{"from": "2020-05-05T00:00:00Z", "to": "2020-05-06T00:00:00Z"}), [60])
        self.assertEqual(len(lengths(success_only=True)), 13)
        self.assertEqual(len(lengths(success_only=False)), 14)
        self.assertEqual(len(lengths(limit=3)), 3)
        wrong = self.expect(self.client.post("/api/feedback/export", {"min_response_length": "x"}), 400, 422)
        self.assertIn("min_response_length", wrong.detail)

    def test_corrected_outputs_are_preferred(self) -> None:
        """Where somebody corrected the output, the export teaches the correction: by submit, edit, or
        correction."""
        self.store(*(interaction(n, id=letters(n)) for n in range(4)))
        workflow = {"steps": [{"app": "email", "template": "fixed"}]}
        submitted = {
            "interaction_id": "a",
            "feedback_type": "edit",
            "corrected_workflow": workflow,
            "correction_notes": "Fixed the email template",
        }
        self.expect(self.client.post("/api/feedback/submit", submitted), 200, 201)
        self.signal(
            {"interaction_id": "b", "kind": "edit", "output": message("assistant", "The edited answer.")},
            {
                "interaction_id": "c",
                "kind": "correction",
                "output": message("assistant", "The corrected answer."),
                "reason": "Original was too brief",
            },
        )
        by_prompt = dict(zip(prompts(examples := self.client.export({})), answers(examples), strict=True))
        texts = [by_prompt[interaction(n)["messages"][1]["content"]] for n in range(4)]
        self.assertEqual(json.loads(texts[0]), workflow)
        self.assertEqual(
            texts[1:], ["The edited answer.", "The corrected answer.", interaction(3)["output"]["content"]]
        )

    def test_artifacts_are_the_answer_of_a_workflow(self) -> None:
        """A workflow without an output message is exported with its artifact as the assistant's JSON text."""
        workflow = {"name": "notify", "nodes": [{"app": "forms"}, {"app": "email", "text": 'ünï "quoted"'}]}
        self.store(interaction(1, output=None, artifact=workflow))
        (example,) = self.client.export({})
        self.assertEqual(json.loads(example["messages"][-1]["content"]), workflow)

    def test_tools_are_carried_over(self) -> None:
        """Tool calls, tool results and tool definitions keep their shape; arguments stay a string."""
        call = {
            "id": "call-a",
            "type": "function",
            "function": {"name": "add", "arguments": '{"a": 2, "b": 3}'},
        }
        tools = [
            {
                "type": "function",
                "function": {
                    "name": "add",
                    "description": "adds",
                    "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}},
                },
            }
        ]
        asked = [
            message("user", "Add two and three"),
            message("assistant", None, tool_calls=[call]),
            message("tool", "5", tool_call_id="call-a"),
        ]
        self.store(small(1, messages=asked, output=message("assistant", "It is five."), tools=tools))
        self.store(
            small(2, messages=asked[:1], output=message("assistant", None, tool_calls=[call]), tools=tools)
        )
        by_length = sorted(self.client.export({}), key=lambda example: len(example["messages"]))
        self.assertEqual([len(example["messages"]) for example in by_length], [2, 4])
        for example in by_length:
            self.assertEqual(example["tools"], tools)
            self.assertEqual(example["messages"][1]["tool_calls"], [call])
        self.assertEqual(by_length[1]["messages"][2], asked[2])

    def test_nothing_that_cannot_be_learned_from(self) -> None:
        """What has no answer, or ends on the user, is left out or cut; every line stays valid."""
        odd = [
            small(1),
            small(2, output=None),
            small(
                3,
                output=None,
                messages=[message("user", "hi"), message("assistant", "hello"), message("user", "bye")],
            ),
            small(4, output=message("assistant", "")),
            small(5, messages=None),
            small(6, messages=None, output=None, trajectory=[{"thought": "think", "observation": "seen"}]),
        ]
        self.expect(self.client.post_ndjson(INTERACTIONS, odd), 200)
        self.assertIn(small(1)["messages"][0]["content"], prompts(self.client.export({})))

    def test_a_large_export_streams(self) -> None:
        """Ten thousand examples are exported whole, by both routes, and the server stays small."""
        for start in range(0, 10_000, 1000):
            self.store(*(interaction(n) for n in range(start, start + 1000)))
        expected = {interaction(n)["messages"][1]["content"] for n in range(10_000)}
        self.assertEqual(set(prompts(self.client.export({}))), expected)
        examples = self.client.export()
        self.assertEqual(len(examples), 10_000)
        self.assertEqual(set(prompts(examples)), expected)


if __name__ == "__main__":
    unittest.main()
