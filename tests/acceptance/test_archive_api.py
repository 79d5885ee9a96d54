"""The archive over HTTP: moving old days, the figures of hot and cold, what is held about a person, and erasure."""

from __future__ import annotations

import gzip
import http.client
import json
import re
import threading
import unittest
from datetime import UTC, datetime, timedelta
from pathlib import Path

from .client import Answer, Client, Json, Record
from .harness import Case, ServedCase, create_key, gleaner, wait_for
from .records import interaction, small
from .tokens import ISSUER, SECRET, SharedSecret, claims_of

GIGABYTE = 1 << 30
UNIQUE = "the heron stands in shallow water"
PLATFORMS = ("zapier", "make", "n8n")


def ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(days: int) -> str:
    return ago(days)[:10]


def lines_of(answer: Answer) -> list[Record]:
    return [json.loads(line) for line in answer.body.splitlines()]


def files_with(folder: Path, text: str) -> list[str]:
    """The files below that hold the text, as they are or unpacked."""
    found: list[str] = []
    for path in folder.rglob("*"):
        if not path.is_file():
            continue
        content = path.read_bytes()
        if path.suffix == ".gz":
            content += gzip.decompress(content)
        if text.encode() in content:
            found.append(str(path.relative_to(folder)))
    return found


class Archived(ServedCase):
    """Three platforms with records of 10, 40 and 50 days ago."""

    def setUp(self) -> None:
        super().setUp()
        self.records = [
            interaction(100 * at + number, id=f"{platform}-{days}-{number}", platform=platform, created_at=ago(days),
                        user_id=f"user-{number % 4}")
            for at, platform in enumerate(PLATFORMS) for days in (10, 40, 50) for number in range(12)
        ]
        self.store(*self.records)

    def archive(self, body: Json = None) -> Record:
        return self.expect(self.client.request("POST", "/api/feedback/archive", body), 200).json()

    def objects(self) -> dict[str, Path]:
        folder = self.data_dir / "archive"
        found = (path for path in folder.rglob("*.jsonl.gz") if path.is_file())
        return {re.sub(r"^.*?(?=archives/)", "", str(path)): path for path in found}


class Moving(Archived):
    """POST /api/feedback/archive."""

    def test_the_request_of_the_seed(self) -> None:
        """Days older than 30 days go, each platform's day as one object; the answer has the seed's fields."""
        before = self.client.export({"success_only": False})
        listed = self.client.list_all(limit=1000)
        dry = self.archive({"days_old": 30, "dry_run": True})
        self.assertEqual((dry["archived_count"], dry["archives"], dry["planned_count"]), (0, [], 72))
        self.assertEqual({(one["platform"], one["date"]) for one in dry["planned"]},
                         {(platform, day(days)) for platform in PLATFORMS for days in (40, 50)})
        self.assertEqual(self.objects(), {})
        done = self.archive({"days_old": 30, "dry_run": False})
        self.assertIs(done["success"], True)
        self.assertEqual(done["archived_count"], 72)
        self.assertEqual(done["message"], "Successfully archived 72 records")
        self.assertEqual(len(done["archives"]), 6)
        objects = self.objects()
        for one in done["archives"]:
            date = one["date"]
            self.assertEqual(one["s3_key"], f"archives/{one['platform']}/{date[:4]}/{date[5:7]}/{date}.jsonl.gz")
            packed = objects[one["s3_key"]].read_bytes()
            lines = gzip.decompress(packed)
            self.assertEqual((one["compressed_size"], one["uncompressed_size"]), (len(packed), len(lines)))
            self.assertEqual((one["records_count"], lines.count(b"\n")), (12, 12))
            self.assertAlmostEqual(one["compression_ratio"], 100 - 100 * len(packed) / len(lines), delta=0.051)
        self.assertEqual(self.client.export({"success_only": False}), before)
        self.assertEqual(self.client.list_all(limit=1000), listed)
        again = self.archive()
        self.assertEqual((again["archived_count"], again["message"]), (0, "No records older than 30 days"))
        self.assertIn("archived 72 records", self.server.log())

    def test_wrong_requests(self) -> None:
        """What is no JSON is 400, a field out of range 422 and named."""
        self.expect_problem(self.client.post("/api/feedback/archive", b"{"), 400, "invalid_argument")
        for field, value in (("days_old", 0), ("days_old", "30"), ("days_old", 10**12), ("dry_run", "yes")):
            answer = self.client.post("/api/feedback/archive", {field: value})
            self.assertIn(field, self.expect_problem(answer, 422, "invalid_argument")["detail"])
        self.assertEqual(self.objects(), {})

    def test_one_project_only(self) -> None:
        """An admin archives, sees and erases what is of the key's project."""
        other = self.connect(self.server, create_key(self.data_dir, project="shop")["key"])
        wait_for(lambda: other.get("/v1/keys").status == 200, 5, "the key is known")
        self.expect(other.post("/v1/interactions", small(1, created_at=ago(40))), 201)
        done = self.expect(other.post("/api/feedback/archive", {}), 200).json()
        self.assertEqual(done["archived_count"], 1)
        self.assertTrue(done["archives"][0]["s3_key"].startswith("projects/shop/archives/"), done)
        self.assertEqual(self.client.stats()["overview"]["archived_records"], 0)
        self.expect_problem(other.delete("/v1/projects/default/data?confirm=default"), 403, "permission_denied")

    def test_while_others_write_and_read(self) -> None:
        """Requests are answered while a run is under way, and two runs at once are one run and a 409, or two runs
        that share the work."""
        answers: list[Answer] = []

        def run() -> None:
            client = Client(self.server, self.key)
            answers.append(client.post("/api/feedback/archive", {"days_old": 5}))
            client.close()

        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for number in range(20):
            self.expect(self.client.post("/v1/interactions", small(number, id=f"new-{number}")), 201)
            self.expect(self.client.lookup(f"zapier-40-{number % 12}"), 200)
        for thread in threads:
            thread.join()
        self.assertIn(200, [answer.status for answer in answers])
        self.assertLessEqual({answer.status for answer in answers}, {200, 409})
        moved = sum(answer.json()["archived_count"] for answer in answers if answer.status == 200)
        self.assertEqual(moved, 108)
        overview = self.client.stats()["overview"]
        self.assertEqual((overview["total_records"], overview["active_records"], overview["archived_records"]),
                         (128, 20, 108))


