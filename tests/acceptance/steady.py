"""Clients that keep to an order and never give up, for tests in which the store or the server goes away."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

from .client import Answer, Client, Listener, Record
from .harness import wait_for
from .load import Ledger

ACKNOWLEDGED = (200, 201, 202)  # stored before, stored, spooled


class Steady:
    """Threads that each send their next record only when the last one was acknowledged, and the same one again after
    429, 503 or no answer at all. They post singles, lines, signals after their interaction and before it.

    Any other answer ends its writer and is kept in `refusals`.
    """

    def __init__(
        self, servers: Sequence[Listener], key: str, ledger: Ledger, *, batch: int = 20, pace: float = 0.004
    ) -> None:
        self.refusals: list[str] = []
        self.answers: Counter[int] = Counter()  # by status; 0 where none came
        self.slowest = 0.0  # seconds to an acknowledgement, attempts that failed apart
        self.orders: list[list[int]] = []  # the numbers each writer had acknowledged, in order
        self._servers, self._key, self._ledger, self._batch, self._pace = servers, key, ledger, batch, pace
        self._lock = threading.Lock()
        self._stop = threading.Event()
        jobs = (self._single, self._single, self._lines, self._vote, self._early)
        self._threads = [
            threading.Thread(target=self._run, args=(job, servers[at % len(servers)]), daemon=True)
            for at, job in enumerate(jobs * len(servers))
        ]

    def __enter__(self) -> Steady:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self, timeout: float = 90) -> None:
        """Every writer finishes the request it is at, or gives it up unacknowledged when it is refused."""
        self._stop.set()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if any(thread.is_alive() for thread in self._threads):
            raise AssertionError(f"a request was neither answered nor cut off within {timeout} s")

    def acknowledged(self) -> int:
        return len(self._ledger.acked) + len(self._ledger.signals_acked)

    def wait_for_more(self, count: int, within: float = 60) -> None:
        """Until so many more are acknowledged."""
        before = self.acknowledged()
        wait_for(
            lambda: self.refusals or self.acknowledged() >= before + count, within, f"{count} more acknowledged"
        )
        if self.refusals:
            raise AssertionError(f"refused: {self.refusals[0]}")

    def _run(self, job: Callable[[Client, list[int]], bool], server: Listener) -> None:
        order: list[int] = []
        with self._lock:
            self.orders.append(order)
        client = Client(server, self._key)
        try:
            while not self._stop.is_set() and job(client, order):
                time.sleep(self._pace)
        finally:
            client.close()

    def _send(self, client: Client, target: str, records: list[Record], single: bool) -> bool:
        """Sends until it is acknowledged; False when it is refused or there is no more time."""
        while True:
            started = time.monotonic()
            try:
                body = records[0] if single else None
                answer = client.post(target, body) if single else client.post_ndjson(target, records)
            except (OSError, http.client.HTTPException):
                self._count(0)
                pause = 0.05
            else:
                self._count(answer.status)
                if answer.status in ACKNOWLEDGED:
                    self.slowest = max(self.slowest, time.monotonic() - started)
                    return self._whole(answer, len(records), single)
                if answer.status not in (429, 503) or int(answer.headers.get("retry-after", "0")) < 1:
                    self.refusals.append(str(answer))
                    return False
                pause = 0.1
            if self._stop.wait(pause):
                return False

    def _whole(self, answer: Answer, sent: int, single: bool) -> bool:
        result = answer.json()
        if single:
            whole = bool(result["status"] == {200: "duplicate", 201: "stored", 202: "spooled"}[answer.status])
        else:
            whole = sum(result.get(name, 0) for name in ("stored", "duplicates", "spooled")) == sent
        if not whole:
            self.refusals.append(str(answer))
        return whole

    def _count(self, status: int) -> None:
        with self._lock:
            self.answers[status] += 1

    def _interactions(self, client: Client, order: list[int], numbers: list[int], *, rated: bool = False) -> bool:
        records = [self._ledger.interaction(number) for number in numbers]
        if not self._send(client, "/v1/interactions", records, len(numbers) == 1):
            return False
        self._ledger.acknowledge(numbers, rated=rated)
        order.extend(numbers)
        return True

    def _signal(self, client: Client, number: int) -> bool:
        if not self._send(client, "/v1/signals", [self._ledger.signal(number)], True):
            return False
        self._ledger.acknowledge_signal(number)
        return True

    def _single(self, client: Client, order: list[int]) -> bool:
        return self._interactions(client, order, self._ledger.take(1))

    def _lines(self, client: Client, order: list[int]) -> bool:
        return self._interactions(client, order, self._ledger.take(self._batch))

    def _vote(self, client: Client, order: list[int]) -> bool:
        number = self._ledger.take_unrated()
        return number is None or self._signal(client, number)

    def _early(self, client: Client, order: list[int]) -> bool:
        """A signal whose interaction comes after it."""
        (number,) = self._ledger.take(1)
        self._ledger.rate(number)
        return self._signal(client, number) and self._interactions(client, order, [number], rated=True)


def assert_in_order(client: Client, ledger: Ledger, orders: list[list[int]]) -> None:
    """Inside a day, what one client sent one after the other is listed in that order."""
    place = {record_id: at for at, record_id in enumerate(client.list_ids(order="asc", limit=1000))}
    for order in orders:
        last: dict[str, tuple[int, int]] = defaultdict(lambda: (-1, -1))
        for number in order:
            day = ledger.interaction(number)["created_at"][:10]
            at = place[ledger.interaction_id(number)]
            if at < last[day][0]:
                one, other = (ledger.interaction_id(n) for n in (last[day][1], number))
                raise AssertionError(f"{one} was acknowledged before {other} and is listed after it")
            last[day] = (at, number)
