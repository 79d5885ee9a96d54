"""The rules of privacy as people meet them: the filter, rotated secrets, settings per project, records that redaction
changes."""

from __future__ import annotations

import json
import time

from .client import Record
from .harness import Case, ServedCase, gleaner
from .records import message

TEXT = "mail ann@example.com or call +49 30 901820, order 20241120-118842\n"


class Filter(Case):
    """gleaner redact."""

    def test_text(self) -> None:
        """Text goes in, text without personal data comes out, line by line."""
        shown = self.ok(gleaner("redact", stdin=TEXT.encode() * 3))
        self.assertEqual(shown.out, "mail [EMAIL] or call [PHONE], order 20241120-118842\n" * 3)
        self.assertEqual(self.ok(gleaner("redact", stdin=b"")).out, "")

    def test_json(self) -> None:
        """A line that is JSON stays JSON; --json says what was found where."""
        line = {"messages": [message("user", "I am ann@example.com")], "n": 1}
        shown = self.ok(gleaner("redact", stdin=json.dumps(line).encode()))
        self.assertEqual(json.loads(shown.out)["messages"][0]["content"], "I am [EMAIL]")
        found = self.ok(gleaner("redact", "--json", stdin=TEXT.encode())).json()["findings"]
        places = [(one["kind"], TEXT[one["begin"] : one["end"]]) for one in found]
        self.assertEqual(places, [("email", "ann@example.com"), ("phone", "+49 30 901820")])

    def test_a_key_that_does_not_end(self) -> None:
        """JSON lines behind a key without an end are still read as JSON or text, and nothing is lost."""
        lines = ['{"a":"-----BEGIN RSA PRIVATE KEY-----"}', '{"b":"ann@example.com"}']
        shown = self.ok(gleaner("redact", stdin="\n".join(lines).encode())).out.splitlines()
        self.assertEqual(json.loads(shown[1]), {"b": "[EMAIL]"})

    def test_kinds(self) -> None:
        """What is taken out can be chosen; a wrong kind is a usage error that names the kinds."""
        shown = self.ok(gleaner("redact", "--kinds", "phone", stdin=TEXT.encode()))
        self.assertIn("ann@example.com or call [PHONE]", shown.out)
        wrong = self.ok(gleaner("redact", "--kinds", "emails", stdin=b"x"), 2)
        self.assertIn("--kinds", wrong.err)
        self.assertIn("email, phone, card", wrong.err)
        self.ok(gleaner("redact", "--kinds", ",", stdin=b"x"), 2)


class Rules(Case):
    """Settings per project, and what is wrong with them."""

    def test_wrong_settings(self) -> None:
        """A wrong kind, profile or folder stops the server with a message that names it."""
        for name, value, said in (
            ("GLEANER_REDACTION_KINDS", "emails", "redaction_kinds"),
            ("GLEANER_PROFILE", "rofing", "roofing"),
            ("GLEANER_PROFILE_DIR", "/nowhere/at/all", "profile_dir"),
        ):
            refused = gleaner("serve", "--port", "0", "--data-dir", self.data_dir, env={name: value})
            self.assertEqual(refused.code, 2)
            self.assertIn(said, refused.err)

    def test_project_list(self) -> None:
        """The rules of each project are shown, its own over the general ones."""
        settings = self.scratch / "gleaner.toml"
        settings.write_text('redaction_style = "keyed"\n[projects.shop]\nprofile = "roofing"\n', encoding="utf-8")
        for project in ("shop", "other"):
            self.ok(gleaner("keys", "create", "--name", "k", "--scope", "read", "--project", project, "--data-dir", self.data_dir))
        rules = self.ok(gleaner("project", "list", "--json", "--config", settings, "--data-dir", self.data_dir)).json()
        shown = {rule["project"]: (rule["profile"], rule["redaction_style"]) for rule in rules}
        self.assertEqual(shown, {"shop": ("roofing", "keyed"), "other": ("default", "keyed")})


class Rotation(ServedCase):
    """gleaner project rotate, under a running server."""

    def user_of(self, record_id: str) -> str:
        return self.expect(self.client.lookup(record_id), 200).json()["interaction"]["user_id"]

    def test_people_are_still_found(self) -> None:
        """After a rotation a person has another pseudonym, and a look-up finds both."""
        record: Record = {"messages": [message("user", "hi")], "output": "hello", "user_id": "ann"}
        self.store({**record, "id": "before"})
        self.ok(gleaner("project", "rotate", "--data-dir", self.data_dir))
        time.sleep(2.5)
        self.store({**record, "id": "after"}, {**record, "id": "late", "created_at": "2026-01-01T00:00:00Z"})
        self.assertNotEqual(self.user_of("before"), self.user_of("after"))
        self.assertEqual(self.user_of("before"), self.user_of("late"))
        self.assertEqual(sorted(self.client.list_ids(user_id="ann")), ["after", "before", "late"])
        unknown = self.ok(gleaner("project", "rotate", "--project", "nobody", "--data-dir", self.data_dir), 1)
        self.assertIn("nobody", unknown.err)


class Changed(ServedCase):
    """Records that redaction changes are readable ever after."""

    def test_signal_with_a_number_like_a_card(self) -> None:
        """A score stays a number, also when it waits for its interaction."""
        self.signal({"interaction_id": "later", "kind": "score", "value": 4111111111111111})
        self.store({"id": "later", "output": "x"})
        self.assertEqual(len(self.expect(self.client.lookup("later"), 200).json()["signals"]), 1)
        self.assertEqual(self.client.list_ids(), ["later"])

    def test_names_that_grow(self) -> None:
        """Placeholders may be longer than what they stand for; the record is stored or refused, and the list goes on."""
        self.client.post("/v1/interactions", {"id": "t", "output": "x", "tags": [" ".join(["a@b.co"] * 18)]})
        nested: object = 1
        for _ in range(62):
            nested = [nested]
        self.client.post("/v1/interactions", {"id": "d", "output": "x", "foo": nested})
        self.store({"id": "good", "output": "x"})
        self.assertIn("good", self.client.list_ids())

    def test_counts_are_the_servers(self) -> None:
        """What a client says was redacted is not believed."""
        self.store({"id": "c", "output": "ann@example.com", "redactions": {"note": "bob@example.com", "email": 9}})
        stored = self.expect(self.client.lookup("c"), 200).json()["interaction"]
        self.assertEqual(stored["redactions"], {"email": 1})

    def test_language_and_tags(self) -> None:
        """An interaction arrives with its language and intent, and statistics know them."""
        self.store({"id": "l", "messages": [message("user", "Merhaba, müze pazartesi günü açık mı?")], "output": "Evet."})
        stored = self.expect(self.client.lookup("l"), 200).json()["interaction"]
        self.assertEqual(stored["language"], "tr")
        self.assertGreater(stored["language_confidence"], 0.8)
        self.assertEqual(self.client.list_ids(language="tr"), ["l"])
