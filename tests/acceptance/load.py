"""Writers that keep a ledger of what the server acknowledged, and the audit that holds the server to it."""

from __future__ import annotations

import http.client
import random
import string
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from .client import Answer, Client, Record
from .harness import Server, wait_for
from .records import interaction, letters, message, words

FEEDBACK = ("thumbs_up", "thumbs_down")


class Ledger:
    """What was sent and what of it was acknowledged, by number. Safe from any thread.

    A number is one interaction: `interaction(number)` builds the same record again at any time, so nothing
    but numbers is kept. Each interaction gets at most one signal, named after its number.
    """

    def __init__(self, *, answer_size: int = 0) -> None:
        self.acked: set[int] = set()
        self.open: set[int] = set()  # sent, but no answer came: there or not, as the server likes
        self.signals_acked: set[int] = set()
        self.signals_open: set[int] = set()
        self._lock = threading.Lock()
        self._next = 0
        self._unrated: list[int] = []
        self._answer_size = answer_size
        self._today = datetime.now(UTC).replace(microsecond=0)

    def interaction_id(self, number: int) -> str:
        return f"load-{letters(number)}"

    def signal_id(self, number: int) -> str:
        return f"vote-{letters(number)}"

    def interaction(self, number: int) -> Record:
        """Over three days, three platforms; every fourth fails."""
        record = interaction(
            number,
            id=self.interaction_id(number),
            platform=("zapier", "make", "n8n")[number % 3],
            success=number % 4 != 3,
            created_at=(self._today - timedelta(days=number % 3)).isoformat().replace("+00:00", "Z"),
        )
        if self._answer_size:
            text = "".join(random.Random(number).choices(string.ascii_lowercase, k=self._answer_size))
            groups = [text[start : start + 6] for start in range(0, len(text), 6)]  # little to compress
            record["output"] = message("assistant", " ".join(groups))
        return record

    def signal(self, number: int) -> Record:
        return {
            "id": self.signal_id(number),
            "interaction_id": self.interaction_id(number),
            "kind": FEEDBACK[number % 2],
            "text": words(f"vote {number}", 60),
        }

    def take(self, count: int) -> list[int]:
        """New numbers, about to be sent."""
        with self._lock:
            numbers = list(range(self._next, self._next + count))
            self._next += count
            self.open.update(numbers)
            return numbers

    def acknowledge(self, numbers: list[int], *, rated: bool = False) -> None:
        """They are stored; `rated` when their signals came before them."""
        with self._lock:
            self.open.difference_update(numbers)
            self.acked.update(numbers)
            if not rated:
                self._unrated.extend(numbers)

    def take_unrated(self) -> int | None:
        """An acknowledged interaction that has no signal yet, about to get one."""
        with self._lock:
            if not self._unrated:
                return None
            number = self._unrated.pop(random.randrange(len(self._unrated)))
            self.signals_open.add(number)
            return number

    def rate(self, number: int) -> None:
        """Its signal is about to be sent, before or after it."""
        with self._lock:
            self.signals_open.add(number)

    def acknowledge_signal(self, number: int) -> None:
        with self._lock:
            self.signals_open.discard(number)
            self.signals_acked.add(number)

    def sample(self, count: int) -> list[int]:
        with self._lock:
            return random.sample(sorted(self.acked), min(count, len(self.acked)))


