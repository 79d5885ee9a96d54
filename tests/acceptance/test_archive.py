"""Old days move into archived objects and back, and nobody who reads can tell: gleaner archive, verify, restore, erase,
and the server's own schedule, on a folder of objects."""

from __future__ import annotations

import hashlib
import json
import os
import pty
import sqlite3
import subprocess
import threading
import time
import unittest
from contextlib import closing
from datetime import UTC, datetime, timedelta

from .archive_case import INTERACTIONS, OLD, PLATFORMS, SIGNALS, YOUNG, ArchiveCase, day, key_of, unpack
from .client import Record
from .harness import Server, create_key, wait_for
from .program import binary, child_env
from .records import interaction, letters, small, words
from .store import STORE, database_of, environment


class Archiving(ArchiveCase):
    """gleaner archive."""

    def test_nobody_notices(self) -> None:
        """Lists, look-ups, people, statistics and exports are the same byte for byte before and after; objects lie
        where they ought to and are read by others."""
        server, client = self.start()
        records = self.fill(client)
        before = self.what_is_read(client)
        self.assertEqual(len(before["entries"]), len(records))
        report = self.archive()
        old = [record for record in records if not record["created_at"].startswith(YOUNG)]
        self.assertEqual(report["archived_count"], len(old))
        self.assertEqual(report["left"], [])
        expected = {key_of(platform, date) for date in OLD for platform in PLATFORMS}
        self.assertEqual({one["s3_key"] for one in report["archives"]}, expected)
        self.assert_same_reads(before, self.what_is_read(client))
        self.assertEqual(server.stop(), 0)

        entries = {entry["interaction"]["id"]: entry for entry in before["entries"]}
        for one in report["archives"]:
            data = (self.folder / one["s3_key"]).read_bytes()
            lines = unpack(data)
            self.assertEqual(one["compressed_size"], len(data))
            self.assertEqual(one["sha256"], hashlib.sha256(data).hexdigest())
            self.assertEqual(one["records_count"], len(lines))
            for line in lines:
                entry = entries[line["id"]]
                self.assertEqual(line["messages"], entry["interaction"]["messages"])
                self.assertEqual((line["platform"], line["created_at"][:10]), (one["platform"], one["date"]))
                self.assertEqual(line["signals"], client_signals(entry, line))
        self.assert_whole(len(old))
        again = self.archive()
        self.assertEqual((again["archived_count"], again["eligible"]["records"]), (0, 0))

    def test_report(self) -> None:
        """The report that earlier collectors printed, in gigabytes of 2^30 bytes."""
        self.fill_store()
        for flags in (["--dry-run"], ["--dry-run", "--verbose"], ["--dry-run", "--json"]):
            self.run_on_data("archive", *flags)
        self.assertFalse(list(self.objects()))
        dry = self.run_on_data("archive", "--dry-run").out
        report = self.run_on_data("archive").out
        for text in (dry, report):
            for line in ("=" * 80, "  Training Data Archiving Tool", "📊 Analyzing data to archive...",
                         "Data Eligible for Archiving", "-" * 60, "  Total Records: 48", "  By Platform:",
                         "    zapier:", "      count: 16", f"  Cutoff Date: {day(30)}T00:00:00Z"):  # fmt: skip
                self.assertIn(line + "\n", text)
        self.assertIn("Dry run", dry)
        for words_of_it in ("📦 Initializing archiving service...", "🚀 Archiving data older than 30 days to directory ",
                            "✅ Successfully archived 48 records!", "Archives Created", "  Archive 12:",
                            "    Platform: zapier", f"    Date: {OLD[0]}", "    Records: 4", "    Original Size: ",
                            "    Compressed Size: ", "    Compression Ratio: ",
                            f"    S3 Key: {key_of('zapier', OLD[0])}", "💰 Cost Savings Estimate:",
                            "  Before (", "  After (folder):", "  Monthly Savings: ",
                            "  Yearly Savings:"):  # fmt: skip
            self.assertIn(words_of_it, report)
        self.assertIn("✅ No data to archive", self.run_on_data("archive").out)

    def test_costs(self) -> None:
        """What is saved is worked out from what the store took less and what the objects take."""
        self.fill_store(210)
        hot_before = self.archive("--stats-only")["hot"]
        prices = {"GLEANER_HOT_PRICE_PER_GB": "1000", "GLEANER_COLD_PRICE_PER_GB": "100"}
        report = self.archive(env=prices)
        stats = self.archive("--stats-only", env=prices)
        packed = sum(one["compressed_size"] for one in report["archives"])
        freed = hot_before["bytes"] - stats["hot"]["bytes"]
        self.assertAlmostEqual(report["costs"]["before_monthly_usd"], freed / 2**30 * 1000, places=9)
        self.assertAlmostEqual(report["costs"]["after_monthly_usd"], packed / 2**30 * 100, places=9)
        self.assertEqual(stats["cold"]["bytes"], packed)
        self.assertEqual((stats["hot"]["records"], stats["cold"]["records"]), (42, 168))
        self.assertEqual((hot_before["records"], stats["cold"]["objects"]), (210, 12))
        self.assertAlmostEqual(stats["hot"]["monthly_usd"], stats["hot"]["bytes"] / 2**30 * 1000, places=9)
        text = self.run_on_data("archive", "--stats-only", "--verbose").out
        for line in ("  Active Records: 42\n", "  Archived Records: 168 (in 12 objects)\n", "  Saved: $"):
            self.assertIn(line, text)

    def test_flags(self) -> None:
        """All flags go together; wrong ones are refused; days-old chooses the days; verbose names steps and objects."""
        self.fill_store()
        everything = ("--days-old", "60", "--dry-run", "--stats-only", "--verbose")
        self.assertIn("Active Records: 60", self.run_on_data("archive", *everything).out)
        for wrong in ("0", "-1", "x", "99999"):
            self.run_on_data("archive", "--days-old", wrong, code=2)
        done = self.run_on_data("archive", "--days-old", "60", "--verbose", env={"ENABLE_DATA_ARCHIVING": "false"})
        for step in ("planned", "packed", "uploaded", "verified", "manifested", "sealed"):
            self.assertIn(f"  {OLD[0]} of default: {step}\n", done.out)
        self.assertIn(key_of("n8n", OLD[0]), done.out)
        self.assertNotIn(OLD[1], done.out)
        self.assertEqual(len(list(self.objects())), 3)
        self.assertEqual(self.archive("--days-old", "60")["eligible"]["records"], 0)
        self.assertEqual(self.archive(env={"DATA_RETENTION_DAYS": "46"})["archived_count"], 12)
        self.assertNotEqual(self.run_on_data("archive", "--project", "nobody", code=1).err, "")

    def test_projects(self) -> None:
        """One project is archived without the others, and all of them with --project all."""
        shop = create_key(self.data_dir, project="shop")["key"]
        server, client = self.start()
        self.fill(client, 15)
        other = self.connect(server, shop)
        self.expect(other.post(INTERACTIONS, small(1, id="theirs", created_at=f"{OLD[0]}T00:00:00Z")), 201)
        self.assertEqual(self.archive("--project", "shop")["archived_count"], 1)
        self.assertTrue((self.folder / key_of("zapier", OLD[0], project="shop")).is_file())
        report = self.archive("--project", "all")
        self.assertEqual(report["archived_count"], 12)
        self.assertEqual({one["project"] for one in report["archives"]}, {"default"})
        self.assertEqual(self.verify("--project", "all")["records"], 13)
        self.expect(client.lookup("theirs"), 404)
        self.expect(other.lookup("theirs"), 200)

    def test_what_comes_later(self) -> None:
        """Records for an archived day make a second part; repeats are known, signals are joined and counted."""
        server, client = self.start()
        records = self.fill(client)
        self.archive()
        late = [interaction(900 + n, id=f"late-{n}", platform="zapier", created_at=f"{OLD[1]}T12:00:0{n}Z")
                for n in range(3)]  # fmt: skip
        self.expect(client.post_ndjson(INTERACTIONS, late), 200)
        self.assertEqual(self.expect(client.post(INTERACTIONS, records[0]), 200).json()["status"], "duplicate")
        self.expect_problem(client.post(INTERACTIONS, {**records[0], "intent": "another"}), 409, "conflict")
        thumbs = client.stats()["by_platform"]["n8n"]["thumbs_up_count"]
        vote = {"id": "late vote", "interaction_id": "case-c", "kind": "thumbs_up", "user_id": "user z"}
        self.assertEqual(records[2]["platform"], "n8n")
        self.expect(client.post(SIGNALS, vote), 201)
        self.assertIn("late vote", [signal["id"] for signal in client.lookup("case-c").json()["signals"]])
        self.assertEqual(client.stats()["by_platform"]["n8n"]["thumbs_up_count"], thumbs + 1)
        before = self.what_is_read(client)
        report = self.archive()
        self.assertEqual([one["s3_key"] for one in report["archives"]], [key_of("zapier", OLD[1], 2)])
        self.assertEqual([line["id"] for line in unpack((self.folder / key_of("zapier", OLD[1], 2)).read_bytes())],
                         ["late-0", "late-1", "late-2"])  # fmt: skip
        self.assert_same_reads(before, self.what_is_read(client))
        self.assert_whole(51)

    def test_signals_are_settled_by_themselves(self) -> None:
        """The server joins a late signal soon after it came, though nobody reads."""
        server, client = self.start()
        self.fill(client)
        self.archive()
        self.expect(client.post(SIGNALS, {"interaction_id": "nobody", "kind": "like", "id": "homeless"}), 201)
        self.expect(client.post(SIGNALS, {"interaction_id": "case-d", "kind": "bookmark", "id": "late"}), 201)
        wait_for(lambda: self.waiting() == 1, 20, "only the signal of nobody waits")
        self.assertIn("late", [signal["id"] for signal in client.lookup("case-d").json()["signals"]])

    def waiting(self) -> int:
        """Signals that wait for their interaction, by another reader of the store."""
        if database := database_of(self.data_dir):
            return database.number("SELECT count(*) FROM gleaner.waiting_signals")
        with closing(sqlite3.connect(f"file:{self.data_dir}/gleaner.db?mode=ro", uri=True)) as catalog:
            return int(catalog.execute("SELECT count(*) FROM waiting_signals").fetchone()[0])

    def test_two_at_once(self) -> None:
        """Two runs that begin together archive everything once."""
        self.fill_store(300)
        before = self.run_on_data("export").out
        results: list[Record] = []
        lock = threading.Lock()

        def run() -> None:
            done = self.run_on_data("archive", "--json")
            with lock:
                results.append(done.json())

        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(results), 2)
        self.assertEqual(sum(result["archived_count"] for result in results), 240)
        self.assert_whole(240)
        self.assertEqual(self.run_on_data("export").out, before)

    def test_killed(self) -> None:
        """kill -9 at any instant of a run: nothing is lost or doubled, and the next run ends it."""
        self.fill_store(390)
        before = self.run_on_data("export").out
        env = child_env(self.scratch, environment(self.data_dir, self.archive_env))
        command = [binary(), "archive", "--verbose", "--data-dir", str(self.data_dir)]
        for lines in (1, 2, 3, 5, 8, 13, 17):
            run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env)
            assert run.stdout is not None
            steps = 0
            for line in run.stdout:
                steps += " of default: " in line
                if steps >= lines:
                    break
            run.kill()
            run.wait()
            run.stdout.close()
            self.assertTrue(self.verify()["whole"])
            self.assertEqual(self.run_on_data("export").out, before)
        self.archive()
        self.assertEqual(self.verify()["records"], 312)
        self.assertEqual(self.run_on_data("export").out, before)

    def test_where_it_cannot_lie(self) -> None:
        """A place that takes no objects is said clearly, with the setting's name, and nothing is archived."""
        self.fill_store(15)
        in_the_way = self.scratch / "file"
        in_the_way.write_text("not a folder")
        env = {"GLEANER_ARCHIVE_DIR": str(in_the_way)}
        for command in ("archive", "verify"):
            self.assertIn("archive_dir", self.run_on_data(command, code=2, env=env).err)
        elsewhere = self.scratch / "elsewhere"
        self.assertEqual(self.archive(env={"GLEANER_ARCHIVE_DIR": str(elsewhere)})["archived_count"], 12)
        self.assertTrue((elsewhere / key_of("zapier", OLD[0])).is_file())
        # Without it records are missing, and that is said, too.
        self.verify(code=1)
        self.assertNotEqual(self.run_on_data("export", code=1).err, "")


