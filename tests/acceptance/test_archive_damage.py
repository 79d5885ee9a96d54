"""What is wrong with an archive is found, said, and made again where that can be: gleaner verify."""

from __future__ import annotations

import os
import sqlite3
import unittest
from contextlib import closing
from pathlib import Path

from .archive_case import OLD, ArchiveCase, key_of, unpack
from .client import Record
from .records import letters
from .store import database_of


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


class Repairing(ArchiveCase):
    """gleaner verify --repair."""

    def setUp(self) -> None:
        super().setUp()
        self.server, self.client = self.start()
        self.fill(self.client)
        self.before = self.what_is_read(self.client)
        self.archive()

    def damage_index(self, platform: str, date: str) -> None:
        """In the store, whichever that is."""
        where = f"platform = '{platform}'"
        if database := database_of(self.data_dir):
            database.psql(
                f"UPDATE gleaner.archive_metadata SET find_index = '\\x00' WHERE {where} AND date = '{date}'"
            )
            return
        with closing(sqlite3.connect(self.data_dir / "days" / f"{date}.db")) as file:
            file.execute(f"UPDATE parts SET find_index = x'00' WHERE {where}")
            file.commit()

    def manifest_of(self, platform: str, date: str) -> Path:
        return self.folder / (key_of(platform, date) + ".manifest.json")

    def flaws(self, report: Record) -> list[tuple[str, str, bool]]:
        return sorted((flaw["kind"], flaw["key"], flaw["repaired"]) for flaw in report["flaws"])

    def test_made_again(self) -> None:
        """A damaged index and a lost manifest are told, and made again by --repair alone; a running server then reads
        all as before."""
        self.damage_index("make", OLD[2])
        lost = self.manifest_of("n8n", OLD[1])
        text = lost.read_bytes()
        lost.unlink()
        expected = [("index", key_of("make", OLD[2])), ("missing", key_of("n8n", OLD[1]) + ".manifest.json")]
        for flags in ([], ["--quick"]):
            report = self.verify(*flags, code=1)
            self.assertEqual(self.flaws(report), [(kind, key, False) for kind, key in expected])
        self.assertFalse(lost.exists())
        self.assertNotEqual(self.run_on_data("export", code=1).err, "")
        self.assertEqual(self.flaws(self.verify("--repair")), [(kind, key, True) for kind, key in expected])
        self.assertEqual(lost.read_bytes(), text)
        self.assert_whole(48)
        self.assert_same_reads(self.before, self.what_is_read(self.client))
        self.damage_index("make", OLD[2])
        told = self.run_on_data("verify", "--repair", "--quick").out
        self.assertIn("; made again", told)
        self.assertIn("The archive is whole.", told)

    def test_not_of_a_damaged_object(self) -> None:
        """From an object that is not what was written nothing is made."""
        self.damage_index("make", OLD[2])
        path = self.folder / key_of("make", OLD[2])
        times = path.stat()
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 0x10
        path.write_bytes(data)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        key = key_of("make", OLD[2])
        self.assertEqual(
            self.flaws(self.verify("--repair", code=1)), [("damaged", key, False), ("index", key, False)]
        )


if __name__ == "__main__":
    unittest.main()
