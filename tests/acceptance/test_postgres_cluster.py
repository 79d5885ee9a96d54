"""Several servers on one database: what one knows all know, and what they do at the same time fits together."""

from __future__ import annotations

import http.client
import random
import threading
import time
import unittest
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from . import store
from .client import Answer, Client, Record
from .harness import Server, create_key, gleaner, wait_for
from .load import Ledger, audit, retry_open
from .postgres_case import PostgresCase
from .recount import LEFT_WAITING, assert_counted
from .records import letters, small
from .steady import Steady

INTERACTIONS, SIGNALS = "/v1/interactions", "/v1/signals"
SERVERS = 3
WAITING = "SELECT count(*) FROM gleaner.waiting_signals"


class ClusterCase(PostgresCase):
    """Three servers with data directories of their own."""

    def server(self, number: int) -> Server:
        """Not started yet."""
        folder = self.scratch / f"server-{number}"
        store.bind(folder / "data", self.database)
        server = Server(folder / "data", folder)
        self.addCleanup(server.kill)
        return server

    def start_three(self) -> list[Server]:
        """All at once."""
        servers = [self.server(number) for number in range(SERVERS)]
        with ThreadPoolExecutor(SERVERS) as pool:
            list(pool.map(Server.start, servers))
        return servers

    def clients(self, servers: list[Server], key: str) -> list[Client]:
        return [self.connect(server, key) for server in servers]

    def at_once(self, jobs: Sequence[Callable[[], Answer]]) -> list[Answer]:
        """Runs all of them in threads that begin at the same moment."""
        barrier = threading.Barrier(len(jobs))

        def run(job: Callable[[], Answer]) -> Answer:
            barrier.wait()
            return job()

        with ThreadPoolExecutor(len(jobs)) as pool:
            return list(pool.map(run, jobs))


class Starting(ClusterCase):
    """Who migrates."""

    def assert_migrated_once(self) -> None:
        versions = self.database.rows("SELECT version FROM gleaner.schema_migrations ORDER BY 1")
        self.assertEqual(versions, [[str(n + 1)] for n in range(len(versions))])

    def test_all_at_once_on_an_empty_database(self) -> None:
        """Three servers and a command started at the same moment: one migrates, the others wait for it, all serve."""
        with ThreadPoolExecutor(1) as pool:
            made = pool.submit(create_key, self.data_dir)
            servers = self.start_three()
            key = made.result()["key"]
        self.assert_migrated_once()
        self.assertNotIn(b"ERROR", self.database.server_log())
        for number, client in enumerate(self.clients(servers, key)):
            self.expect(client.post(INTERACTIONS, small(number, id=letters(number))), 201)
        for client in self.clients(servers, key):
            self.assertEqual(sorted(client.list_ids()), ["a", "b", "c"])

    def test_the_one_that_migrates_is_killed(self) -> None:
        """kill -9 of the server that holds the migration's lock: another one migrates."""
        other = self.database.session()
        self.addCleanup(other.close)
        other.run("BEGIN; CREATE SCHEMA gleaner AUTHORIZATION gleaner")  # the migration will wait for this
        first, *rest = (self.server(number) for number in range(SERVERS))
        locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted = {}"
        first.spawn()
        wait_for(lambda: self.database.number(locks.format("true")) == 1, 10, "the first has the lock")
        for server in rest:
            server.spawn()
        wait_for(lambda: self.database.number(locks.format("false")) == 2, 10, "the others wait for it")
        first.kill()
        other.run("ROLLBACK")
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(Server.await_ready, rest))
        key = create_key(self.data_dir)["key"]
        for client in self.clients(rest, key):
            self.expect(client.post(INTERACTIONS, small(1)), 201)
        self.assert_migrated_once()

    def test_the_one_that_keeps_house_is_killed(self) -> None:
        """kill -9 of the server that is just making the days ahead: another one makes them before long."""
        self.ok(gleaner("migrate", "--data-dir", self.data_dir))
        other = self.database.session()
        self.addCleanup(other.close)
        other.run("SELECT pg_advisory_lock(hashtext('gleaner.days'))")  # who makes days will wait for this
        first, second = self.server(0), self.server(1)
        first.spawn()
        keeps = "locktype = 'advisory' AND granted AND objid = hashtext('gleaner.housekeeping')::bigint & 4294967295"
        wait_for(lambda: self.database.rows(f"SELECT 1 FROM pg_locks WHERE {keeps}"), 10, "the first keeps house")
        second.start()
        first.kill()
        other.run("SELECT pg_advisory_unlock(hashtext('gleaner.days'))")
        today = "to_char((now() AT TIME ZONE 'UTC')::date + {}, 'YYYYMMDD')"
        part = f"to_regclass('gleaner.interactions_' || {today}) IS NOT NULL"
        ahead = f"SELECT {part.format(0)} AND {part.format(1)}"
        wait_for(lambda: self.database.value(ahead) == "t", 60, "the second has made today and tomorrow")

    def test_secrets_are_one(self) -> None:
        """A project that is new to all of them gets one secret: a person has one pseudonym wherever they come in."""
        key = create_key(self.data_dir, project="shop")["key"]
        clients = self.clients(self.start_three(), key)
        posts = [
            partial(client.post, INTERACTIONS, small(n, id=letters(n), user_id="ann"))
            for n, client in enumerate(clients)
        ]
        for answer in self.at_once(posts):
            self.expect(answer, 201)
        for client in clients:
            self.assertEqual(sorted(client.list_ids(user_id="ann")), ["a", "b", "c"])
        self.assertEqual(self.database.value("SELECT count(DISTINCT user_id) FROM gleaner.interactions"), "1")

    def test_keys_and_rotations_reach_all(self) -> None:
        """A key revoked on one server is refused by all within two seconds; a rotated secret is every server's."""
        admin = create_key(self.data_dir)["key"]
        clients = self.clients(servers := self.start_three(), admin)
        made = self.expect(clients[0].post("/v1/keys", {"name": "web", "scopes": ["read"]}), 201).json()
        readers = self.clients(servers, made["key"])
        for reader in readers:
            self.expect(reader.get(INTERACTIONS), 200)
        self.expect(clients[1].delete(f"/v1/keys/{made['id']}"), 200)
        wait_for(
            lambda: all(reader.get(INTERACTIONS).status == 401 for reader in readers), 2, "all refuse the key"
        )
        self.expect(clients[0].post(INTERACTIONS, small(1, id="before", user_id="ann")), 201)
        self.ok(gleaner("project", "rotate", "--data-dir", self.data_dir))
        time.sleep(2.5)
        for number, client in enumerate(clients):
            self.expect(client.post(INTERACTIONS, small(2, id=f"after-{number}", user_id="ann")), 201)
        users = self.database.rows("SELECT DISTINCT user_id FROM gleaner.interactions WHERE id LIKE 'after-%'")
        self.assertEqual(len(users), 1)
        self.assertEqual(len(clients[2].list_ids(user_id="ann")), 4)


