"""The archive in a bucket of a real S3 server, with the aws command line as a second witness."""

from __future__ import annotations

import gzip
import subprocess
import unittest
from typing import ClassVar

from .archive_case import INTERACTIONS, OLD, PLATFORMS, SIGNALS, YOUNG, ArchiveCase, key_of, unpack
from .harness import wait_for
from .program import binary, child_env
from .records import interaction, letters
from .s3 import S3Server
from .store import environment


class BucketCase(ArchiveCase):
    """A server for each test: some stop it, and all count what is in its bucket."""

    def setUp(self) -> None:
        super().setUp()
        self.s3 = S3Server(self.scratch / "s3")
        self.addCleanup(self.s3.end)
        self.archive_env = self.s3.environment()

    def steps(self) -> dict[str, tuple[bool, str]]:
        """What doctor says of the archive."""
        report = self.run_on_data("doctor", "--json", code=self.doctors_code).json()
        return {
            check["name"].removeprefix("archive: "): (check["ok"], check["detail"])
            for check in report["checks"]
            if check["name"].startswith("archive")
        }

    doctors_code: ClassVar[int] = 0


class Bucket(BucketCase):
    """What works on a folder works on a bucket."""

    def test_nobody_notices(self) -> None:
        """All reads are the same before and after; the aws command line lists and fetches what was archived."""
        server, client = self.start()
        records = self.fill(client)
        before = self.what_is_read(client)
        report = self.archive()
        self.assert_same_reads(before, self.what_is_read(client))
        keys = [one["s3_key"] for one in report["archives"]]
        self.assertEqual(set(keys), {key_of(platform, date) for date in OLD for platform in PLATFORMS})
        listed = self.s3.keys()
        self.assertLessEqual(set(keys), set(listed))
        self.assertEqual(len(listed), 2 * len(keys))
        ids = []
        for one in report["archives"]:
            data = self.s3.fetch(one["s3_key"])
            self.assertEqual(len(data), one["compressed_size"])
            ids += [line["id"] for line in unpack(data)]
        self.assertEqual(sorted(ids), sorted(r["id"] for r in records if not r["created_at"].startswith(YOUNG)))
        self.assert_whole(48)
        self.assertIn("S3", self.run_on_data("archive", "--stats-only").out)

    def test_later_and_back(self) -> None:
        """Late records make a second object, late signals are joined, and days come back."""
        server, client = self.start()
        self.fill(client)
        self.archive()
        late = interaction(900, id="late", platform="zapier", created_at=f"{OLD[1]}T12:00:00Z")
        self.expect(client.post(INTERACTIONS, late), 201)
        self.expect(client.post(SIGNALS, {"id": "vote", "interaction_id": "case-b", "kind": "thumbs_up"}), 201)
        self.assertIn("vote", [signal["id"] for signal in client.lookup("case-b").json()["signals"]])
        before = self.what_is_read(client)
        self.assertEqual([one["s3_key"] for one in self.archive()["archives"]], [key_of("zapier", OLD[1], 2)])
        self.assert_same_reads(before, self.what_is_read(client))
        self.assertEqual(self.result_of("restore", "--from", OLD[0], "--to", YOUNG)["records"], 49)
        self.assert_same_reads(before, self.what_is_read(client))
        self.assertEqual(self.s3.keys(), [])

    def test_damage(self) -> None:
        """A flipped bit, and an object that somebody deletes, are found and said; the others read on."""
        server, client = self.start()
        self.fill(client)
        self.archive()
        flipped, gone = key_of("make", OLD[2]), key_of("zapier", OLD[3])
        data = bytearray(self.s3.path(flipped).read_bytes())
        hurt = {line["id"] for line in unpack(bytes(data))}
        data[len(data) // 2] ^= 0x04
        self.s3.path(flipped).write_bytes(data)
        hurt |= {line["id"] for line in unpack(self.s3.fetch(gone))}
        self.s3.aws("s3api", "delete-object", "--bucket", self.s3.bucket, "--key", gone)
        flaws = {flaw["key"]: flaw["kind"] for flaw in self.verify(code=1)["flaws"]}
        self.assertEqual(flaws, {flipped: "damaged", gone: "missing"})
        for number in range(60):
            name = f"case-{letters(number)}"
            self.assertEqual(client.lookup(name).status == 200, name not in hurt, name)
        self.assertTrue(any(key in self.run_on_data("export", code=1).err for key in (flipped, gone)))

    def test_erasing_with_versions(self) -> None:
        """In a bucket that keeps versions no byte of an erased person is left, in no version of any object."""
        self.s3.keep_versions()
        server, client = self.start()
        self.fill(client)
        mine = [interaction(500 + n, id=f"mine-{n}", user_id="ann", created_at=f"{date}T01:00:00Z",
                            output={"role": "assistant", "content": f"xylophonic answer {letters(n)}"})
                for n, date in enumerate((OLD[0], YOUNG))]  # fmt: skip
        self.expect(client.post_ndjson(INTERACTIONS, mine), 200)
        pseudonym = client.lookup("mine-0").json()["interaction"]["user_id"]
        self.archive()
        self.assertTrue(self.in_bucket("xylophonic"))
        receipt = self.result_of("erase", "user", "ann", "--yes")
        self.assertEqual(receipt["interactions"], 2)
        self.assertGreaterEqual(sum(one.get("versions", 0) for one in receipt["removed"]), 1)
        self.assertEqual(self.in_bucket("xylophonic") + self.in_bucket(pseudonym), [])
        self.assert_whole(48)
        self.assertEqual(server.stop(), 0)
        left = self.places_left("xylophonic", pseudonym)
        self.assertEqual([place for place in left if "erasures/" not in place], [])

    def in_bucket(self, needle: str) -> list[str]:
        """The files of the S3 server that hold the text, packed or not."""
        found = []
        for name, data in self.s3.every_byte():
            texts = [data] + ([gzip.decompress(data)] if data.startswith(b"\x1f\x8b") else [])
            if any(needle.encode() in text for text in texts):
                found.append(name)
        return found


class Trouble(BucketCase):
    """What goes wrong with a bucket is said, and mended by running again."""

    def test_server_stopped_in_the_middle(self) -> None:
        """The run ends with an error that names the trouble; nothing is lost, and the next run completes."""
        self.fill_store(390)
        before = self.run_on_data("export").out
        env = child_env(self.scratch, environment(self.data_dir, self.archive_env))
        command = [binary(), "archive", "--verbose", "--data-dir", str(self.data_dir)]
        run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
        assert run.stdout is not None
        for line in run.stdout:
            if ": uploaded" in line:
                break
        self.s3.stop()
        out, err = run.communicate(timeout=240)
        self.assertEqual(run.returncode, 1, err)
        self.assertIn("127.0.0.1", err)
        self.assertIn("the next run goes on there", out)
        self.s3.restart()
        self.assertEqual(self.run_on_data("export").out, before)
        self.archive()
        self.assertEqual(self.verify()["records"], 312)
        self.assertEqual(self.run_on_data("export").out, before)

    def test_server_away(self) -> None:
        """While the bucket is away what is hot is taken and read; what is archived is an error, not an absence."""
        server, client = self.start()
        self.fill(client, 20)
        self.archive()
        self.s3.stop()
        young = interaction(700, id="young")
        self.expect(client.post(INTERACTIONS, young), 201)
        self.expect(client.lookup("young"), 200)
        self.assertIn(client.lookup("case-a").status, (500, 502, 503, 504))
        self.assertEqual(client.stats()["overview"]["total_records"], 21)
        self.s3.restart()
        wait_for(lambda: client.lookup("case-a").status == 200, 60, "the bucket is back")

    def test_doctor(self) -> None:
        """doctor goes through every step, and says which one failed and why."""
        fine = self.steps()
        self.assertTrue(all(ok for ok, _ in fine.values()), fine)
        steps = ("name", "connection", "answer", "clock", "credentials", "bucket", "write", "read back",
                 "conditional write", "list", "delete")  # fmt: skip
        self.assertLessEqual(set(steps), set(fine))
        wrong = {
            "credentials": {"S3_SECRET_KEY": "wrong"},
            "bucket": {"S3_BUCKET_NAME": "no-such-bucket"},
            "connection": {"S3_ENDPOINT": "http://127.0.0.1:9"},
            "name": {"S3_ENDPOINT": "http://no-such-host.invalid"},
        }
        self.doctors_code = 1  # type: ignore[misc]
        good = self.archive_env
        for step, env in wrong.items():
            with self.subTest(step):
                self.archive_env = {**good, **env}
                said = self.steps()
                failed = [name for name, (ok, _) in said.items() if not ok]
                self.assertEqual(failed[0], step, said)
                self.assertTrue(said[step][1])

    def test_wrong_secret(self) -> None:
        """archive says what is wrong with the secret, never the secret; and moves nothing."""
        self.fill_store(15)
        secret = "a-secret-that-is-wrong"
        for command in ("archive", "verify"):
            done = self.run_on_data(command, code=1, env={"S3_SECRET_KEY": secret})
            self.assertRegex(done.err, "S3_SECRET_KEY|SignatureDoesNotMatch|secret")
            self.assertNotIn(secret, done.out + done.err)
        self.assertEqual(self.archive("--stats-only")["cold"]["records"], 0)
        self.assertEqual(self.archive()["archived_count"], 12)


if __name__ == "__main__":
    unittest.main()
