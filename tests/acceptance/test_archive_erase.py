"""Interactions, persons and projects are removed for good, archived or not: gleaner erase."""

from __future__ import annotations

import hashlib
import os
import pty
import subprocess
import time
import unittest

from .archive_case import INTERACTIONS, OLD, SIGNALS, YOUNG, ArchiveCase, key_of
from .harness import gleaner
from .program import binary, child_env
from .records import interaction, letters, small, words
from .store import STORE, environment


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

    def test_wrong_settings_are_told_once(self) -> None:
        """Also where one command stands behind another."""
        for command in (("erase", "interaction", "a", "--yes"), ("erase", "--receipts"), ("keys", "list"),
                        ("project", "list"), ("profile", "list"), ("verify",), ("archive",)):
            done = self.ok(gleaner(*command, env={"GLEANER_PORT": "many"}), 2)
            self.assertEqual(done.err.count("GLEANER_PORT"), 1, done.err)


if __name__ == "__main__":
    unittest.main()
