"""What redaction finds and leaves in two corpora, with a floor for every kind: see tests/redaction_score.py.

The cases are those of tests/data/redaction_cases.jsonl. Where GLEANER_CORPORA names the folder of corpora, the
file is made again from them and must not differ. GLEANER_SHOW_MISTAKES=1 prints every mistake.
"""

from __future__ import annotations

import json
import os
import unittest
from pathlib import Path

from .. import redaction_score as rs
from .harness import Case, gleaner
from .program import REPO

CASES = REPO / "tests" / "data" / "redaction_cases.jsonl"
CORPORA = os.environ.get("GLEANER_CORPORA")

# For each kind the least precision and recall, of findings of the case's own kind. A little below what was
# measured when they were set: a floor only rises.
Floors = dict[str, tuple[float, float]]
FLOORS: dict[str, Floors] = {
    "05b": {
        "bank_account": (0.98, 0.98),
        "card": (0.98, 0.98),
        "crypto": (0.98, 0.98),
        "driver_license": (0.98, 0.91),
        "email": (0.98, 0.98),
        "health_id": (0.86, 0.69),
        "iban": (0.98, 0.98),
        "ip": (0.98, 0.82),
        "mac": (0.98, 0.98),
        "national_id": (0.93, 0.86),
        "passport": (0.88, 0.94),
        "phone": (0.98, 0.91),
        "tax_id": (0.91, 0.84),
        "vehicle_plate": (0.98, 0.64),
    },
    "05b-validation": {
        "health_id": (0.68, 0.98),
        "national_id": (0.48, 0.98),
        "passport": (0.55, 0.98),
        "tax_id": (0.55, 0.86),
    },
    "05c": {
        "bank_account": (0.98, 0.98),
        "card": (0.98, 0.48),
        "driver_license": (0.98, 0.90),
        "email": (0.98, 0.95),
        "health_id": (0.98, 0.89),
        "iban": (0.98, 0.31),
        "national_id": (0.98, 0.98),
        "passport": (0.98, 0.98),
        "password": (0.98, 0.98),
        "phone": (0.98, 0.98),
        "tax_id": (0.98, 0.98),
    },
}
# Findings of a kind the case is not about, at most, in all texts together.
MOST_CROSS = {"05b": 6, "05b-validation": 0, "05c": 1}


class RedactionCorpora(Case):
    """`gleaner redact --json` over all cases at once."""

    def findings(self, cases: list[rs.Case]) -> list[list[rs.Finding]]:
        given = "".join(rs.input_line(case) + "\n" for case in cases).encode()
        done = self.ok(gleaner("redact", "--json", "--kinds", "default", stdin=given))
        answers = [json.loads(line) for line in done.out.split("\n") if line]
        self.assertEqual(len(answers), len(cases))
        return [rs.findings_of(case, answer) for case, answer in zip(cases, answers, strict=True)]

    def check(self, source: str) -> None:
        cases = rs.cases_of(rs.rows_of_file(CASES), source)
        score = rs.score(cases, self.findings(cases))
        kinds = sorted(score.kinds)
        print(f"\n{source}, {len(cases)} texts", *rs.table(score, kinds), sep="\n")
        if os.environ.get("GLEANER_SHOW_MISTAKES"):
            for what, kind, text, place in score.mistakes:
                print(f"{what:<10} {kind:<34} {place!r} in {text!r}")
        self.assertLessEqual(score.total().cross, MOST_CROSS[source], "cross-talk")
        for kind, (precision, recall) in FLOORS[source].items():
            with self.subTest(source=source, kind=kind):
                self.assertGreater(score.of(kind).expected, 0)
                self.assertGreaterEqual(score.of(kind).precision(), precision, "precision")
                self.assertGreaterEqual(score.of(kind).recall, recall, "recall")
        unfloored = {kind for kind in kinds if score.of(kind).expected} - set(FLOORS[source])
        self.assertFalse(unfloored, "kinds without a floor")

    def test_cases_of_recognisers(self) -> None:
        """05b: what single recognisers must and must not match, with everything switched on."""
        self.check("05b")

    def test_numbers_under_their_names(self) -> None:
        """05b: a valid number under a JSON member that says what it is goes, an invalid one stays."""
        self.check("05b-validation")

    def test_sentences(self) -> None:
        """05c: sentences with several values each, many of them made up and so without valid check digits."""
        self.check("05c")

    @unittest.skipUnless(CORPORA, "GLEANER_CORPORA does not name the corpora")
    def test_the_file_is_the_corpora(self) -> None:
        self.assertEqual(rs.rows_of_file(CASES), rs.rows_of_corpora(Path(CORPORA or "")))


if __name__ == "__main__":
    unittest.main()