class Writing(ClusterCase):
    """The same records, and what belongs together, by different servers at the same time."""

    def setUp(self) -> None:
        super().setUp()
        self.key = create_key(self.data_dir)["key"]
        self.servers = self.start_three()
        self.each = self.clients(self.servers, self.key)

    def assert_nothing_waits(self) -> None:
        """No signal waits for an interaction or item that is there."""
        wait_for(lambda: not self.database.rows(LEFT_WAITING), 10, "no signal waits for what is there")

    def test_the_same_ids(self) -> None:
        """Each id is stored once, whichever server gets it first; the others say duplicate, or conflict for other
        content."""
        for number in range(60):
            record_id = f"same-{letters(number)}"
            contents = [small(number, id=record_id), small(number, id=record_id), small(number + 1000, id=record_id)]
            random.shuffle(contents)
            posts = [
                partial(client.post, INTERACTIONS, record)
                for client, record in zip(self.each, contents, strict=True)
            ]
            statuses = [answer.status for answer in self.at_once(posts)]
            stored = self.expect(self.each[number % 3].lookup(record_id), 200).json()["interaction"]
            expected = []
            for record in contents:
                same = record["output"]["content"] == stored["output"]["content"]
                expected.append(200 if same else 409)
            self.assertEqual(statuses.count(201), 1, statuses)
            expected[statuses.index(201)] = 201
            self.assertEqual(statuses, expected)
        self.assertEqual(self.each[0].stats()["overview"]["total_records"], 60)
        assert_counted(self.database)

    def test_the_same_batches_in_other_orders(self) -> None:
        """Batches that share ids, in different orders, with their signals: nobody waits in a circle, all is there
        once."""
        for round_number in range(12):
            records = [small(n, id=f"{letters(round_number)}-{letters(n)}", platform=f"p{n % 5}") for n in range(60)]
            votes = [{"id": f"v-{r['id']}", "interaction_id": r["id"], "kind": "thumbs_up"} for r in records]
            posts: list[Callable[[], Answer]] = []
            for at, client in enumerate(self.each + self.clients(self.servers, self.key)):
                mine = random.sample(votes if at >= SERVERS else records, 45)
                target = SIGNALS if at >= SERVERS else INTERACTIONS
                posts.append(partial(client.post_ndjson, target, mine))
            answers = [self.expect(answer, 200).json() for answer in self.at_once(posts)]
            for one in answers:
                self.assertEqual((one["stored"] + one["duplicates"], one["rejected"]), (45, 0), one)
            there = len({record_id for one in answers[:SERVERS] for record_id in one["ids"]})
            self.assertEqual(sum(one["stored"] for one in answers[:SERVERS]), there)
        self.assert_nothing_waits()
        assert_counted(self.database)
        self.assertNotIn(b"deadlock detected", self.database.server_log())

    def test_signals_race_with_their_interactions(self) -> None:
        """A signal that comes to one server while its interaction, or the item it names, comes to another."""
        for number in range(80):
            name = letters(number)
            record = small(number, id=f"raced-{name}", items=[{"id": f"item-{name}", "text": "an insight"}])
            vote = {"id": f"vote-{name}", "interaction_id": record["id"], "kind": "thumbs_up"}
            like = {"id": f"like-{name}", "item_id": f"item-{name}", "kind": "like"}
            clients = random.sample(self.each, 3)
            posts = [
                partial(client.post, target, body)
                for client, target, body in zip(
                    clients, (INTERACTIONS, SIGNALS, SIGNALS), (record, vote, like), strict=True
                )
            ]
            for answer in self.at_once(posts):
                self.expect(answer, 201)
        self.assert_nothing_waits()
        for number in range(80):
            found = self.each[number % 3].lookup(f"raced-{letters(number)}").json()
            self.assertEqual((found["verdict"]["thumbs_up"], found["verdict"]["likes"]), (1, 1), number)
        assert_counted(self.database)

    def test_what_came_waits_among_many_that_never_will(self) -> None:
        """However many signals wait for what never comes, those left behind by a crash are given to what came."""
        self.expect(self.each[0].post(INTERACTIONS, small(1, id="zz-came")), 201)
        self.expect(self.each[1].post(SIGNALS, {"interaction_id": "template", "kind": "like"}), 201)
        for target, count in (("'never-' || n", 60_000), ("'zz-came'", 1)):
            self.database.psql(
                "INSERT INTO gleaner.waiting_signals (project, target, target_is_item, id, content_hash, record_json) "
                f"SELECT project, {target}, false, 'left-' || n, n, replace(replace(record_json, 'template', {target}), "
                f"id, 'left-' || n) FROM gleaner.waiting_signals, generate_series(1, {count}) AS n WHERE target = 'template'"
            )
        self.assertEqual(self.servers[2].stop(), 0)
        self.servers[2].start()
        wait_for(lambda: self.each[0].lookup("zz-came").json()["verdict"]["likes"] == 1, 60, "it is given")

    def test_many_signals_of_one_interaction(self) -> None:
        """Signals of one interaction by all servers at once: each is counted once, a viewer once."""
        self.expect(self.each[0].post(INTERACTIONS, small(1, id="popular")), 201)
        posts: list[Callable[[], Answer]] = []
        for at, client in enumerate(self.clients(self.servers * 3, self.key)):
            votes: list[Record] = [{"id": f"up-{n}", "kind": "thumbs_up"} for n in range(40)]
            votes += [{"id": f"rating-{at}-{n}", "kind": "rating", "value": 4} for n in range(20)]
            votes += [{"id": f"view-{at}-{n}", "kind": "view", "user_id": f"u{n}"} for n in range(20)]
            votes = [{**vote, "interaction_id": "popular"} for vote in votes]
            random.shuffle(votes)
            posts.append(partial(client.post_ndjson, SIGNALS, votes))
        answers = [self.expect(answer, 200).json() for answer in self.at_once(posts)]
        self.assertEqual(sum(one["stored"] for one in answers), 40 + 9 * 40)
        self.assertEqual(sum(one["duplicates"] for one in answers), 8 * 40)
        verdict = self.each[1].lookup("popular").json()["verdict"]
        self.assertEqual((verdict["thumbs_up"], verdict["ratings"], verdict["viewers"]), (40, 180, 20))
        assert_counted(self.database)

    def test_the_first_records_of_new_days(self) -> None:
        """Every server meets days that have no partition yet at the same moment."""
        for month in range(1, 6):
            days = [f"2023-{month:02}-{day:02}T12:00:00Z" for day in range(1, 7)]
            posts: list[Callable[[], Answer]] = []
            for at, client in enumerate(self.each):
                records = [small(n, id=f"{at}-{day}", created_at=day) for n, day in enumerate(days)]
                random.shuffle(records)
                posts.append(partial(client.post_ndjson, INTERACTIONS, records))
            for answer in self.at_once(posts):
                self.assertEqual(self.expect(answer, 200).json()["stored"], 6)
        self.assertEqual(len(self.each[0].list_ids(limit=1000)), 90)
        assert_counted(self.database)

    def test_deleting_while_signals_come(self) -> None:
        """DELETE on one server while others write signals of the same interaction: no signal stays without it, no
        count of what is gone."""
        for number in range(40):
            record_id = f"gone-{letters(number)}"
            self.expect(self.each[0].post(INTERACTIONS, small(number, id=record_id)), 201)
            votes = [{"interaction_id": record_id, "kind": kind} for kind in ("thumbs_up", "thumbs_down", "like")]
            jobs = [
                partial(self.each[0].post_ndjson, SIGNALS, votes),
                partial(self.each[1].post, SIGNALS, votes[0]),
                partial(self.each[2].delete, f"{INTERACTIONS}/{record_id}"),
            ]
            for answer, status in zip(self.at_once(jobs), (200, 201, 200), strict=True):
                self.expect(answer, status)
            self.expect_problem(self.each[number % 3].lookup(record_id), 404, "not_found")
        assert_counted(self.database)
        self.assertEqual(self.database.rows("SELECT id FROM gleaner.interactions"), [])
        self.assertEqual(self.database.number("SELECT count(*) FROM gleaner.signals"), 0)
        overview = self.each[0].stats()["overview"]
        self.assertEqual((overview["total_records"], overview["records_with_feedback"]), (0, 0))

    def test_deleting_while_it_comes(self) -> None:
        """DELETE of an id that another server is just storing: gone or there, whole either way."""
        for number in range(40):
            record = small(number, id=f"new-{letters(number)}")
            posted, deleted = self.at_once(
                [
                    partial(self.each[0].post, INTERACTIONS, record),
                    partial(self.each[1].delete, f"{INTERACTIONS}/{record['id']}"),
                ]
            )
            self.expect(posted, 201)
            gone = self.expect(deleted, 200, 404).status == 200
            self.expect(self.each[2].lookup(record["id"]), 404 if gone else 200)
        assert_counted(self.database)