class Load:
    """Threads that post singles, batches and signals as fast as they are answered, until stopped or cut off.

    An answer that is neither an acknowledgement nor 429 ends its writer and is kept in `refusals`.
    """

    def __init__(self, server: Server, key: str, ledger: Ledger, *, batch: int = 20) -> None:
        self.refusals: list[Answer] = []
        self._server, self._key, self._ledger, self._batch = server, key, ledger, batch
        self._stop = threading.Event()
        jobs = (self._single, self._single, self._lines, self._vote)
        self._threads = [threading.Thread(target=self._run, args=(job,), daemon=True) for job in jobs]

    def start(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def running(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def until_refused(self, timeout: float) -> list[Answer]:
        """Goes on until the server refuses to store, then stops; the refusals."""
        wait_for(lambda: self.refusals or not self.running(), timeout, "a refusal")
        self.stop()
        return self.refusals

    def stop(self) -> None:
        self._stop.set()
        self.join()

    def join(self, timeout: float = 60) -> None:
        """Waits until every request is answered or cut off."""
        *writers, voter = self._threads
        for thread in writers:
            thread.join(timeout)
        self._stop.set()  # the voter sends nothing, and so is not cut off, where nothing was acknowledged
        voter.join(timeout)
        if self.running():
            raise AssertionError(f"a request was neither answered nor cut off within {timeout} s")

    def _run(self, job: Callable[[Client], Answer | None]) -> None:
        client = Client(self._server, self._key)
        try:
            while not self._stop.is_set():
                answer = job(client)
                if answer is None:
                    time.sleep(0.002)
                elif answer.status == 429:
                    time.sleep(0.05)
                elif answer.status not in (200, 201):
                    self.refusals.append(answer)
                    return
        except (OSError, http.client.HTTPException):
            return  # cut off: what was under way stays open
        finally:
            client.close()

    def _single(self, client: Client) -> Answer:
        (number,) = self._ledger.take(1)
        answer = client.post("/v1/interactions", self._ledger.interaction(number))
        if answer.status in (200, 201):
            self._ledger.acknowledge([number])
        return answer

    def _lines(self, client: Client) -> Answer:
        numbers = self._ledger.take(self._batch)
        answer = client.post_ndjson("/v1/interactions", map(self._ledger.interaction, numbers))
        if answer.status == 200:
            result = answer.json()
            given = zip(numbers, result["ids"], strict=True)
            self._ledger.acknowledge([number for number, record_id in given if record_id])
            if result["rejected"]:
                self.refusals.append(answer)
        return answer

    def _vote(self, client: Client) -> Answer | None:
        number = self._ledger.take_unrated()
        if number is None:
            return None
        answer = client.post("/v1/signals", self._ledger.signal(number))
        if answer.status in (200, 201):
            self._ledger.acknowledge_signal(number)
        return answer


def _instant(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def assert_same(sent: Record, stored: Record) -> None:
    """Every field that was sent is stored with the same content."""
    for field, value in sent.items():
        got = stored.get(field)
        same = _instant(value) == _instant(str(got)) if field == "created_at" else value == got
        if not same:
            raise AssertionError(f"{sent['id']}: {field} is not what was sent: {str(got)[:300]!r}")


def retry_open(client: Client, ledger: Ledger, count: int) -> None:
    """What a client does that got no answer: sends again. That is 200 or 201, never a conflict, and then it
    is there."""
    for number in sorted(ledger.open)[:count]:
        answer = client.post("/v1/interactions", ledger.interaction(number))
        if answer.status not in (200, 201):
            raise AssertionError(f"retry of {ledger.interaction_id(number)}: {answer}")
        ledger.acknowledge([number])
    for number in sorted(ledger.signals_open)[:count]:
        answer = client.post("/v1/signals", ledger.signal(number))
        if answer.status not in (200, 201):
            raise AssertionError(f"retry of {ledger.signal_id(number)}: {answer}")
        ledger.acknowledge_signal(number)


def spot_check(client: Client, ledger: Ledger, count: int) -> None:
    """A few acknowledged records are there, whole, with their signals."""
    for number in ledger.sample(count):
        answer = client.lookup(ledger.interaction_id(number))
        if answer.status != 200:
            raise AssertionError(f"acknowledged {ledger.interaction_id(number)} is lost: {answer}")
        found = answer.json()
        assert_same(ledger.interaction(number), found["interaction"])
        votes = [signal["id"] for signal in found["signals"]]
        if votes.count(ledger.signal_id(number)) != (number in ledger.signals_acked):
            if number not in ledger.signals_open:
                raise AssertionError(f"signals of {ledger.interaction_id(number)}: {votes}")


def audit(client: Client, ledger: Ledger) -> int:
    """Holds everything against the ledger; returns how many interactions are stored.

    Every acknowledged interaction and signal is there exactly once with the content that was sent; nothing is
    there that was not sent, or half; statistics and export count what listing finds.
    """
    by_id = {ledger.interaction_id(number): number for number in ledger.acked | ledger.open}
    found: set[int] = set()
    successful = 0
    for page in client.pages(limit=1000):
        for entry in page:
            record = entry["interaction"]
            number = by_id.get(record["id"])
            if number is None or number in found:
                raise AssertionError(
                    f"{record['id']} is listed {'twice' if number in found else 'but was never sent'}"
                )
            assert_same(ledger.interaction(number), record)
            found.add(number)
            successful += record["success"]
    if lost := ledger.acked - found:
        some = [ledger.interaction_id(number) for number in sorted(lost)[:5]]
        raise AssertionError(f"{len(lost)} acknowledged interactions are lost, such as {some}")

    votes: Counter[str] = Counter()
    for number in sorted((ledger.signals_acked | ledger.signals_open) & found):
        signals = client.lookup(ledger.interaction_id(number)).json()["signals"]
        if len(signals) > 1 or (number in ledger.signals_acked and not signals):
            raise AssertionError(f"signals of {ledger.interaction_id(number)}: expected one, got {signals}")
        for signal in signals:
            sent = ledger.signal(number)
            if {field: signal.get(field) for field in sent} != sent:
                raise AssertionError(f"{sent['id']} is not what was sent: {signal}")
            votes[signal["kind"]] += 1

    stats = client.stats()
    platforms = stats["by_platform"].values()
    counted = {
        "total_records": stats["overview"]["total_records"],
        "total_interactions": sum(platform["total_interactions"] for platform in platforms),
        "successful": sum(platform["successful_interactions"] for platform in platforms),
        "thumbs_up": sum(platform["thumbs_up_count"] for platform in platforms),
        "thumbs_down": sum(platform["thumbs_down_count"] for platform in platforms),
        "records_with_feedback": stats["overview"]["records_with_feedback"],
        "exported": len(client.export({"success_only": False})),
    }
    expected = {
        "total_records": len(found),
        "total_interactions": len(found),
        "successful": successful,
        "thumbs_up": votes["thumbs_up"],
        "thumbs_down": votes["thumbs_down"],
        "records_with_feedback": votes.total(),
        "exported": len(found),
    }
    if counted != expected:
        raise AssertionError(f"counts differ from what is stored: {counted}, expected {expected}")
    return len(found)
