"""The main job, in and out: capture interactions, join what people say about them, list, look up, erase."""

from __future__ import annotations

import gzip
import json
import subprocess
import unittest
from datetime import datetime

from .client import NDJSON, Answer, Record, ndjson
from .harness import Case, ServedCase, create_key
from .places import ZSTD, places_of
from .records import answers, interaction, letters, message, prompts, small, words

INTERACTIONS = "/v1/interactions"
SIGNALS = "/v1/signals"
SUBMIT = "/api/feedback/submit"

# The request of seed 000, with a corrected workflow where the seed has "{...}".
SEED_FEEDBACK: Record = {
    "feedback_type": "thumbs_up",
    "feedback_text": "Great workflow!",
    "sentiment_score": 5,
    "corrected_workflow": {"steps": [{"app": "email", "template": "new"}]},
    "correction_notes": "Fixed the email template",
}


def instant(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Capture(ServedCase):
    """POST /v1/interactions: what it takes, what it answers, and what is read back."""

    def read_back(self, record_id: str) -> Record:
        return self.expect(self.client.lookup(record_id), 200).json()["interaction"]

    def assert_stored(self, sent: Record, record_id: str) -> None:
        stored = self.read_back(record_id)
        self.assertEqual({field: stored.get(field) for field in sent}, sent)

    def test_one_object(self) -> None:
        """One object answers 201 with the id and status stored, and reads back as it was sent."""
        sent = interaction(1)
        answer = self.expect(self.client.post(INTERACTIONS, sent), 201).json()
        self.assertEqual(answer["status"], "stored")
        self.assertRegex(
            answer["id"], "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
        )
        self.assert_stored(sent, answer["id"])

    def test_every_field(self) -> None:
        """Every field of an interaction comes back as it was sent."""
        sent = interaction(
            2,
            id="full-record",
            kind="agent",
            created_at="2026-01-02T03:04:05.678Z",
            messages=[
                message("system", "You look things up.", name="rules"),
                message(
                    "user",
                    [
                        {"type": "text", "text": "What is in this picture?"},
                        {"type": "image_url", "image_url": {"url": "https://example.com/roof.png"}},
                    ],
                ),
                message(
                    "assistant",
                    None,
                    tool_calls=[
                        {
                            "id": "call-a",
                            "type": "function",
                            "function": {"name": "look", "arguments": '{"where": "roof"}'},
                        }
                    ],
                ),
                message("tool", "a membrane", tool_call_id="call-a"),
            ],
            tools=[{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}],
            artifact={"nodes": [{"name": "start", "deep": {"list": [1, 2.5, None, True, "ü"]}}]},
            items=[{"id": "item-a", "text": "first"}, {"id": "item-b", "text": "second"}],
            trajectory=[
                {
                    "thought": "look at it",
                    "tool": "look",
                    "arguments": {"where": "roof"},
                    "result": "a membrane",
                    "duration_ms": 12.5,
                    "ok": True,
                }
            ],
            source={"url": "https://example.com/article", "content": "What the article says."},
            ttft_ms=120,
            cost_usd=0.0125,
            auto_score=0.75,
            quality_score=8.5,
            experiment="tuned-model",
            variant="baseline",
        )
        self.expect(self.client.post(INTERACTIONS, sent), 201)
        stored = self.read_back("full-record")
        self.assertEqual(instant(stored["created_at"]), instant(sent["created_at"]))
        # How an array of content parts or numbers is spelled is the server's business; what they say is not.
        self.assert_stored({field: sent[field] for field in sent if field != "created_at"}, "full-record")

    def test_array_and_ndjson(self) -> None:
        """An array and NDJSON answer 200 with counts and the ids in order."""
        sent = [interaction(number) for number in range(10, 30)]
        in_array = self.expect(self.client.post(INTERACTIONS, sent[:10]), 200).json()
        in_lines = self.expect(self.client.post_ndjson(INTERACTIONS, sent[10:]), 200).json()
        for answer in (in_array, in_lines):
            self.assertEqual([answer[name] for name in ("stored", "duplicates", "rejected")], [10, 0, 0])
            self.assertEqual(answer["errors"], [])
        for record, record_id in zip(sent, in_array["ids"] + in_lines["ids"], strict=True):
            self.assert_stored(record, record_id)

    def test_ndjson_names_and_line_ends(self) -> None:
        """Every NDJSON media type works, with CRLF, blank lines, and without a last newline."""
        for number, media in enumerate(
            (NDJSON, "application/jsonl", "application/x-jsonlines; charset=utf-8")
        ):
            lines = [json.dumps(small(100 + 2 * number + k)).encode() for k in range(2)]
            body = lines[0] + b"\r\n\r\n\n" + lines[1]
            answer = self.client.request("POST", INTERACTIONS, body, {"Content-Type": media})
            self.assertEqual(self.expect(answer, 200).json()["stored"], 2, media)

    def test_ids_can_be_left_out(self) -> None:
        """?ids=false leaves the ids out of a batch answer."""
        answer = self.client.post_ndjson(INTERACTIONS + "?ids=false", [small(1), small(2)])
        self.assertNotIn("ids", self.expect(answer, 200).json())

    def test_gzip(self) -> None:
        """gzip bodies work for one object and for NDJSON, also as several gzip members."""
        one, lines = interaction(3), [interaction(4), interaction(5)]
        answer = self.client.post(
            INTERACTIONS, gzip.compress(json.dumps(one).encode()), **{"Content-Encoding": "gzip"}
        )
        self.assert_stored(one, self.expect(answer, 201).json()["id"])
        body = b"".join(gzip.compress(ndjson([line])) for line in lines)
        headers = {"Content-Type": NDJSON, "Content-Encoding": "gzip"}
        answer = self.expect(self.client.request("POST", INTERACTIONS, body, headers), 200)
        self.assertEqual(answer.json()["stored"], 2)

    @unittest.skipUnless(ZSTD, "no zstd program")
    def test_zstd(self) -> None:
        """zstd bodies work."""
        sent = [interaction(6), interaction(7)]
        body = subprocess.run([str(ZSTD), "-qc"], input=ndjson(sent), capture_output=True, check=True).stdout
        headers = {"Content-Type": NDJSON, "Content-Encoding": "zstd"}
        answer = self.expect(self.client.request("POST", INTERACTIONS, body, headers), 200).json()
        self.assertEqual(answer["stored"], 2)
        for record, record_id in zip(sent, answer["ids"], strict=True):
            self.assert_stored(record, record_id)

    def test_partial_success(self) -> None:
        """A bad record is rejected alone, with its index and the field path; the others are stored."""
        good, twin = small(1, id="good"), small(2, id="twin")
        bad = small(3, id="bad", messages="hello")
        self.store(twin)
        answer = self.expect(
            self.client.post(INTERACTIONS, [good, twin, bad, small(4, id="last")]), 200
        ).json()
        self.assertEqual([answer[name] for name in ("stored", "duplicates", "rejected")], [2, 1, 1])
        self.assertEqual(answer["ids"], ["good", "twin", None, "last"])
        (error,) = answer["errors"]
        self.assertEqual((error["index"], error["code"]), (2, "invalid_argument"))
        self.assertIn("messages", error["message"])
        self.assertEqual(self.client.lookup("bad").status, 404)

    def test_a_batch_of_nothing_but_rejects(self) -> None:
        """A batch whose records were all rejected answers 422 with the counts."""
        answer = self.expect(
            self.client.post(INTERACTIONS, [small(1, messages=5), small(2, tags="a")]), 422
        ).json()
        self.assertEqual([answer[name] for name in ("stored", "duplicates", "rejected")], [0, 0, 2])
        self.assertEqual([error["index"] for error in answer["errors"]], [0, 1])

    def test_ids_make_writes_idempotent(self) -> None:
        """The same id again: 200 duplicate for the same content, 409 conflict for other content, nothing
        changed."""
        sent = small(8, id="mine")  # without created_at: a retry must not depend on when it comes
        self.assertEqual(self.expect(self.client.post(INTERACTIONS, sent), 201).json()["id"], "mine")
        again = self.expect(self.client.post(INTERACTIONS, sent), 200).json()
        self.assertEqual(again, {"id": "mine", "status": "duplicate"})
        reordered = dict(reversed(sent.items()))
        self.expect(self.client.post(INTERACTIONS, reordered), 200)
        other = {**sent, "output": message("assistant", "Something else entirely.")}
        self.expect_problem(self.client.post(INTERACTIONS, other), 409, "conflict")
        self.assert_stored(sent, "mine")
        self.assertEqual(self.client.stats()["overview"]["total_records"], 1)

    def test_conflicts_and_twins_inside_a_batch(self) -> None:
        """In a batch a twin is a duplicate and a taken id is a conflict of that record alone."""
        first, other = small(1, id="a"), small(2, id="a")
        answer = self.expect(
            self.client.post_ndjson(INTERACTIONS, [first, first, other, small(3, id="b")]), 200
        ).json()
        self.assertEqual([answer[name] for name in ("stored", "duplicates", "rejected")], [2, 1, 1])
        (error,) = answer["errors"]
        self.assertEqual((error["index"], error["code"]), (2, "conflict"))
        self.assertEqual(sorted(self.client.list_ids()), ["a", "b"])

    def test_opaque_ids(self) -> None:
        """Any id of a client works everywhere, such as seed 004's: capture, feedback, lookup, export,
        erasure."""
        mine = "train_20241120_103000_ab12cd34"
        self.store(small(1, id=mine))
        feedback = {"interaction_id": mine, "feedback_type": "positive"}
        self.expect(self.client.post(SUBMIT, feedback), 200, 201)
        found = self.expect(self.client.lookup(mine), 200).json()
        self.assertEqual((found["interaction"]["id"], found["verdict"]["thumbs_up"]), (mine, 1))
        self.assertEqual(len(self.client.export({"filter_positive_only": True})), 1)
        self.assertEqual(self.expect(self.client.delete(f"{INTERACTIONS}/{mine}"), 200).json()["id"], mine)

    def test_unknown_fields_are_kept(self) -> None:
        """Fields Gleaner does not know are kept, in metadata, beside what was there."""
        sent = small(
            9, id="more", metadata={"known": 1}, tier_handled="opus", extra={"deep": [1, {"a": None}]}
        )
        self.store(sent)
        metadata = self.read_back("more")["metadata"]
        self.assertEqual(metadata, {"known": 1, "tier_handled": "opus", "extra": {"deep": [1, {"a": None}]}})

    def test_unicode_and_numbers_survive(self) -> None:
        """Text of any script, escapes, and numbers come back as they went in."""
        text = "quote \" slash \\ tab \t newline \n İstanbul'da çay ☕ 東京 𝔊 \u2028 end"
        numbers = {"big": 9007199254740993, "small": 1e-9, "negative": -0.5, "long": 123456789012345}
        self.store(small(1, id="odd", output=message("assistant", text), metadata=numbers))
        stored = self.read_back("odd")
        self.assertEqual(stored["output"]["content"], text)
        self.assertEqual(stored["metadata"], numbers)
        self.assertEqual(answers(self.client.export({})), [text])

    def test_a_large_record(self) -> None:
        """A payload far above COMPRESSION_THRESHOLD_KB comes back whole and is counted as compressed."""
        workflow = {"nodes": [{"name": letters(n), "notes": words(n, 400)} for n in range(2000)]}
        self.store(interaction(1, id="large", artifact=workflow), small(2))
        self.assertEqual(self.read_back("large")["artifact"], workflow)
        self.assertGreaterEqual(self.client.stats()["overview"]["compressed_records"], 1)

    def test_other_years(self) -> None:
        """created_at decides the day: records of other years are listed under those days, newest day
        first."""
        days = ["2019-03-04", "2021-12-31", "2024-02-29", "2025-11-01"]
        for number, day in enumerate(days):
            self.store(small(number, id=day, created_at=f"{day}T23:59:59.5Z"))
        self.assertEqual(self.client.list_ids(), days[::-1])
        self.assertEqual(self.client.list_ids(order="asc"), days)
        for day in days:
            start, end = f"{day}T00:00:00Z", f"{day}T23:59:59.9Z"
            self.assertEqual(self.client.list_ids(**{"from": start, "to": end}), [day])
            self.assertEqual(instant(self.read_back(day)["created_at"]), instant(f"{day}T23:59:59.500Z"))
        until = {"to": "2024-02-29T23:59:59.5Z"}  # exclusive
        self.assertEqual(self.client.list_ids(**until), days[1::-1])

    def test_everything_is_there_after_a_restart(self) -> None:
        """SIGTERM ends with 0, and a new process serves the same data; stdout carries the one line
        promised."""
        sent = [interaction(number, id=f"kept-{letters(number)}") for number in range(50)]
        self.store(*sent)
        before = self.client.stats()
        self.assertEqual(len(self.server.stdout), 1, self.server.stdout)
        self.assertEqual(self.server.stop(), 0)
        self.server.start()
        for record in sent:
            self.assert_stored(record, record["id"])
        self.assertEqual(self.client.stats()["by_platform"], before["by_platform"])


class Privacy(ServedCase):
    """Who a user is stays with the application."""

    def test_user_ids_become_pseudonyms(self) -> None:
        """A user id is stored as a pseudonym that joins records, and can still be asked for; its text is
        nowhere."""
        raw = "raw-user-jane-qxzvw"
        self.store(
            *(small(n, id=letters(n), user_id=raw) for n in range(3)), small(9, user_id="somebody-else")
        )
        self.signal({"interaction_id": "a", "kind": "thumbs_up", "user_id": raw})
        submit: Record = {"interaction_id": "b", "user_id": raw, **SEED_FEEDBACK}
        self.expect(self.client.post(SUBMIT, submit), 200, 201)
        engage = {"insight_id": "c", "action": "like", "metadata": {"user_id": raw}}
        self.expect(self.client.post("/api/feed/engage", engage), 200, 201)
        # A rejected record is kept too, and is no excuse.
        self.expect(self.client.post(INTERACTIONS, small(5, user_id=raw, messages="wrong")), 422)

        seen: list[Answer] = [self.client.lookup(letters(n)) for n in range(3)]
        seen += [self.client.get(INTERACTIONS), self.client.get("/v1/rejects")]
        seen.append(self.client.post("/api/feedback/export", {}))
        for answer in seen:
            self.assertNotIn(raw, self.expect(answer, 200).body.decode())
        records = [answer.json() for answer in seen[:3]]
        pseudonyms = {record["interaction"]["user_id"] for record in records}
        self.assertEqual(len(pseudonyms), 1)
        given = records[0]["signals"] + records[1]["signals"]
        self.assertEqual({signal["user_id"] for signal in given}, pseudonyms)
        self.assertEqual(sorted(self.client.list_ids(user_id=raw)), ["a", "b", "c"])

        self.assertEqual(self.server.stop(), 0)
        self.assertNotIn(raw, self.server.log())
        self.assertEqual(places_of(raw, self.data_dir, self.scratch), [])


class Feedback(ServedCase):
    """Signals: by the v1 route and by the routes front ends know; they join their interaction whenever they
    come."""

    def verdict(self, record_id: str) -> Record:
        return self.expect(self.client.lookup(record_id), 200).json()["verdict"]

    def signals_of(self, record_id: str) -> list[Record]:
        return self.expect(self.client.lookup(record_id), 200).json()["signals"]

    def test_submit_as_in_seed_000(self) -> None:
        """The exact request of seed 000 answers with its exact fields, and is joined."""
        (mine,) = self.store(interaction(1))
        answer = self.expect(
            self.client.post(SUBMIT, {"interaction_id": mine, **SEED_FEEDBACK}), 200, 201
        ).json()
        self.assertEqual(set(answer), {"success", "feedback_id", "message"})
        self.assertIs(answer["success"], True)
        self.assertEqual(answer["message"], "Thank you for your feedback!")
        self.assertTrue(answer["feedback_id"])
        signals = self.signals_of(mine)
        self.assertIn(answer["feedback_id"], [signal["id"] for signal in signals])
        self.assertIn("Great workflow!", json.dumps(signals))
        self.assertIn("Fixed the email template", json.dumps(signals))
        verdict = self.verdict(mine)
        self.assertEqual((verdict["thumbs_up"], verdict["thumbs_down"], verdict["quality"]), (1, 0, True))

    def test_submit_takes_every_kind(self) -> None:
        """Every feedback_type the contract names is accepted, the least of fields given; others are a 422."""
        kinds = (
            "thumbs_up",
            "thumbs_down",
            "edit",
            "report",
            "positive",
            "negative",
            "rating",
            "comment",
            "correction",
            "like",
            "x",
            "bookmark",
            "share",
            "view",
        )
        for number, kind in enumerate(kinds):
            (mine,) = self.store(small(number))
            fixed: Record = {"corrected_workflow": {"steps": []}}
            needed: Record = {"rating": {"sentiment_score": 4}, "comment": {"feedback_text": "fine"}}
            more: Record = needed.get(kind, fixed if kind in ("edit", "correction") else {})
            body = {"interaction_id": mine, "feedback_type": kind, **more}
            self.expect(self.client.post(SUBMIT, body), 200, 201)
            self.assertTrue(self.signals_of(mine), kind)
        wrong = {"interaction_id": "a", "feedback_type": "love"}
        problem = self.expect_problem(self.client.post(SUBMIT, wrong), 422, "invalid_argument")
        self.assertIn("feedback_type", problem["detail"])
        self.expect_problem(self.client.post(SUBMIT, {"feedback_type": "edit"}), 422, "invalid_argument")

    def test_a_signal_before_its_interaction_is_joined(self) -> None:
        """A signal may come first, by interaction id or by item id; it is joined when the interaction
        arrives."""
        self.signal({"interaction_id": "late", "kind": "thumbs_up"}, {"item_id": "late-item", "kind": "like"})
        self.expect(self.client.post(SUBMIT, {"interaction_id": "late", **SEED_FEEDBACK}), 200, 201)
        self.assertEqual(self.client.lookup("late").status, 404)
        self.assertEqual(self.client.stats()["overview"]["total_records"], 0)
        self.store(
            small(1, id="late"), small(2, id="with-item", items=[{"id": "late-item", "text": "an insight"}])
        )
        self.assertEqual(self.verdict("late")["thumbs_up"], 2)
        self.assertEqual([signal["kind"] for signal in self.signals_of("with-item")], ["like"])
        self.assertEqual(self.client.list_ids(feedback="positive"), ["late"])
        self.assertEqual(self.client.stats()["overview"]["records_with_feedback"], 1)
        readiness = self.expect(self.client.get("/api/feedback/readiness/zapier"), 200).json()
        self.assertEqual(readiness["quality_examples"], 1)

    def test_signal_ids_make_writes_idempotent(self) -> None:
        """The same signal id again counts once; other content under it is a conflict."""
        self.store(small(1, id="rated"))
        vote = {"id": "vote-a", "interaction_id": "rated", "kind": "thumbs_up"}
        self.assertEqual(self.expect(self.client.post(SIGNALS, vote), 201).json()["status"], "stored")
        self.assertEqual(self.expect(self.client.post(SIGNALS, vote), 200).json()["status"], "duplicate")
        self.expect_problem(self.client.post(SIGNALS, {**vote, "kind": "thumbs_down"}), 409, "conflict")
        self.assertEqual((self.verdict("rated")["thumbs_up"], self.verdict("rated")["thumbs_down"]), (1, 0))

    def test_signals_in_batches(self) -> None:
        """Arrays and NDJSON of signals answer as interactions do; a bad one is rejected alone."""
        self.store(small(1, id="rated"))
        good = {"interaction_id": "rated", "kind": "rating", "value": 4}
        bad = {"interaction_id": "rated", "kind": "love"}
        orphan = {"kind": "like"}
        answer = self.expect(self.client.post(SIGNALS, [good, bad, orphan]), 200).json()
        self.assertEqual((answer["stored"], answer["rejected"]), (1, 2))
        self.assertEqual([error["index"] for error in answer["errors"]], [1, 2])
        self.assertIn("kind", answer["errors"][0]["message"])

    def test_engage_by_interaction_and_by_item(self) -> None:
        """POST /api/feed/engage of seed 001 finds an interaction by its id and by the id of one of its
        items."""
        items = [{"id": "abc123", "text": "Buffett increased Alphabet"}, {"id": "def456", "text": "another"}]
        self.store(small(1, id="feed", kind="extraction", items=items))
        for target, action in (
            ("abc123", "like"),
            ("def456", "x"),
            ("feed", "bookmark"),
            ("abc123", "share"),
        ):
            body = {"insight_id": target, "action": action, "metadata": {"user_id": 1}}
            answer = self.expect(self.client.post("/api/feed/engage", body), 200, 201).json()
            self.assertIs(answer["success"], True)
            self.assertTrue(answer["id"])
        signals = self.signals_of("feed")
        self.assertEqual(sorted(signal["kind"] for signal in signals), ["bookmark", "like", "share", "x"])
        by_kind = {
            signal["kind"]: signal.get("item_id") for signal in signals if signal["kind"] != "bookmark"
        }
        self.assertEqual(by_kind, {"like": "abc123", "x": "def456", "share": "abc123"})
        wrong = {"insight_id": "abc123", "action": "love"}
        self.expect_problem(self.client.post("/api/feed/engage", wrong), 422, "invalid_argument")


class Listing(ServedCase):
    """GET /v1/interactions."""

    def test_filters(self) -> None:
        """Each filter selects what it says."""
        self.store(
            small(1, id="plain"),
            small(2, id="make", platform="make"),
            small(3, id="kind", kind="extraction"),
            small(4, id="model", model="llama"),
            small(5, id="language", language="tr"),
            small(6, id="intent", intent="route_planning"),
            small(7, id="session", session_id="s-one"),
            small(8, id="user", user_id="u-one"),
            small(9, id="tag", tags=["tpo", "seam"]),
            small(10, id="failed", success=False, error="timeout"),
            small(11, id="scored", quality_score=8.5),
            small(12, id="short", output=message("assistant", "ş" * 10)),
        )
        selections: list[tuple[Record, list[str]]] = [
            ({"platform": "make"}, ["make"]),
            ({"kind": "extraction"}, ["kind"]),
            ({"model": "llama"}, ["model"]),
            ({"language": "tr"}, ["language"]),
            ({"intent": "route_planning"}, ["intent"]),
            ({"session_id": "s-one"}, ["session"]),
            ({"user_id": "u-one"}, ["user"]),
            ({"tag": "seam"}, ["tag"]),
            ({"success": "false"}, ["failed"]),
            ({"min_quality_score": 8.5}, ["scored"]),
            ({"min_quality_score": 8.6}, []),
            ({"max_response_length": 10}, ["short"]),  # characters, not bytes
            ({"min_response_length": 10, "max_response_length": 10}, ["short"]),
            ({"platform": "make", "tag": "seam"}, []),
            ({"platform": "nowhere"}, []),
        ]
        for parameters, expected in selections:
            with self.subTest(parameters):
                self.assertEqual(self.client.list_ids(**parameters), expected)
        self.assertEqual(len(self.client.list_ids(success="true")), 11)
        self.assertEqual(len(self.client.list_ids(min_response_length=11)), 11)

    def test_feedback_filter(self) -> None:
        """feedback=any|positive|negative|none follows the verdict."""
        self.store(
            *(small(number, id=name) for number, name in enumerate(("up", "down", "comment", "nothing")))
        )
        self.signal(
            {"interaction_id": "up", "kind": "thumbs_up"},
            {"interaction_id": "down", "kind": "thumbs_down"},
            {"interaction_id": "comment", "kind": "comment", "text": "hm"},
        )
        for feedback, expected in (
            ("positive", ["up"]),
            ("negative", ["down"]),
            ("none", ["nothing"]),
            ("any", ["comment", "down", "up"]),
        ):
            self.assertEqual(sorted(self.client.list_ids(feedback=feedback)), expected, feedback)

    def test_paging_covers_everything_once(self) -> None:
        """Whatever the page size, order and filter, the pages hold everything exactly once, in order."""
        records = [
            small(
                n,
                id=letters(n),
                platform=("zapier", "make", "n8n")[n % 3],
                created_at=f"2026-03-{1 + n % 5:02}T10:00:00Z",
            )
            for n in range(300)
        ]
        for start in range(0, 300, 100):
            self.store(*records[start : start + 100])
        newest_first = sorted(range(300), key=lambda n: (n % 5, n), reverse=True)
        expected = [letters(n) for n in newest_first]
        for limit in (1, 7, 50, 300, 1000):
            with self.subTest(limit):
                pages = list(self.client.pages(limit=limit))
                self.assertTrue(all(len(page) <= limit for page in pages))
                self.assertEqual([entry["interaction"]["id"] for page in pages for entry in page], expected)
        self.assertEqual(self.client.list_ids(limit=13, order="asc"), expected[::-1])
        only_make = [letters(n) for n in newest_first if n % 3 == 1]
        self.assertEqual(self.client.list_ids(limit=9, platform="make"), only_make)
        window = {"from": "2026-03-02T00:00:00Z", "to": "2026-03-04T00:00:00Z"}
        in_window = [letters(n) for n in newest_first if n % 5 in (1, 2)]
        self.assertEqual(self.client.list_ids(limit=11, **window), in_window)

    def test_default_limit_and_entries(self) -> None:
        """50 a page unless told otherwise; an entry holds the interaction and its verdict."""
        self.store(*(small(number) for number in range(60)))
        page = self.expect(self.client.get(INTERACTIONS), 200).json()
        self.assertLessEqual(len(page["data"]), 50)
        self.assertIsNotNone(page["next_cursor"])
        self.assertEqual(set(page["data"][0]), {"interaction", "verdict"})

    def test_wrong_parameters(self) -> None:
        """A wrong parameter is a 400 that names it."""
        for name, value in (
            ("limit", "0"),
            ("limit", "1001"),
            ("limit", "ten"),
            ("order", "up"),
            ("from", "soon"),
            ("to", "2026-13-01T00:00:00Z"),
            ("feedback", "good"),
            ("success", "maybe"),
            ("min_quality_score", "high"),
            ("min_response_length", "-1"),
            ("cursor", "!nonsense!"),
        ):
            with self.subTest(name=name, value=value):
                answer = self.client.get(INTERACTIONS, **{name: value})
                self.assertIn(name, self.expect_problem(answer, 400, "invalid_argument")["detail"])


class Erasure(ServedCase):
    """DELETE: what is erased is gone from every answer, and from the files."""

    def test_by_both_routes(self) -> None:
        """Both routes erase an interaction with its signals: 404 after, not exported, not counted; others
        stay."""
        self.store(*(interaction(n, id=letters(n)) for n in range(3)))
        self.signal(*({"interaction_id": name, "kind": "thumbs_up"} for name in "abc"))
        self.signal({"interaction_id": "a", "kind": "comment", "text": "fine"})
        answer = self.expect(self.client.delete(f"{INTERACTIONS}/a"), 200).json()
        self.assertEqual(answer, {"deleted": True, "id": "a", "signals": 2})
        answer = self.expect(self.client.delete("/api/feedback/data/b"), 200).json()
        self.assertEqual((answer["success"], answer["interaction_id"]), (True, "b"))
        self.assertTrue(answer["message"])
        for route in (f"{INTERACTIONS}/a", "/api/feedback/data/b", f"{INTERACTIONS}/never-there"):
            self.expect_problem(self.client.delete(route), 404, "not_found")
        for name in "ab":
            self.expect_problem(self.client.lookup(name), 404, "not_found")
        self.assertEqual(self.client.list_ids(), ["c"])
        self.assertEqual(prompts(self.client.export({})), [interaction(2)["messages"][1]["content"]])
        stats = self.client.stats()
        self.assertEqual(stats["overview"]["total_records"], 1)
        self.assertEqual(stats["overview"]["records_with_feedback"], 1)
        zapier = stats["by_platform"]["zapier"]
        self.assertEqual((zapier["total_interactions"], zapier["thumbs_up_count"]), (1, 1))
        self.assertEqual(stats["training_readiness"]["zapier"]["total_examples"], 1)
        self.server.stop()
        self.server.start()
        self.assertEqual(self.client.list_ids(), ["c"])
        self.assertEqual(self.client.stats()["overview"]["total_records"], 1)

    def test_the_text_leaves_the_files(self) -> None:
        """After erasure and a stop no file of the data directory holds the text any more."""
        secret = "zebraquartzviolin"
        self.store(small(1, id="gone", output=message("assistant", f"It was the {secret}.")), small(2))
        self.signal({"interaction_id": "gone", "kind": "comment", "text": f"not the {secret}"})
        self.expect(self.client.delete(f"{INTERACTIONS}/gone"), 200)
        self.assertEqual(self.server.stop(), 0)
        self.assertEqual(places_of(secret, self.data_dir, self.scratch), [])


class Health(Case):
    """The routes without a key."""

    def test_health_routes(self) -> None:
        """healthz, readyz and openapi.json answer without a key; metrics with one, as Prometheus text."""
        key = create_key(self.data_dir, "read")["key"]
        server = self.serve()
        nobody, reader = self.connect(server, None), self.connect(server, key)
        self.assertEqual(self.expect(nobody.get("/healthz"), 200).json(), {"status": "ok"})
        self.assertEqual(self.expect(nobody.get("/readyz"), 200).json()["status"], "ready")
        self.assertRegex(self.expect(nobody.get("/openapi.json"), 200).json()["openapi"], r"^3\.1")
        self.expect(nobody.get("/metrics"), 401)
        metrics = self.expect(reader.get("/metrics"), 200)
        self.assertIn("# TYPE ", metrics.body.decode())


if __name__ == "__main__":
    unittest.main()