def client_signals(entry: Record, line: Record) -> list[Record]:
    """The signals of an archived line, which are those of the look-up."""
    return entry["signals"] if "signals" in entry else line["signals"]


class Damage(ArchiveCase):
    """What is wrong with an archive is found and said, and touches nothing else."""

    def setUp(self) -> None:
        super().setUp()
        self.server, self.client = self.start()
        self.fill(self.client)
        self.archive()
        self.object = self.folder / key_of("make", OLD[2])
        self.hurt = [line["id"] for line in unpack(self.object.read_bytes())]

    def assert_others_read(self) -> None:
        for number in range(60):
            name = f"case-{letters(number)}"
            answer = self.client.lookup(name)
            self.assertEqual(answer.status == 200, name not in self.hurt, f"{name}: {answer}")

    def assert_found(self, kind: str, key: str) -> None:
        report = self.verify(code=1)
        self.assertEqual([(flaw["kind"], flaw["key"]) for flaw in report["flaws"]], [(kind, key)])
        text = self.run_on_data("verify", code=1)
        self.assertIn("NOT whole", text.out)
        self.assertRegex(text.out, rf"{kind} +{key}")

    def test_a_bit(self) -> None:
        """One flipped bit: verify names the object; reading it is an error; the rest reads as before."""
        data = bytearray(self.object.read_bytes())
        times = self.object.stat()
        data[len(data) // 2] ^= 0x10
        self.object.write_bytes(data)
        os.utime(self.object, ns=(times.st_atime_ns, times.st_mtime_ns))
        self.assert_found("damaged", key_of("make", OLD[2]))
        self.assert_others_read()
        exported = self.run_on_data("export", code=1)
        self.assertIn(key_of("make", OLD[2]), exported.err)
        self.assertEqual(self.verify("--quick")["flaws"], [])

    def test_cut_off(self) -> None:
        """An object that is too short is found by its size alone."""
        self.object.write_bytes(self.object.read_bytes()[:-7])
        self.assert_found("damaged", key_of("make", OLD[2]))
        self.verify("--quick", code=1)
        self.assert_others_read()

    def test_an_object_that_is_gone(self) -> None:
        """Deleted by hand: it is missing, its records are errors and no silence; put back, all is well."""
        data = self.object.read_bytes()
        self.object.unlink()
        self.assert_found("missing", key_of("make", OLD[2]))
        self.assert_others_read()
        self.assertIn(key_of("make", OLD[2]), self.run_on_data("export", code=1).err)
        refused = self.run_on_data("restore", "--from", OLD[2], "--to", OLD[2], code=1)
        self.assertIn(key_of("make", OLD[2]), refused.err)
        self.object.write_bytes(data)
        self.assert_whole(48)
        self.run_on_data("export")

    def test_manifests_and_strangers(self) -> None:
        """A manifest that is missing or speaks of something else is a flaw."""
        manifests = sorted(path for path in (self.folder / "archives").rglob("*") if path.is_file()
                           and path not in set(self.objects()))  # fmt: skip
        self.assertEqual(len(manifests), 12)
        manifests[0].unlink()
        self.assertEqual([flaw["kind"] for flaw in self.verify(code=1)["flaws"]], ["missing"])
        manifests[1].write_bytes(manifests[2].read_bytes())
        self.assertEqual(sorted(flaw["kind"] for flaw in self.verify(code=1)["flaws"]), ["different", "missing"])

    def test_a_stranger(self) -> None:
        """An object that nobody knows is named, and loses nothing."""
        stranger = self.folder / key_of("web", OLD[0])
        stranger.parent.mkdir(parents=True)
        stranger.write_bytes(b"x")
        report = self.verify()
        flaws = [(flaw["kind"], flaw["key"]) for flaw in report["flaws"]]
        self.assertEqual(flaws, [("unknown", key_of("web", OLD[0]))])
        self.assertIn("unknown", self.run_on_data("verify").out)


class Restoring(ArchiveCase):
    """gleaner restore."""

    def test_back(self) -> None:
        """Days come back just as they were, both ends included, and can be archived again."""
        server, client = self.start()
        self.fill(client)
        before = self.what_is_read(client)
        hot = self.archive("--stats-only")["hot"]
        self.archive()
        report = self.result_of("restore", "--from", OLD[1], "--to", OLD[2])
        self.assertEqual((report["days"], report["records"], report["objects"]), (2, 24, 6))
        self.assertEqual(len(list(self.objects())), 6)
        self.assert_same_reads(before, self.what_is_read(client))
        self.assert_whole(24)
        text = self.run_on_data("restore", "--from", OLD[0], "--to", YOUNG).out
        self.assertIn("24 records of 2 days are back in the store", text)
        self.assertIn("archived again", text)
        self.assertFalse(list(self.objects()))
        self.assert_same_reads(before, self.what_is_read(client))
        self.assertEqual(self.archive("--stats-only")["hot"]["records"], hot["records"])
        self.assertEqual(self.archive()["archived_count"], 48)
        self.assert_same_reads(before, self.what_is_read(client))

    def test_wrong_days(self) -> None:
        for flags in (["--from", OLD[0]], ["--from", "x", "--to", OLD[0]], ["--from", OLD[1], "--to", OLD[0]]):
            self.run_on_data("restore", *flags, code=2)
        self.assertEqual(self.result_of("restore", "--from", OLD[0], "--to", OLD[3])["records"], 0)


class Erasing(ArchiveCase):
    """gleaner erase."""

    def test_a_person(self) -> None:
        """What a person asked and said is in no file any longer, hot or archived; what others said of it too, and
        nothing else is touched."""
        server, client = self.start()
        unique = "xylophonic " + words("only theirs", 60)
        mine = [interaction(500 + n, id=f"mine-{n}", user_id="ann", platform="make", created_at=f"{date}T01:00:00Z",
                            output={"role": "assistant", "content": f"{unique} {letters(n)}"})
                for n, date in enumerate((OLD[0], OLD[2], YOUNG))]  # fmt: skip
        self.fill(client)
        self.expect(client.post_ndjson(INTERACTIONS, mine), 200)
        said = "zymurgical remark"
        self.expect(client.post(SIGNALS, {"id": "hers", "interaction_id": "case-a", "kind": "comment", "text": said,
                                          "user_id": "ann"}), 201)  # fmt: skip
        pseudonym = client.lookup("mine-0").json()["interaction"]["user_id"]
        self.assertTrue(pseudonym.startswith("u_"))
        self.archive()
        self.expect(client.post(SIGNALS, {"id": "later", "interaction_id": "case-b", "kind": "comment",
                                          "text": said + " again", "user_id": "ann"}), 201)  # fmt: skip
        client.lookup("case-b")
        others = {name for name in client.list_ids(limit=500) if not name.startswith("mine-")}
        receipt = self.result_of("erase", "user", "ann", "--yes")
        self.assertEqual((receipt["kind"], receipt["complete"]), ("user", True))
        self.assertEqual((receipt["interactions"], receipt["signals"]), (3, 2))
        self.assertIn(pseudonym, receipt["subjects"])
        rewritten = [one for one in receipt["removed"] if one["where"] == "archive"]
        self.assertEqual(len(rewritten), 3)
        for one in rewritten:
            self.assertFalse((self.folder / one["object"]).exists())
            new = (self.folder / one["replaced_by"]).read_bytes()
            self.assertEqual(hashlib.sha256(new).hexdigest(), one["sha256_after"])
        self.assertEqual(set(client.list_ids(limit=500)), others)
        self.expect(client.lookup("mine-0"), 404)
        self.assert_whole()
        self.assertEqual(server.stop(), 0)
        left = self.places_left("xylophonic", "zymurgical", pseudonym)
        # The receipt names whom it was for.
        self.assertEqual([place for place in left if "erasures/" not in place], [])
        missing = self.run_on_data("erase", "user", "ann", "--yes", code=1)
        self.assertIn("nothing of it was found", missing.err)

    def test_after_a_rotation(self) -> None:
        """A person is found under the pseudonyms of every secret that was ever in force."""
        server, client = self.start()
        self.expect(client.post(INTERACTIONS, small(1, id="a", user_id="ann", created_at=f"{OLD[0]}T00:00:00Z")), 201)
        self.run_on_data("project", "rotate")
        time.sleep(2.2)
        self.expect(client.post(INTERACTIONS, small(2, id="b", user_id="ann")), 201)
        names = {client.lookup(name).json()["interaction"]["user_id"] for name in "ab"}
        self.assertEqual(len(names), 2)
        self.archive()
        receipt = self.result_of("erase", "user", "ann", "--yes")
        self.assertEqual(receipt["interactions"], 2)
        self.assertEqual(set(receipt["subjects"]), names)

    def test_interactions_and_projects(self) -> None:
        """By id, hot and archived at once; a project with all it has; by its pseudonym a person."""
        server, client = self.start()
        self.fill(client)
        self.archive()
        receipt = self.result_of("erase", "interaction", "case-a", "case-e", "--yes")
        self.assertEqual(receipt["interactions"], 2)
        self.expect(client.lookup("case-a"), 404)
        self.expect(client.lookup("case-e"), 404)
        self.assertEqual(client.stats()["overview"]["total_records"], 58)
        pseudonym = client.lookup("case-b").json()["interaction"]["user_id"]
        self.assertEqual(self.result_of("erase", "user", pseudonym, "--yes")["interactions"], 12)
        receipt = self.result_of("erase", "project", "default", "--yes")
        self.assertEqual(receipt["interactions"], 46)
        self.assertEqual(client.list_ids(), [])
        self.assertEqual(list(self.objects()), [])
        self.assert_whole(0)
        self.assertEqual(len(self.result_of("erase", "--receipts")), 3)
        self.assertEqual(self.run_on_data("erase", "--receipts").out.count("default"), 3)
        self.assertEqual(self.result_of("erase", "--resume"), [])

    def test_asks_first(self) -> None:
        """Nothing goes unasked: no terminal needs --yes, and on a terminal only y erases."""
        self.fill_store(5)
        refused = self.run_on_data("erase", "interaction", "case-a", code=2)
        self.assertIn("--yes", refused.err)
        self.run_on_data("erase", code=2)
        self.run_on_data("erase", "interaction", "--yes", code=2)
        self.run_on_data("erase", "user", "", "--yes", code=2)
        self.run_on_data("erase", "project", "nobody", "--yes", code=1)
        for answer, left in (("n", 5), ("", 5), ("y", 4)):
            self.assertEqual(self.typed(answer, "erase", "interaction", "case-a"), 0 if answer == "y" else 1)
            self.assertEqual(self.result_of("stats")["overview"]["total_records"], left)

    def typed(self, answer: str, *args: str) -> int:
        """The exit code of a command that somebody answers on a terminal."""
        ours, theirs = pty.openpty()
        env = child_env(self.scratch, environment(self.data_dir, self.archive_env))
        run = subprocess.Popen([binary(), *args, "--data-dir", str(self.data_dir)], stdin=theirs,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)  # fmt: skip
        os.write(ours, answer.encode() + b"\n")
        try:
            return run.wait(60)
        finally:
            os.close(ours)
            os.close(theirs)

    def test_what_it_says(self) -> None:
        """The receipt for people says what was removed from where, and what is out of reach."""
        self.fill_store()
        self.archive()
        text = self.run_on_data("erase", "user", "user b", "--yes").out
        for expected in ("Receipt ", "interactions and", "archive", key_of("make", OLD[0]), "Not reached", "backups"):
            self.assertIn(expected, text)
        if STORE == "postgres":
            self.assertIn("write-ahead log", text)


def next_minute() -> tuple[str, float]:
    """An archive_at that comes soon, and in how many seconds."""
    now = datetime.now(UTC)
    at = (now + timedelta(seconds=8)).replace(second=0, microsecond=0) + timedelta(minutes=1)
    return at.strftime("%H:%M"), (at - now).total_seconds()


class Schedule(ArchiveCase):
    """The server's own archiving."""

    def test_daily(self) -> None:
        """At archive_at the server archives what is old, while it goes on serving; killed in the middle of it nothing
        is lost, and SIGTERM ends it soon."""
        server, client = self.start()
        self.fill(client, 1995)
        before = self.what_is_read(client)
        self.assertEqual(server.stop(), 0)
        at, seconds = next_minute()
        env = {"ENABLE_DATA_ARCHIVING": "true", "GLEANER_ARCHIVE_AT": at, "GLEANER_LOG_LEVEL": "debug"}
        not_enabled = self.start_not_enabled(at)
        server, client = self.start(env)
        wait_for(lambda: f"archived {key_of('make', OLD[0])}" in server.log(), seconds + 30, "archiving has begun")
        server.kill()
        server.start()
        self.assert_same_reads(before, self.what_is_read(client))
        self.assertTrue(self.verify()["whole"])
        self.assertTrue(not_enabled.alive())
        self.assertFalse(list(not_enabled.data_dir.rglob("*.jsonl.gz")))
        started = time.monotonic()
        self.assertEqual(server.stop(), 0)
        self.assertLess(time.monotonic() - started, 15)

        at, seconds = next_minute()
        server, client = self.start({**env, "GLEANER_ARCHIVE_AT": at})
        wait_for(lambda: " objects, " in server.log(), seconds + 60, "a run that ends")
        self.assertEqual(self.verify()["records"], 1596)
        self.assert_same_reads(before, self.what_is_read(client))
        self.assertEqual(server.stop(), 0)

    def start_not_enabled(self, at: str) -> Server:
        """A server with old data of its own that is only told when."""
        other = self.scratch / "other"
        client = self.connect(server := self.serve(other, env={"GLEANER_ARCHIVE_AT": at}), create_key(other)["key"])
        self.fill(client)
        return server

    def test_a_wrong_time(self) -> None:
        """A time of day that is none is told with its setting, and not started with."""
        for wrong in ("25:00", "2", "12:60", "noon", "2:00"):
            done = self.run_serve("GLEANER_ARCHIVE_AT", wrong)
            self.assertEqual(done.returncode, 2)
            for word in ("archive_at", "00:00 to 23:59", f'"{wrong}"', "GLEANER_ARCHIVE_AT"):
                self.assertIn(word, done.stderr)

    def run_serve(self, name: str, value: str) -> subprocess.CompletedProcess[str]:
        env = child_env(self.scratch, environment(self.data_dir, {name: value}))
        command = [binary(), "serve", "--port", "0", "--data-dir", str(self.data_dir)]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)

    def test_goes_on_with_erasures(self) -> None:
        """An erasure that was interrupted is ended by the server when it starts."""
        server, client = self.start()
        self.fill(client)
        self.archive()
        self.assertEqual(server.stop(), 0)
        journal = self.data_dir / "erasures" / "2026-01-01T00-00-00Z-00000000.jsonl"
        journal.parent.mkdir(exist_ok=True)
        journal.write_text(json.dumps({
            "request": {"kind": "interaction", "project": "default", "subjects": ["case-a"]},
            "started_at": "2026-01-01T00:00:00.000Z",
        }) + "\n")  # fmt: skip
        receipts = self.result_of("erase", "--receipts")
        self.assertEqual([receipt["complete"] for receipt in receipts], [False])
        server, client = self.start()
        wait_for(lambda: client.lookup("case-a").status == 404, 20, "the erasure is gone on with")
        wait_for(lambda: "was gone on with and is done" in server.log(), 20, "it is logged")
        self.assertTrue(self.result_of("erase", "--receipts")[0]["complete"])


if __name__ == "__main__":
    unittest.main()
