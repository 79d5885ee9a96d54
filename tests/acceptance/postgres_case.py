"""The case under the tests that are about PostgreSQL, whatever store the suite runs on."""

from __future__ import annotations

from collections.abc import Mapping

from . import store
from .client import Client, Record
from .harness import Case, Server, create_key, gleaner, wait_for
from .load import Ledger, audit, retry_open
from .postgres import Cluster
from .recount import LEFT_WAITING, assert_counted
from .steady import Steady, assert_in_order


class PostgresCase(Case):
    """A cluster for each class, that tests may do anything to, and an empty database for each test."""

    cluster: Cluster

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.cluster = cls.make_cluster()
        cls.addClassCleanup(cls.cluster.end)

    @classmethod
    def make_cluster(cls) -> Cluster:
        return Cluster()

    def setUp(self) -> None:
        super().setUp()
        self.database = self.cluster.create()
        self.addCleanup(self.cluster.drop, self.database)
        self.addCleanup(self.cluster.recover)
        store.bind(self.data_dir, self.database)


class LoadedCase(PostgresCase):
    """A server, clients that do not give up, and a ledger of what was acknowledged."""

    server_env: Mapping[str, str] = {}

    def setUp(self) -> None:
        super().setUp()
        self.key = create_key(self.data_dir)["key"]
        self.server = self.serve(env={**self.server_env, **self.way_in()})
        self.client = self.connect(self.server, self.key)
        self.ledger = Ledger()

    def way_in(self) -> Mapping[str, str]:
        """Another DATABASE_URL for the server than that of commands, if there is one."""
        return {}

    def load(self, *servers: Server, ledger: Ledger | None = None) -> Steady:
        return Steady(servers or (self.server,), self.key, ledger or self.ledger)

    def readiness(self, client: Client | None = None) -> tuple[int, Record]:
        """Status and body of /readyz."""
        answer = (client or self.client).get("/readyz")
        return answer.status, answer.json()

    def wait_until_spooling(self, client: Client | None = None, within: float = 20) -> None:
        wait_for(
            lambda: self.readiness(client)[1].get("status") == "spooling", within, "/readyz says that it spools"
        )

    def wait_until_drained(self, client: Client | None = None, within: float = 60) -> None:
        """The store is back and the spool is empty."""

        def drained() -> bool:
            answer = (client or self.client).get("/metrics")
            if answer.status != 200:
                return False
            metrics = (client or self.client).metrics()
            return metrics["gleaner_store_up"] == 1 and metrics["gleaner_spool_records"] == 0

        wait_for(drained, within, "the store is up and the spool is empty")
        wait_for(lambda: self.readiness(client) == (200, {"status": "ready"}), 10, "/readyz says ready")

    def assert_all_there(self, *loads: Steady, client: Client | None = None) -> int:
        """Everything acknowledged is stored once, in its clients' order, and counted; how many interactions."""
        client = client or self.client
        self.wait_until_drained(client)
        for load in loads:
            self.assertEqual(load.refusals, [])
        retry_open(client, self.ledger, 1000)
        if self.database.rows(LEFT_WAITING):  # whoever opens the store settles what a crash has left
            self.ok(gleaner("stats", "--data-dir", self.data_dir))
            wait_for(lambda: not self.database.rows(LEFT_WAITING), 5, "no signal waits for what is there")
        stored = audit(client, self.ledger)
        for load in loads:
            assert_in_order(client, self.ledger, load.orders)
        assert_counted(self.database)
        return stored