class Figures(Archived):
    """Stats of hot and cold."""

    server_env = {"GLEANER_HOT_PRICE_PER_GB": "1000", "GLEANER_COLD_PRICE_PER_GB": "60"}

    def test_they_are_measured(self) -> None:
        """Sizes are those of the files, costs are theirs by the gigabyte, savings the difference to the estimate."""
        before = self.client.stats()
        self.archive()
        stats = self.client.stats()
        overview, storage, costs = stats["overview"], stats["storage"], stats["costs"]
        self.assertEqual((overview["total_records"], overview["active_records"], overview["archived_records"]),
                         (108, 36, 72))
        packed = sum(path.stat().st_size for path in self.objects().values())
        self.assertEqual(storage["archived_size_bytes"], packed)
        self.assertEqual(storage["total_size_bytes"], storage["supabase_size_bytes"] + packed)
        self.assertLess(storage["supabase_size_bytes"], before["storage"]["supabase_size_bytes"])
        hot, cold = storage["supabase_size_bytes"] * 1000 / GIGABYTE, packed * 60 / GIGABYTE
        self.assertAlmostEqual(costs["supabase_monthly_usd"], hot, places=5)
        self.assertAlmostEqual(costs["r2_monthly_usd"], cold, places=5)
        self.assertAlmostEqual(costs["total_monthly_usd"], hot + cold, places=5)
        without = before["costs"]["supabase_monthly_usd"]
        self.assertAlmostEqual(costs["cost_without_archiving_usd"] / without, 1, delta=0.15)
        self.assertAlmostEqual(costs["savings_monthly_usd"], costs["cost_without_archiving_usd"] - hot - cold, places=5)
        for platform in PLATFORMS:
            self.assertEqual(stats["by_platform"][platform]["total_interactions"], 36)
            self.assertEqual(stats["by_platform"][platform]["archived_count"], 24)
        self.assertEqual(stats["by_platform"]["make"]["success_rate"], before["by_platform"]["make"]["success_rate"])
        self.assertEqual(stats["training_readiness"], before["training_readiness"])
        self.assertEqual(stats["languages"], before["languages"])

    def test_the_command_line_says_the_same(self) -> None:
        """gleaner stats shows hot, cold and saved; --json is what the route answers, by the same prices."""
        self.archive()
        self.server.stop()
        prices = dict(self.server_env)
        by_json = self.ok(gleaner("stats", "--data-dir", self.data_dir, "--json", env=prices)).json()
        self.assertEqual(by_json["overview"]["archived_records"], 72)
        shown = self.ok(gleaner("stats", "--data-dir", self.data_dir, env=prices)).out
        self.assertRegex(shown, r"hot +36 records in \S+ KB; \$")
        self.assertRegex(shown, r"cold +72 records in \S+ KB, 6 objects; \$")
        self.assertRegex(shown, rf"saved \${by_json['costs']['savings_monthly_usd']:.4f} a month")