class Dying(ClusterCase):
    """One of three is killed."""

    def test_load_on_all_while_one_dies(self) -> None:
        """kill -9 of one server after the other under load: all that any of them acknowledged is there once."""
        key, ledger = create_key(self.data_dir)["key"], Ledger()
        servers = self.start_three()
        with Steady(servers, key, ledger, pace=0.01) as load:
            for round_number in range(6):
                load.wait_for_more(100)
                victim = servers[round_number % SERVERS]
                victim.kill()
                time.sleep(random.uniform(0, 0.5))
                victim.start()
        self.assertEqual((load.refusals, load.answers[503]), ([], 0))
        client = self.connect(servers[0], key)
        retry_open(client, ledger, 1000)
        audit(client, ledger)
        wait_for(lambda: self.database.number(WAITING) == 0, 40, "no signal waits")
        assert_counted(self.database)

    def test_what_the_dead_left_waiting(self) -> None:
        """A server killed between its signal's commit and the next step leaves no signal waiting for good."""
        key = create_key(self.data_dir)["key"]
        servers = self.start_three()
        clients = self.clients(servers, key)
        for number in range(30):
            record_id = f"left-{letters(number)}"
            vote: Record = {"id": f"vote-{letters(number)}", "interaction_id": record_id, "kind": "thumbs_up"}
            victim = servers[number % 2]
            posting = threading.Thread(target=_ignoring_cuts, args=(clients[number % 2], vote))
            killing = threading.Timer(random.uniform(0, 0.004), victim.kill)
            for thread in (posting, killing):
                thread.start()
            self.expect(clients[2].post(INTERACTIONS, small(number, id=record_id)), 201)
            for thread in (posting, killing):
                thread.join()
            victim.start()
            self.expect(clients[number % 2].post(SIGNALS, vote), 200, 201)  # as a client that got no answer does
        wait_for(lambda: self.database.number(WAITING) == 0, 40, "no signal waits")
        for number in range(30):
            found = self.expect(clients[2].lookup(f"left-{letters(number)}"), 200).json()
            self.assertEqual(found["verdict"]["thumbs_up"], 1, f"left-{letters(number)}")
        assert_counted(self.database)


def _ignoring_cuts(client: Client, vote: Record) -> None:
    try:
        client.post(SIGNALS, vote)
    except (OSError, http.client.HTTPException):
        pass


if __name__ == "__main__":
    unittest.main()
