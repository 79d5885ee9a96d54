"""Bodies that are wrong, huge or malicious: a clear refusal, neighbours stored, small memory."""

from __future__ import annotations

import functools
import gzip
import json
import subprocess
import unittest
import zlib
from collections.abc import Iterator

from .client import NDJSON, Json, Record, Wire, encode, ndjson
from .harness import RSS_LIMIT_MB, Case, create_key, gleaner
from .hostile import INTERACTIONS, HostileCase
from .places import ZSTD
from .records import interaction, letters, message, small

MIB = 1 << 20
BODY_LIMIT = 64 * MIB


def big_line(size: int) -> Iterator[bytes]:
    """One valid interaction of about that many bytes, piece by piece."""
    yield b'{"id":"big","messages":[{"role":"user","content":"hi"}],"output":{"role":"assistant","content":"'
    block = b"many words " * 10_000
    for _ in range(size // len(block)):
        yield block
    yield b'"}}\n'


@functools.cache
def zeros_gz(size: int) -> bytes:
    """gzip of that many zero bytes, about a thousandth as long."""
    packer, block = zlib.compressobj(6, wbits=31), bytes(MIB)
    return b"".join(packer.compress(block) for _ in range(size // MIB)) + packer.flush()


class Malformed(HostileCase):
    """Bodies that are not what they should be."""

    def test_not_json(self) -> None:
        """What is not JSON is a 400 for one object; it never crashes and stores nothing."""
        whole = encode(small(1))
        bodies = [
            b"",
            b" \n\t ",
            b"{",
            b"}",
            b"nonsense",
            b'{"messages":',
            b"[",
            b"[{",
            b"[1,",
            b'{"a":1,}',
            b"{'a':1}",
            b"NaN",
            b"[NaN]",
            b'{"a":01}',
            b'{"a":1e}',
            b'"open',
            b"tru",
            b"\xef\xbb\xbf",
            b"\x00",
            b"\x00" * 1000,
            whole + b"x",
            whole[:-1],
            b'{"a":"\n"}',
            b'{"a":"\\x"}',
            b'{"a":"\\u12"}',
            b"// no\n{}",
        ]
        for body in [*bodies, *(whole[:cut] for cut in range(1, len(whole), 7))]:
            with self.subTest(body=body[:60]):
                # The end of an object may also be seen as a record that is wrong.
                answer = self.client.request("POST", INTERACTIONS, body)
                self.assertIn(answer.status, (400, 422), answer)
                self.expect_problem(answer, answer.status, "invalid_argument")
        self.assert_nothing_stored()

    def test_json_but_no_record(self) -> None:
        """JSON that is no object, or an object of nothing, is refused; an empty batch stores nothing."""
        bodies: list[Json] = [
            5,
            "text",
            True,
            [5],
            ["a"],
            [[]],
            [[[{}]]],
            {},
            {"messages": []},
            {"unknown": 1},
        ]
        for body in bodies:
            with self.subTest(body=body):
                self.expect(self.client.post(INTERACTIONS, body), 400, 422)
        self.expect(self.client.request("POST", INTERACTIONS, b"null"), 400, 422)
        self.expect(self.client.post(INTERACTIONS, []), 200, 400, 422)
        self.expect(
            self.client.request("POST", INTERACTIONS, b"\n\n", {"Content-Type": NDJSON}), 200, 400, 422
        )
        self.assert_nothing_stored()

    def test_deep_nesting(self) -> None:
        """100,000 brackets are refused, at the top, in a field and in a line; modest nesting is stored."""
        for opening in (b"[", b'{"a":'):
            for prefix in (b"", b'{"metadata":', b'{"messages":[{"role":"user","content":'):
                body = prefix + opening * 100_000
                self.expect(self.client.request("POST", INTERACTIONS, body), 400, 422)
                self.expect(
                    self.client.request("POST", INTERACTIONS, body, {"Content-Type": NDJSON}), 400, 422
                )
        closed = b"[" * 100_000 + b"]" * 100_000
        self.expect(
            self.client.request("POST", INTERACTIONS, b'{"output":"a","artifact":' + closed + b"}"), 400, 422
        )
        self.expect(self.client.request("POST", "/api/feedback/submit", closed), 400, 422)
        self.expect(self.client.request("POST", "/api/feedback/export", closed), 400, 422)

        def nested(depth: int) -> Json:
            return [nested(depth - 1)] if depth else "bottom"

        self.expect(self.client.post(INTERACTIONS, small(1, artifact=nested(50))), 201)
        self.expect(self.client.post(INTERACTIONS, small(2, artifact=nested(70))), 400, 422)

    def test_invalid_utf_8(self) -> None:
        """Bytes that are not UTF-8 are refused; their neighbours in a batch are stored."""
        sequences = (
            b"\xff",
            b"\xc3",
            b"\xc0\xaf",
            b"\xed\xa0\x80",
            b"\xf5\x80\x80\x80",
            b"\xe2\x28\xa1",
            b"\x80",
        )
        for number, wrong in enumerate(sequences):
            bad = encode(small(1)).replace(b"should", wrong)
            with self.subTest(wrong=wrong):
                self.expect(self.client.request("POST", INTERACTIONS, bad), 400, 422)
                good = [encode(small(n, id=f"{letters(number)}-{n}")) for n in range(2)]
                body = b"\n".join([good[0], bad, good[1]])
                answer = self.client.request("POST", INTERACTIONS, body, {"Content-Type": NDJSON})
                result = self.expect(answer, 200).json()
                self.assertEqual((result["stored"], result["rejected"]), (2, 1))
                self.assertEqual(result["errors"][0]["index"], 1)

    def test_bad_lines_between_good_ones(self) -> None:
        """In NDJSON every kind of bad line is rejected alone, with its index, and shows up among the
        rejects."""
        bad_lines = [
            b"{",
            b"nonsense",
            b"[]",
            b"5",
            b"{}",
            b"[" * 1000,
            b'{"messages":5}',
            b"\x00",
            b'"\\ud800"',
        ]
        lines: list[bytes] = []
        for number, bad in enumerate(bad_lines):
            lines += [encode(small(number, id=letters(number))), bad]
        answer = self.client.request("POST", INTERACTIONS, b"\n".join(lines), {"Content-Type": NDJSON})
        result = self.expect(answer, 200).json()
        self.assertEqual((result["stored"], result["rejected"]), (len(bad_lines), len(bad_lines)))
        self.assertEqual([error["index"] for error in result["errors"]], list(range(1, len(lines), 2)))
        self.assertEqual(sorted(self.client.list_ids()), [letters(n) for n in range(len(bad_lines))])
        self.assertGreaterEqual(len(self.rejects(limit=1000)), len(bad_lines))

    def rejects(self, **parameters: Json) -> list[Record]:
        return self.expect(self.client.get("/v1/rejects", **parameters), 200).json()["data"]

    def test_lone_surrogates_and_nul(self) -> None:
        """Lone surrogate escapes and NUL are refused or stored; whatever is stored can be read and
        exported."""
        texts = [
            rb"\ud800",
            rb"\udc00",
            rb"a\ud83d",
            rb"\ud83d\ud83d",
            rb"\ud83d\u0041",
            rb"\u0000",
            rb"a\u0000b",
        ]
        for number, text in enumerate(texts):
            for field in (b"should", b"zapier"):
                body = encode(small(number)).replace(field, text)
                self.expect(self.client.request("POST", INTERACTIONS, body), 201, 400, 422)
        body = encode(small(20, id="PLACE")).replace(b"PLACE", rb"nul\u0000id")
        self.expect(self.client.request("POST", INTERACTIONS, body), 201, 400, 422)
        for target in (
            "/v1/interactions/%00",
            "/v1/interactions/%ff",
            "/v1/interactions/%",
            "/v1/interactions/%zz",
        ):
            self.expect(self.client.get(target), 400, 404)
        for record in self.client.list_all():
            json.dumps(record, ensure_ascii=False).encode()
        self.client.export({})

    def test_duplicate_keys(self) -> None:
        """A key that stands twice does not crash; what is stored is one well-formed record."""
        for field in ("id", "messages", "output", "metadata", "created_at", "nonsense"):
            body = encode(small(1))[:-1] + b', "%b": null, "%b": {"a": 1}}' % (field.encode(), field.encode())
            self.expect(self.client.request("POST", INTERACTIONS, body), 201, 400, 422)
        twice = b'{"id":"one","id":"two",' + encode(small(1))[1:]
        self.expect(self.client.request("POST", INTERACTIONS, twice), 201, 400, 422)
        self.assertLessEqual(len({"one", "two"} & set(self.client.list_ids())), 1)

    def test_wrong_types(self) -> None:
        """A value of the wrong type or range is a 422 whose detail names the field path."""
        user = message("user", "hi")
        wrong: list[tuple[str, Record]] = [
            ("id", {"id": ["a"]}),
            ("platform", {"platform": 5}),
            ("platform", {"platform": ["a"]}),
            ("kind", {"kind": {}}),
            ("model", {"model": 5}),
            ("language", {"language": ["en"]}),
            ("intent", {"intent": 1}),
            ("provider", {"provider": False}),
            ("messages", {"messages": "hi"}),
            ("messages", {"messages": {"role": "user"}}),
            ("messages[0]", {"messages": ["hi"]}),
            ("messages[1]", {"messages": [user, {"content": "a"}]}),
            ("messages[1].role", {"messages": [user, message("robot", "a")]}),
            ("messages[0].content", {"messages": [message("user", 5)]}),
            ("messages[1].content", {"messages": [user, message("user", {"text": "a"})]}),
            ("messages[0].tool_calls", {"messages": [message("assistant", None, tool_calls="a")]}),
            ("output", {"output": 12}),
            ("output", {"output": []}),
            ("output.content", {"output": message("assistant", 5)}),
            ("tools", {"tools": "a"}),
            ("items", {"items": {"id": "a"}}),
            ("trajectory", {"trajectory": "a"}),
            ("parameters", {"parameters": "a"}),
            ("usage", {"usage": 5}),
            ("metadata", {"metadata": []}),
            ("latency_ms", {"latency_ms": "fast"}),
            ("latency_ms", {"latency_ms": -1}),
            ("ttft_ms", {"ttft_ms": []}),
            ("cost_usd", {"cost_usd": "free"}),
            ("success", {"success": "yes"}),
            ("success", {"success": 1}),
            ("tags", {"tags": "a"}),
            ("tags[1]", {"tags": ["a", 5]}),
            ("auto_score", {"auto_score": 1.5}),
            ("quality_score", {"quality_score": 10.5}),
            ("quality_score", {"quality_score": "good"}),
            ("created_at", {"created_at": "yesterday"}),
            ("created_at", {"created_at": "2026-02-30T00:00:00Z"}),
            ("created_at", {"created_at": True}),
            ("created_at", {"created_at": {}}),
        ]
        for path, fields in wrong:
            with self.subTest(path=path, fields=str(fields)[:80]):
                answer = self.client.post(INTERACTIONS, small(1, **fields))
                self.assertIn(path, self.expect_problem(answer, 422, "invalid_argument")["detail"])
        self.assert_nothing_stored()

    def test_wrong_signals(self) -> None:
        """A wrong signal or feedback request is a 422 that names the field."""
        target = {"interaction_id": "a"}
        wrong: list[tuple[str, str, Record]] = [
            ("kind", "/v1/signals", target),
            ("kind", "/v1/signals", target | {"kind": 5}),
            ("kind", "/v1/signals", target | {"kind": "love"}),
            ("interaction_id", "/v1/signals", {"kind": "like"}),
            ("interaction_id", "/v1/signals", {"kind": "like", "interaction_id": ["a"]}),
            ("author", "/v1/signals", target | {"kind": "like", "author": "cat"}),
            ("feedback_type", "/api/feedback/submit", target),
            ("feedback_type", "/api/feedback/submit", target | {"feedback_type": 5}),
            ("interaction_id", "/api/feedback/submit", {"feedback_type": "edit"}),
            (
                "sentiment_score",
                "/api/feedback/submit",
                target | {"feedback_type": "rating", "sentiment_score": "five"},
            ),
            ("insight_id", "/api/feed/engage", {"action": "like"}),
            ("action", "/api/feed/engage", {"insight_id": "a"}),
            ("action", "/api/feed/engage", {"insight_id": "a", "action": "love"}),
        ]
        for field, route, body in wrong:
            with self.subTest(route=route, body=body):
                answer = self.client.post(route, body)
                self.assertIn(field, self.expect_problem(answer, 422, "invalid_argument")["detail"])

    def test_rejects_are_kept_with_the_reason(self) -> None:
        """What was rejected is listed by GET /v1/rejects and `gleaner rejects`, with the reason, page by
        page."""
        wrong = {"messages": [message("user", "hi"), message("robot", "beep")]}
        self.expect(self.client.post(INTERACTIONS, wrong), 422)
        self.client.post_ndjson(INTERACTIONS, [small(1), small(2, tags="a"), small(3, usage=5)])
        self.client.post("/v1/signals", {"interaction_id": "a", "kind": "love"})
        rejects = self.rejects()
        self.assertEqual(len(rejects), 4)
        reasons = [reject["reason"] for reject in rejects]
        for path in ("messages[1].role", "tags", "usage", "kind"):
            self.assertEqual(sum(path in reason for reason in reasons), 1, reasons)
        first = self.rejects(limit=3)
        self.assertEqual(first + self.rejects(limit=3, after=first[-1]["seq"]), rejects)
        listed = self.ok(gleaner("rejects", "--data-dir", self.data_dir, "--json"))
        self.assertEqual([reject["reason"] for reject in listed.json()], reasons)

    def test_clocks_that_jumped(self) -> None:
        """created_at far in the past or future is stored or refused by name; everything can be read
        afterwards."""
        times = (
            "0000-01-01T00:00:00Z",
            "0001-01-01T00:00:00Z",
            "1601-01-01T00:00:00Z",
            "1969-12-31T23:59:59Z",
            "1970-01-01T00:00:00Z",
            "2038-01-19T03:14:08Z",
            "2262-04-12T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "10000-01-01T00:00:00Z",
            "99999999-01-01T00:00:00Z",
            "2016-12-31T23:59:60Z",
            "2026-01-01T00:00:00+23:59",
            "2026-01-01T24:00:00Z",
            0,
            -1,
            1e12,
            1e18,
            1e300,
            -1e300,
        )
        stored = set()
        for number, time_given in enumerate(times):
            record_id = letters(number)
            answer = self.client.post(INTERACTIONS, small(number, id=record_id, created_at=time_given))
            if self.expect(answer, 201, 422).status == 201:
                stored.add(record_id)
            else:
                self.assertIn("created_at", answer.detail)
        self.assertEqual(set(self.client.list_ids()), stored)
        self.assertEqual(self.client.stats()["overview"]["total_records"], len(stored))


class Encodings(HostileCase):
    """Content-Encoding, honest and not."""

    def test_unknown_encoding(self) -> None:
        """An encoding other than identity, gzip and zstd is 415."""
        for name in ("br", "deflate", "compress", "x-nonsense", "gzip, gzip", "gzip, br"):
            answer = self.client.post(INTERACTIONS, small(1), **{"Content-Encoding": name})
            self.expect_problem(answer, 415, "invalid_argument")
        self.expect(self.client.post(INTERACTIONS, small(1), **{"Content-Encoding": "identity"}), 201)

    def test_damaged_gzip(self) -> None:
        """gzip cut off anywhere, or with damaged bytes, or that is none, is a 400 and stores nothing."""
        packed = gzip.compress(encode(interaction(1)))
        bodies = [packed[:cut] for cut in range(0, len(packed), 50)] + [packed[:-1]]
        bodies += [packed[:-8] + bytes(8), encode(interaction(1)), b"\x1f\x8b" + bytes(100)]
        for body in bodies:
            answer = self.client.request("POST", INTERACTIONS, body, {"Content-Encoding": "gzip"})
            self.expect_problem(answer, 400, "invalid_argument")
        self.assert_nothing_stored()

    @unittest.skipUnless(ZSTD, "no zstd program")
    def test_damaged_zstd(self) -> None:
        """The same for zstd."""
        packed = subprocess.run(
            [str(ZSTD), "-qc"], input=encode(interaction(1)), capture_output=True, check=True
        ).stdout
        for body in (packed[:20], packed[:-1], packed[:30] + bytes(30) + packed[60:], encode(interaction(1))):
            answer = self.client.request("POST", INTERACTIONS, body, {"Content-Encoding": "zstd"})
            self.expect_problem(answer, 400, "invalid_argument")
        self.assert_nothing_stored()

    def test_gzip_bombs(self) -> None:
        """10 MB of zeros are no JSON (400); more than the body limit is 413, up to 1 GiB, in little
        memory."""
        gzipped = {"Content_Encoding": "gzip"}
        self.expect(self.post(zeros_gz(10 * MIB), **gzipped), 400, 422)
        for size in (BODY_LIMIT + MIB, 256 * MIB, 1024 * MIB):
            self.expect_problem(self.post(zeros_gz(size), **gzipped), 413, "too_large")
        many = gzip.compress(b" " * MIB) * 200
        self.expect_problem(self.post(many, **gzipped), 413, "too_large")
        self.expect_problem(self.post(zeros_gz(1024 * MIB), **gzipped, Content_Type=NDJSON), 413, "too_large")

    @unittest.skipUnless(ZSTD, "no zstd program")
    def test_zstd_bomb(self) -> None:
        """1 GiB of zeros in a few kilobytes of zstd is 413, in little memory, and whatever window it asks
        for."""
        for options in (["-q"], ["-q", "--long=28"]):
            packer = subprocess.Popen(
                [str(ZSTD), *options, "-c"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            assert packer.stdin is not None and packer.stdout is not None
            for _ in range(1024):
                packer.stdin.write(bytes(MIB))
            packer.stdin.close()
            body = packer.stdout.read()
            packer.stdout.close()
            packer.wait()
            self.expect(self.post(body, Content_Encoding="zstd"), 400, 413)
            self.assertLess(self.server.peak_mb(), RSS_LIMIT_MB)


class Huge(HostileCase):
    """Bodies, records and headers over the limits."""

    def test_a_body_of_100_mb(self) -> None:
        """A body over 64 MiB is 413, announced or chunked, as one record or as lines."""
        line = list(big_line(100 * MIB))
        size = sum(map(len, line))
        self.expect_problem(self.post_pieces(line, size), 413, "too_large")
        self.expect_problem(self.post_pieces(line), 413, "too_large")
        self.expect_problem(self.post_pieces(line, size, Content_Type=NDJSON), 413, "too_large")
        self.expect_problem(self.post_pieces([b"[", *line], None), 413, "too_large")
        for announced in (1 << 40, 1 << 63, 1 << 64):
            self.expect(self.post_pieces([b"{}"], announced), 400, 413)
        self.assert_nothing_stored()

    def test_a_record_over_the_limit(self) -> None:
        """A record over 16 MiB is rejected alone: 413 by itself, one error among its neighbours in a
        batch."""
        line = b"".join(big_line(20 * MIB))
        self.expect_problem(self.post(line), 413, "too_large")
        first, last = small(1, id="first"), small(2, id="last")
        batches = (
            (b"\n".join([encode(first), line, encode(last)]), NDJSON),
            (
                b"[" + b",".join([encode(small(3, id="third")), line, encode(small(4, id="fourth"))]) + b"]",
                "application/json",
            ),
        )
        for body, media in batches:
            result = self.expect(self.post(body, Content_Type=media), 200).json()
            self.assertEqual((result["stored"], result["rejected"]), (2, 1))
            (error,) = result["errors"]
            self.assertEqual((error["index"], error["code"]), (1, "too_large"))
        self.assertEqual(sorted(self.client.list_ids()), ["first", "fourth", "last", "third"])

    def test_a_record_just_under_the_limit(self) -> None:
        """A record of 15 MB is stored and comes back whole."""
        text = "many words " * (15_000_000 // 11)
        self.expect(
            self.client.post(INTERACTIONS, small(1, id="large", output=message("assistant", text))), 201
        )
        self.assertEqual(self.client.lookup("large").json()["interaction"]["output"]["content"], text)

    def test_many_records_at_once(self) -> None:
        """A batch of 100,000 tiny records within the body limit is stored."""
        records = (small(number) for number in range(100_000))
        answer = self.expect(self.client.post_ndjson(INTERACTIONS + "?ids=false", records), 200).json()
        self.assertEqual(answer["stored"], 100_000)

    def test_huge_headers(self) -> None:
        """Headers over 16 KiB are 431 or 413, whether long, many, or a long request line."""
        long = {"X_Filler": "x" * 20_000}
        many = {f"X_Filler_{n}": "x" * 100 for n in range(300)}
        requests = [
            self.raw("GET", INTERACTIONS, **long),
            self.raw("GET", INTERACTIONS, **many),
            self.raw("GET", INTERACTIONS + "?tag=" + "x" * 20_000),
        ]
        for request in requests:
            with Wire(self.server) as wire:
                wire.send_all_of([request])
                self.assertIn(wire.answer().status, (413, 414, 431))
        self.expect(self.client.get(INTERACTIONS, tag="x" * 4000), 200, 400)

    def test_a_huge_line_on_the_command_line(self) -> None:
        """`gleaner import` passes over a line of 100 MB: neighbours stored, exit code 3, memory flat."""
        source = self.scratch / "huge.jsonl"
        with source.open("wb") as file:
            file.write(ndjson([interaction(1, id="before")]))
            file.writelines(big_line(100 * MIB))
            file.write(ndjson([interaction(2, id="after")]))
        done = self.ok(
            gleaner("import", source, "--data-dir", self.data_dir, "--format", "gleaner", "--json"), 3
        )
        counts = {name: done.json()[name] for name in ("read", "stored", "duplicates", "rejected")}
        self.assertEqual(counts, {"read": 3, "stored": 2, "duplicates": 0, "rejected": 1})
        self.assertLess(done.peak_mb, RSS_LIMIT_MB)
        self.assertEqual(sorted(self.client.list_ids()), ["after", "before"])

    def test_a_large_import_in_little_memory(self) -> None:
        """200 MB of records are imported in the same memory as a few."""
        source = self.scratch / "large.jsonl"
        with source.open("wb") as file:
            for start in range(0, 75_000, 5000):
                file.write(ndjson(interaction(number) for number in range(start, start + 5000)))
        done = self.ok(gleaner("import", source, "--data-dir", self.data_dir, "--json"))
        self.assertEqual(done.json()["stored"], 75_000)
        self.assertLess(done.peak_mb, RSS_LIMIT_MB)


class SwitchedOff(Case):
    """ENABLE_DATA_COLLECTION=false."""

    def test_collection_disabled(self) -> None:
        """Capture answers 403 collection_disabled and stores nothing; reading and health go on."""
        key = create_key(self.data_dir)["key"]
        server = self.serve(env={"ENABLE_DATA_COLLECTION": "false"})
        client = self.connect(server, key)
        for answer in (
            client.post(INTERACTIONS, small(1)),
            client.post(INTERACTIONS, [small(1), small(2)]),
            client.post_ndjson(INTERACTIONS, [small(3)]),
        ):
            self.expect_problem(answer, 403, "collection_disabled")
        self.assertEqual(client.list_ids(), [])
        self.assertEqual(client.stats()["overview"]["total_records"], 0)
        self.expect(client.get("/healthz"), 200)
        self.assertEqual(server.stop(), 0)
        again = self.connect(self.serve(), key)
        self.assertEqual(again.list_ids(), [])
        self.expect(again.post(INTERACTIONS, small(1)), 201)


if __name__ == "__main__":
    unittest.main()
