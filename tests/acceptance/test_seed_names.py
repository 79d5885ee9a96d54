"""The names of teams' own collectors in PostgreSQL (training_data, get_storage_stats() ...), and the rules in SQL."""

from __future__ import annotations

import json
import random
import unittest
from collections.abc import Iterable, Mapping
from typing import Any

from .access import (
    ANNA,
    BERT,
    DAYS,
    VIEWS,
    AccessCase,
    insert,
    interaction,
    literal,
    pseudonym,
    signal,
    token,
)


class ViewsTest(AccessCase):
    def row(self, view: str, id: str, claims: Mapping[str, Any]) -> dict[str, Any]:
        ((text,),) = self.ask(f"SELECT to_jsonb(v) FROM {view} v WHERE id = '{id}'", claims)
        return json.loads(text)

    def test_training_data(self) -> None:
        row = self.row("training_data", "anna-1", token(ANNA))
        expected = {
            "platform": "web",
            "interaction_type": "chat",
            "user_input": "asked in anna-1",
            "ai_response": "answer of anna-1",
            "generated_workflow": {"name": "anna-1"},
            "success": True,
            "is_compressed": False,
            "is_archived": False,
            "uncompressed_size": 900,
            "thumbs_up_count": 1,
            "thumbs_down_count": 0,
            "edited_count": 0,
            "has_feedback": True,
            "is_quality": True,
        }
        self.assertEqual({name: row[name] for name in expected}, expected)
        packed = self.row("training_data", "packed", token(BERT))
        self.assertEqual(
            (packed["is_compressed"], packed["compressed_size"], packed["has_feedback"]), (True, 4, False)
        )
        for name in ("user_input", "ai_response", "generated_workflow", "record"):
            self.assertIsNone(packed[name])
        # Who sees the verdict sees it for every rank alike.
        for claims, role in (
            ({"project": "default"}, "gleaner_project"),
            (None, "gleaner_admin"),
            (None, "service_role"),
        ):
            counts = self.ask(
                "SELECT thumbs_up_count, edited_count FROM training_data WHERE id IN ('anna-1', 'anna-2') ORDER BY id",
                claims,
                role,
            )
            self.assertEqual(counts, [["1", "0"], ["0", "1"]])

    def test_user_feedback(self) -> None:
        row = self.row("user_feedback", "s3", token(ANNA))
        self.assertEqual(row["feedback_type"], "correction")
        self.assertEqual(row["corrected_workflow"], {"better": 1})
        self.assertEqual(row["correction_notes"], "was wrong")
        row = self.row("user_feedback", "s1", token(BERT))
        self.assertEqual(
            (row["feedback_text"], row["sentiment_score"], row["corrected_workflow"]), ("good", 5, None)
        )
        self.assertEqual(self.ids(token(ANNA), "user_feedback"), ["s2", "s3"])

    def test_validation_logs(self) -> None:
        self.assertEqual(self.ids(token(ANNA), "validation_logs"), ["s4"])
        row = self.row("validation_logs", "s4", token(ANNA))
        expected = {
            "interaction_id": "anna-2",
            "platform": "zapier",
            "is_valid": False,
            "validation_score": 0.5,
            "errors": ["e"],
            "original_workflow": {"o": 1},
            "user_edited": False,
        }
        self.assertEqual({name: row[name] for name in expected}, expected)

    def test_workflow_examples(self) -> None:
        self.assertEqual(self.ids(token(ANNA), "workflow_examples"), ["anna-1", "anna-2"])
        self.assertEqual(self.ids(token(BERT), "workflow_examples"), [])
        row = self.row("workflow_examples", "anna-2", token(ANNA))
        self.assertEqual(
            (row["workflow_json"], row["corrected_workflow"]), ({"name": "anna-2"}, {"better": 1})
        )

    def test_what_is_validated(self) -> None:
        cases: list[tuple[Any, str]] = [
            (True, "true"),
            (False, "false"),
            (1, "true"),
            (0, "false"),
            (-1, "false"),
            ("approved", "true"),
            ("pass", "true"),
            ("fail", "false"),
            ("rejected", "false"),
            ("maybe", "-"),
            ({"passed": "passed"}, "true"),
            ({"passed": 0}, "false"),
            ({"passed": {"passed": True}}, "-"),
            ({"ok": True}, "-"),
            ([True], "-"),
            (None, "-"),
        ]
        for value, expected in cases:
            found = self.value(f"SELECT gleaner.passed({literal(json.dumps(value))})")
            self.assertEqual(found, expected, value)

    def test_odd_records_do_not_break_a_view(self) -> None:
        self.own_database()
        odd = [
            '{"messages":[{"role":"user","content":"a\\u0000b"}]}',
            '{"artifact":1e200000}',
            '{"messages":[{"role":"user","content":[{"type":"text","text":"one"},"two",{"text":3},4,null,["x"]]}]}',
            '{"messages":{"role":"user"},"output":[1],"error":{"type":"x"}}',
            '{"messages":[1,null,[{"role":"user"}],{"role":7}],"output":"text"}',
            '{"output":{"content":null},"artifact":null,"error":null}',
            "[]",
            "7",
            '"text"',
            "not json",
            "[" * 50_000,
            '{"value":{"passed":1e300,"errors":"one","score":"high"},"metadata":[1],"output":{"content":[]}}',
            '{"value":1e400,"text":{"a":1},"reason":5,"output":7}',
        ]
        sql = ""
        for n, text in enumerate(odd):
            for usage in ('{"total_tokens":1e300}', '{"total_tokens":"many","prompt_tokens":[]}', "[]", "7"):
                sql += interaction(
                    f"odd-{n}-{usage}",
                    "default",
                    DAYS[0],
                    pseudonym("default", ANNA),
                    record_json=text,
                    usage=usage,
                )
            for kind in ("validation", "correction", "rating"):
                sql += signal(
                    f"odd-s-{n}-{kind}", "anna-1", "default", DAYS[0], kind, pseudonym("default", ANNA)
                ).replace(
                    literal(
                        json.dumps({"id": f"odd-s-{n}-{kind}", "interaction_id": "anna-1", "kind": kind})
                    ),
                    literal(text),
                )
        self.database.psql(sql)
        for view in VIEWS:
            self.ask(f"SELECT count(v::text) FROM {view} v", token(ANNA, role="admin"))
        parts = self.row("training_data", "odd-2-[]", token(ANNA))
        self.assertEqual(parts["user_input"], "one\ntwo")
        self.assertEqual(self.row("training_data", "odd-0-7", token(ANNA))["record"], None)

    def test_usage_is_added_up(self) -> None:
        for usage, tokens in (
            ('{"total_tokens":7,"prompt_tokens":1}', "7"),
            ('{"prompt_tokens":2,"completion_tokens":3}', "5"),
            ('{"input_tokens":2,"output_tokens":4}', "6"),
            ("{}", "-"),
        ):
            self.assertEqual(self.value(f"SELECT gleaner.total_tokens('{usage}')"), tokens)


