"""Old days move into archived objects and back, and nobody who reads can tell: gleaner archive and restore, on a folder
of objects."""

from __future__ import annotations

import hashlib
import sqlite3
import subprocess
import threading
import unittest
from contextlib import closing

from .archive_case import INTERACTIONS, OLD, PLATFORMS, SIGNALS, YOUNG, ArchiveCase, day, key_of, unpack
from .client import Record
from .harness import create_key, wait_for
from .program import binary, child_env
from .records import interaction, small
from .store import database_of, environment


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
        """The report of a run and --stats-only give the same figures, also when nothing is hot any longer."""
        self.fill_store(210)
        self.assertEqual(self.archive("--stats-only")["hot"]["records"], 210)
        prices = {"GLEANER_HOT_PRICE_PER_GB": "1000", "GLEANER_COLD_PRICE_PER_GB": "100"}
        report = self.archive(env=prices)
        stats = self.archive("--stats-only", env=prices)
        packed = sum(one["compressed_size"] for one in report["archives"])
        self.assertEqual(stats["cold"]["bytes"], packed)
        self.assertEqual((stats["hot"]["records"], stats["cold"]["records"]), (42, 168))
        self.assertEqual(stats["cold"]["objects"], 12)
        self.assertAlmostEqual(stats["hot"]["monthly_usd"], stats["hot"]["bytes"] / 2**30 * 1000, places=9)
        self.assertAlmostEqual(report["costs"]["after_monthly_usd"], packed / 2**30 * 100, places=9)
        # Four fifths of records that are all alike are archived.
        self.assertAlmostEqual(report["costs"]["before_monthly_usd"] / stats["hot"]["monthly_usd"], 4, delta=0.6)
        self.assert_same_costs(report, stats)
        text = self.run_on_data("archive", "--stats-only", "--verbose").out
        for line in ("  Active Records: 42\n", "  Archived Records: 168 (in 12 objects)\n", "  Saved: $"):
            self.assertIn(line, text)
        report = self.archive("--days-old", "1", env=prices)
        stats = self.archive("--stats-only", env=prices)
        self.assertEqual((stats["hot"]["records"], stats["hot"]["bytes"]), (0, 0))
        self.assert_same_costs(report, stats)

    def assert_same_costs(self, report: Record, stats: Record) -> None:
        costs = report["costs"]
        if_hot = stats["without_archiving_monthly_usd"] - stats["hot"]["monthly_usd"]
        self.assertAlmostEqual(costs["before_monthly_usd"], if_hot, places=9)
        self.assertAlmostEqual(costs["after_monthly_usd"], stats["cold"]["monthly_usd"], places=9)
        self.assertAlmostEqual(costs["savings_monthly_usd"], stats["saved_monthly_usd"], places=9)

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

if __name__ == "__main__":
    unittest.main()