class People(Case):
    """Ann and Ben, with interactions hot and cold, and comments on their own and each other's."""

    def setUp(self) -> None:
        super().setUp()
        self.key = create_key(self.data_dir)["key"]
        self.server = self.serve(env={"GLEANER_JWT_SECRET": SECRET, "GLEANER_JWT_ISSUER": ISSUER})
        self.admin = self.connect(self.server, self.key)
        self.ann = self.connect(self.server, SharedSecret().token(claims_of("ann")))
        self.ben = self.connect(self.server, SharedSecret().token(claims_of("ben")))
        records = [small(days, id=f"{name}-{days}", user_id=name, created_at=ago(days),
                         output=f"{UNIQUE} of {name}") for name in ("ann", "ben") for days in (50, 40, 1)]
        self.expect(self.admin.post_ndjson("/v1/interactions", records), 200)
        self.say("ann", "ann-40", "early, of her own")
        self.say("ann", "ben-40", "early, of his")
        self.say("ben", "ann-40", "early, of hers")
        moved = self.expect(self.admin.post("/api/feedback/archive", {}), 200).json()
        self.assertEqual(moved["archived_count"], 4)
        self.say("ann", "ben-50", "late, of his")
        self.say("ben", "ann-50", "late, of hers")
        self.say("ann", "nowhere", "waiting")
        self.pseudonym = self.admin.lookup("ann-40").json()["interaction"]["user_id"]

    def say(self, who: str, what: str, text: str) -> None:
        said = {"interaction_id": what, "kind": "comment", "user_id": who, "text": f"{text}, said {who}"}
        self.expect(self.admin.post("/v1/signals", said), 201)

    def test_what_is_held(self) -> None:
        """Every interaction and signal of hers, hot, cold and waiting; nothing of his; for her and for an admin."""
        answer = self.expect(self.ann.get("/v1/users/ann/data"), 200)
        self.assertEqual(answer.headers["content-type"], "application/x-ndjson")
        lines = lines_of(answer)
        self.assertEqual({line["interaction"]["id"] for line in lines if "interaction" in line},
                         {"ann-50", "ann-40", "ann-1"})
        signals = [line["signal"] for line in lines if "signal" in line]
        self.assertEqual(sorted(signal["interaction_id"] for signal in signals),
                         ["ann-40", "ben-40", "ben-50", "nowhere"])
        self.assertEqual([line["signal"]["text"] for line in lines if line.get("waits")], ["waiting, said ann"])
        self.assertEqual(lines[-1], {"summary": {"interactions": 3, "signals": 3, "waiting": 1, "rejects": 0}})
        self.assertNotIn(b"said ben", answer.body)
        self.assertNotIn(b"of ben", answer.body)
        for client, name in ((self.admin, "ann"), (self.admin, self.pseudonym), (self.ann, self.pseudonym)):
            self.assertEqual(self.expect(client.get(f"/v1/users/{name}/data"), 200).body, answer.body)
        self.expect_problem(self.ben.get("/v1/users/ann/data"), 403, "permission_denied")
        nobody = lines_of(self.expect(self.admin.get("/v1/users/nobody/data"), 200))
        self.assertEqual(nobody, [{"summary": {"interactions": 0, "signals": 0, "waiting": 0, "rejects": 0}}])

    def test_an_object_that_is_damaged(self) -> None:
        """An answer that cannot be whole has no summary."""
        for path in (self.data_dir / "archive").rglob(f"{day(40)}.jsonl.gz"):
            content = bytearray(path.read_bytes())
            content[len(content) // 2] ^= 0x10
            path.write_bytes(content)
        with self.assertRaises((OSError, http.client.HTTPException)) as cut:
            self.admin.get("/v1/users/ann/data")
        self.assertNotIn(b"summary", getattr(cut.exception, "partial", b""))
        self.expect(self.admin.get("/v1/users/nobody/data"), 200)

    def test_a_person_is_erased(self) -> None:
        """She goes from the store and the archive, with a receipt; his stays, without what she said of it."""
        self.expect_problem(self.ben.delete("/v1/users/ann"), 403, "permission_denied")
        his = {name: self.admin.lookup(name).json()["interaction"] for name in ("ben-50", "ben-40", "ben-1")}
        receipt = self.expect(self.ann.delete("/v1/users/ann"), 200).json()
        self.assertEqual((receipt["kind"], receipt["project"], receipt["complete"]), ("user", "default", True))
        self.assertEqual(receipt["subjects"], [self.pseudonym])
        self.assertEqual(receipt["interactions"], 3)
        replaced = [one for one in receipt["removed"] if one["where"] == "archive"]
        self.assertEqual(len(replaced), 2, receipt)
        for one in replaced:
            self.assertNotEqual(one["sha256_before"], one["sha256_after"])
        for name in ("ann-50", "ann-40", "ann-1"):
            self.expect(self.admin.lookup(name), 404)
        for name, kept in his.items():
            found = self.admin.lookup(name).json()
            self.assertEqual(found["interaction"], kept)
            self.assertEqual(found["signals"], [])
        stats = self.admin.stats()["overview"]
        self.assertEqual((stats["total_records"], stats["archived_records"]), (3, 2))
        self.expect_problem(self.ann.delete("/v1/users/ann"), 404, "not_found")
        listed = self.expect(self.admin.get("/v1/erasures"), 200).json()["data"]
        self.assertEqual([one["id"] for one in listed], [receipt["id"]])
        self.server.stop()
        places = [path for text in (self.pseudonym, f"{UNIQUE} of ann", "said ann")
                  for path in files_with(self.data_dir, text)]
        self.assertEqual({Path(path).parts[0] for path in places}, {"erasures"}, places)
        self.assertTrue(files_with(self.data_dir, f"{UNIQUE} of ben"))

    def test_an_interaction_is_erased_from_the_archive(self) -> None:
        """Both routes reach archived interactions, and people only their own."""
        self.expect_problem(self.ben.delete("/v1/interactions/ann-40"), 404, "not_found")
        deleted = self.expect(self.ann.delete("/v1/interactions/ann-40"), 200).json()
        self.assertEqual(deleted["signals"], 2)
        self.expect(self.ann.delete("/api/feedback/data/ann-50"), 200)
        for name in ("ann-40", "ann-50"):
            self.expect(self.admin.lookup(name), 404)
            self.expect_problem(self.admin.delete(f"/v1/interactions/{name}"), 404, "not_found")
        self.expect(self.admin.lookup("ben-40"), 200)
        receipts = self.expect(self.admin.get("/v1/erasures", limit=1), 200).json()["data"]
        self.assertEqual([one["kind"] for one in receipts], ["interaction"])

    def test_a_project_is_erased(self) -> None:
        """Its name has to be said again; then nothing of it is left but its keys."""
        for target in ("", "?confirm=", "?confirm=shop"):
            answer = self.admin.delete(f"/v1/projects/default/data{target}")
            self.assertIn("confirm", self.expect_problem(answer, 400, "invalid_argument")["detail"])
        self.assertEqual(len(self.admin.list_ids()), 6)
        receipt = self.expect(self.admin.delete("/v1/projects/default/data?confirm=default"), 200).json()
        self.assertEqual((receipt["kind"], receipt["interactions"]), ("project", 6))
        self.assertEqual(self.admin.list_ids(), [])
        stats = self.admin.stats()
        self.assertEqual(stats["overview"]["total_records"], 0)
        self.assertEqual(stats["storage"]["archived_size_bytes"], 0)
        self.assertFalse([path for path in (self.data_dir / "archive").rglob("*.gz") if path.is_file()])
        self.server.stop()
        self.assertEqual(files_with(self.data_dir, UNIQUE), [])

    def test_what_people_may_not(self) -> None:
        """Archiving, receipts and a project's data are for admins."""
        for method, target in (("POST", "/api/feedback/archive"), ("GET", "/v1/erasures"),
                               ("DELETE", "/v1/projects/default/data?confirm=default")):
            self.expect_problem(self.ann.request(method, target), 403, "permission_denied")


if __name__ == "__main__":
    unittest.main()