class StatsTest(AccessCase):
    def stats(self, claims: Mapping[str, Any] | None, role: str, arguments: str = "") -> dict[str, Any]:
        ((text,),) = self.ask(f"SELECT get_storage_stats({arguments})", claims, role)
        return json.loads(text)

    def test_who_may_ask(self) -> None:
        self.refused("SELECT get_storage_stats()", token(ANNA))
        self.refused("SELECT get_storage_stats('shop')", token(ANNA, role="admin"))
        self.refused("SELECT get_storage_stats()", {}, "gleaner_project")
        self.refused("SELECT get_storage_stats('default')", {"project": "shop"}, "gleaner_project")
        of_shop = self.stats(token(ANNA, "shop", "admin"), "authenticated")
        self.assertEqual(of_shop["overview"]["active_records"], 3)
        self.assertIsNone(of_shop["storage"]["database_size_bytes"])
        self.assertEqual(self.stats({"project": "shop"}, "gleaner_project"), of_shop)
        everything = self.stats(None, "gleaner_admin")
        self.assertEqual(everything["overview"]["active_records"], 8)
        self.assertEqual(self.stats(None, "gleaner_admin", "'shop'")["overview"], of_shop["overview"])
        for login in ("server", "supabase_owner", "postgres"):
            self.assertEqual(json.loads(self.run_as(login, "SELECT get_storage_stats()")), everything, login)
        self.assertEqual(self.stats(None, "service_role"), everything)

    def test_figures(self) -> None:
        overview = self.stats(None, "gleaner_admin", "'shop'")["overview"]
        expected = {
            "total_records": 153,
            "active_records": 3,
            "archived_records": 150,
            "compressed_records": 0,
            "records_with_feedback": 2,
        }
        self.assertEqual(overview, expected)
        web = self.stats(None, "gleaner_admin", "'default'")["by_platform"]["web"]
        self.assertEqual(
            (web["total_interactions"], web["success_rate"], web["thumbs_down_count"]), (4, 100, 1)
        )
        stats = self.stats(None, "gleaner_admin")
        measured = self.database.number(
            "SELECT sum(pg_total_relation_size(oid)) FROM pg_class "
            "WHERE relnamespace = 'gleaner'::regnamespace AND relkind = 'r'"
        )
        self.assertEqual(stats["storage"]["database_size_bytes"], measured)
        ratio = self.database.value("SELECT compression_ratio FROM archive_metadata")
        self.assertEqual(ratio, "80.0")

    def test_costs(self) -> None:
        self.own_database()
        self.database.psql(
            "DELETE FROM gleaner.counters; DELETE FROM gleaner.archive_metadata;"
            + insert(
                "counters",
                project="default",
                day=DAYS[0],
                platform="zapier",
                slot=1,
                interactions=850,
                succeeded=803,
                stored_bytes=52428800,
            )
            + insert(
                "archive_metadata",
                s3_key="k",
                platform="zapier",
                date=DAYS[0],
                records_count=400,
                uncompressed_size=0,
                compressed_size=10485760,
            )
        )
        stats = self.stats(None, "gleaner_admin")
        self.assertEqual(stats["storage"]["supabase_size_display"], "50.00 MB")
        self.assertEqual(stats["storage"]["archived_size_display"], "10.00 MB")
        self.assertEqual(stats["storage"]["total_size_display"], "60.00 MB")
        self.assertEqual(
            stats["costs"],
            {
                "supabase_monthly_usd": 0.006104,
                "r2_monthly_usd": 0.000146,
                "total_monthly_usd": 0.00625,
                "cost_without_archiving_usd": 0.007324,
                "savings_monthly_usd": 0.001074,
                "savings_percentage": 14.7,
            },
        )
        self.assertEqual(stats["by_platform"]["zapier"]["success_rate"], 94.47)
        dear = self.stats(None, "gleaner_admin", "NULL, 1024, 0")["costs"]
        self.assertEqual(dear["supabase_monthly_usd"], 50)


COUNTS = (
    "thumbs_up",
    "thumbs_down",
    "edits",
    "reports",
    "ratings",
    "comments",
    "corrections",
    "approvals",
    "rejections",
    "likes",
    "shares",
    "viewers",
    "validations_passed",
    "scores",
)


class VerdictTest(AccessCase):
    """The rules in SQL against those of src/record/verdict.h, written down here once more."""

    def test_rules(self) -> None:
        self.own_database()
        chance = random.Random(20261121)
        verdicts = [{name: chance.choice((0, 0, 0, 1, 2, 5)) for name in COUNTS} for _ in range(400)]
        verdicts += [{name: int(name == one) for name in COUNTS} for one in COUNTS]
        verdicts.append(dict.fromkeys(COUNTS, 0))
        self.database.psql(
            "".join(
                insert(
                    "verdicts",
                    interaction_id=f"v{n:04}",
                    project="rules",
                    interaction_created_at=DAYS[0],
                    **counts,
                )
                for n, counts in enumerate(verdicts)
            )
        )
        found = self.database.rows(
            "SELECT gleaner.has_feedback(v), gleaner.is_positive(v), gleaner.is_negative(v), gleaner.is_quality(v) "
            "FROM gleaner.verdicts v WHERE project = 'rules' ORDER BY interaction_id"
        )
        self.assertEqual(found, [["t" if rule else "f" for rule in rules(counts)] for counts in verdicts])
        for rule in ("has_feedback", "is_positive", "is_negative", "is_quality"):
            self.assertEqual(self.value(f"SELECT gleaner.{rule}(NULL)"), "false")


def rules(v: Mapping[str, int]) -> Iterable[bool]:
    said = (
        "thumbs_up",
        "thumbs_down",
        "edits",
        "reports",
        "ratings",
        "comments",
        "corrections",
        "approvals",
        "rejections",
    )
    for_it = v["thumbs_up"] + v["approvals"]
    against = v["thumbs_down"] + v["reports"] + v["rejections"]
    good = v["thumbs_up"] > 0 or v["edits"] + v["corrections"] > 0 or v["approvals"] > 0
    return (
        sum(v[name] for name in said) > 0,
        for_it > against,
        for_it < against,
        good and v["rejections"] <= v["approvals"],
    )


if __name__ == "__main__":
    unittest.main()
