"""The logging proxy: what passes is passed on as it is, and becomes an interaction."""

from __future__ import annotations

import gzip
import json
import re
import resource
import socket
import ssl
import struct
import subprocess
import threading
import time
import unittest
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPException
from typing import Any

from .client import Answer, Record
from .harness import Case, Server, create_key, wait_for
from .provider import Asked, Provider, Reply, chat, chat_stream, message_stream
from .store import about_sqlite

QUESTION = {"model": "gpt-4.1-mini", "messages": [{"role": "user", "content": "Where does the red line stop?"}]}


class ProxyCase(Case):
    """A server that passes on to a stand-in."""

    env: dict[str, str] = {}

    def setUp(self) -> None:
        super().setUp()
        self.reply: Callable[[Asked], Reply] = lambda _: chat("At the harbour.")
        self.provider = Provider(lambda asked: self.reply(asked))
        self.addCleanup(self.provider.close)
        upstreams = f"openai={self.provider.url}, anthropic={self.provider.url}, based={self.provider.url}/a/b/"
        self.key = create_key(self.data_dir)["key"]
        self.server = self.serve(env={"GLEANER_UPSTREAMS": upstreams, **self.env})
        self.client = self.connect(self.server, self.key)
        self.caller = self.connect(self.server, None)

    def call(self, body: Any = QUESTION, path: str = "openai/v1/chat/completions", **headers: str) -> Answer:
        sent = {"Authorization": "Bearer sk-of-the-provider"} | {n.replace("_", "-"): v for n, v in headers.items()}
        return self.caller.request("POST", f"/proxy/{path}", body, sent)

    def begun(self, body: Any) -> socket.socket:
        """The connection of a call that was sent, and whose answer nobody has read."""
        sent = json.dumps(body).encode()
        raw = socket.create_connection(("127.0.0.1", self.server.port))
        raw.sendall(b"POST /proxy/openai/v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s"
                    % (len(sent), sent))  # fmt: skip
        return raw

    def recorded(self, count: int = 1, **where: str) -> list[Record]:
        """The interactions, once there are so many: they are stored behind the call."""
        deadline = time.monotonic() + 20
        while True:
            found = list(self.client.list_all(order="asc", **where))
            if len(found) >= count or time.monotonic() > deadline:
                self.assertEqual(len(found), count)
                return found
            time.sleep(0.01)


class Passing(ProxyCase):
    def test_a_call(self) -> None:
        answer = self.expect(self.call(x_gleaner_session="s-1", x_gleaner_user="u-1", x_gleaner_tags="a,b"), 200)
        self.assertEqual(answer.body, self.reply(self.provider.asked[0]).pieces[0])
        asked = self.provider.asked[0]
        self.assertEqual((asked.method, asked.target, asked.json()), ("POST", "/v1/chat/completions", QUESTION))
        self.assertEqual(asked.headers["authorization"], "Bearer sk-of-the-provider")
        self.assertFalse([name for name in asked.headers if name.startswith("x-gleaner")])
        found = self.recorded()[0]
        self.assertEqual(found["id"], answer.headers["x-gleaner-interaction-id"])
        self.assertEqual((found["messages"], found["output"]["content"]), (QUESTION["messages"], "At the harbour."))
        self.assertEqual((found["model"], found["provider"]), ("gpt-4.1-mini-2025-04-14", "openai"))
        self.assertEqual((found["session_id"], found["tags"][:2]), ("s-1", ["a", "b"]))
        self.assertEqual(found["usage"]["total_tokens"], 15)
        self.assertGreater(found["latency_ms"], 0)
        self.assertNotIn("sk-of-the-provider", json.dumps(found))

    def test_everything_else_passes(self) -> None:
        self.reply = lambda asked: Reply(
            status=418, headers={"Content-Type": "text/x-tea", "X-One": "1", "Set-Cookie": "a=b"},
            pieces=(asked.method.encode(), b" ", asked.body),
        )  # fmt: skip
        for method, body in (("GET", None), ("DELETE", None), ("PUT", b"\0\xff"), ("PATCH", b"{}"), ("POST", b"")):
            answer = self.caller.request(method, "/proxy/openai/v1/files/a%2Fb?x=%20y&z", body)
            self.expect(answer, 418)
            self.assertEqual(answer.body, method.encode() + b" " + (body or b""))
            self.assertEqual(self.provider.asked[-1].target, "/v1/files/a%2Fb?x=%20y&z")
            self.assertEqual((answer.headers["x-one"], answer.headers["content-type"]), ("1", "text/x-tea"))
        self.expect(self.caller.get("/proxy/based/v1/models"), 418)
        self.assertEqual(self.provider.asked[-1].target, "/a/b/v1/models")
        self.assertEqual(self.client.list_ids(), [])
        problem = self.expect_problem(self.caller.get("/proxy/nobody/v1/models"), 404, "not_found")
        self.assertIn("anthropic, based, openai", problem["detail"])

    def test_compressed_both_ways(self) -> None:
        packed = gzip.compress(b"".join(chat("Zipped.").pieces))
        self.reply = lambda _: Reply(headers={"Content-Type": "application/json", "Content-Encoding": "gzip"},
                                     pieces=(packed[:20], packed[20:]))  # fmt: skip
        body = gzip.compress(json.dumps(QUESTION).encode())
        answer = self.call(body, Content_Encoding="gzip", Content_Type="application/json")
        self.assertEqual((answer.status, answer.body), (200, packed))
        self.assertEqual(self.provider.asked[0].body, body)
        found = self.recorded()[0]
        self.assertEqual((found["messages"], found["output"]["content"]), (QUESTION["messages"], "Zipped."))

    def test_errors_are_passed_on_and_recorded(self) -> None:
        error = {"error": {"message": "Rate limit reached", "type": "requests", "param": None, "code": "rate_limit"}}
        self.reply = lambda _: Reply(status=429, headers={"Content-Type": "application/json", "retry-after": "7"},
                                     pieces=(json.dumps(error).encode(),), with_length=True)  # fmt: skip
        answer = self.expect(self.call(), 429)
        self.assertEqual((answer.json(), answer.headers["retry-after"]), (error, "7"))
        found = self.recorded()[0]
        self.assertFalse(found["success"])
        self.assertEqual((found["error"]["status"], found["error"]["code"]), (429, "rate_limit"))

    def test_an_upstream_that_is_not_there(self) -> None:
        self.provider.close()
        self.expect_problem(self.call(), 502, "upstream_unreachable")
        self.assertEqual(self.recorded()[0]["error"]["type"], "upstream_unreachable")

    def test_an_upstream_that_breaks_off(self) -> None:
        self.reply = lambda _: chat_stream(["a", "b", "c"], usage=False, cut_after=3)
        with self.assertRaises((OSError, Exception)):
            self.call(QUESTION | {"stream": True})
        found = self.recorded()[0]
        self.assertEqual((found["success"], found["error"]["type"]), (False, "upstream_disconnected"))
        self.assertEqual(found["output"]["content"], "ab")

    def test_a_client_that_goes_away(self) -> None:
        self.reply = lambda _: chat_stream([f"word{i} " for i in range(2000)], usage=False, pause=0.01)
        with self.begun(QUESTION | {"stream": True}) as raw:
            seen = b""
            while b"word3" not in seen:
                seen += raw.recv(4096)
        self.assertTrue(self.provider.broken.wait(10), "the upstream was not told")
        found = self.recorded()[0]
        self.assertEqual(found["error"]["type"], "client_disconnected")
        self.assertTrue(found["output"]["content"].startswith("word0 word1 word2 word3"))

    def test_a_client_that_goes_away_before_the_answer(self) -> None:
        """Whether the call is still under way when that is noticed, or the answer has come by then."""
        for number, seconds in enumerate((2, 0.1), start=1):
            waiting = threading.Event()

            def slow(_: Asked, waiting: threading.Event = waiting, seconds: float = seconds) -> Reply:
                waiting.set()
                time.sleep(seconds)
                return chat("late")

            self.reply = slow
            with self.begun(QUESTION) as raw:
                self.assertTrue(waiting.wait(10))
            found = self.recorded(number)
            self.assertEqual([one["error"]["type"] for one in found], ["client_disconnected"] * number)

    def test_pieces_come_as_they_are_sent(self) -> None:
        self.reply = lambda _: chat_stream(["one", "two", "three"], usage=False, pause=0.3)
        arrivals = []
        with self.begun(QUESTION | {"stream": True, "stream_options": {"include_usage": True}}) as raw:
            seen = b""
            while b"[DONE]" not in seen:
                seen += raw.recv(65536)
                arrivals.append(time.monotonic())
        self.assertGreaterEqual(len(arrivals), 5)
        self.assertGreater(arrivals[-1] - arrivals[0], 1.0)
        self.assertLess(self.recorded()[0]["ttft_ms"], 900)

    def test_keep_alive_and_http10(self) -> None:
        for _ in range(3):
            self.expect(self.call(), 200)
        self.assertEqual(len(self.recorded(3)), 3)
        with socket.create_connection(("127.0.0.1", self.server.port)) as raw:
            raw.sendall(b"GET /proxy/openai/v1/models HTTP/1.0\r\n\r\n")
            self.reply = lambda _: Reply(pieces=(b"{}",))
            seen = b""
            while piece := raw.recv(4096):
                seen += piece
        self.assertTrue(seen.startswith(b"HTTP/1.1 200"), seen)


class Ids(ProxyCase):
    def test_an_id_that_was_told_is_taken_once(self) -> None:
        """The answer's head tells the id before there is a record."""
        self.reply = lambda _: chat_stream(["At ", "sea."], usage=False, pause=0.5)
        with self.begun(QUESTION | {"stream": True}) as raw:
            head = b""
            while b"\r\n\r\n" not in head:
                head += raw.recv(65536)
            told = re.search(rb"x-gleaner-interaction-id: (\S+)", head)[1].decode()
            self.expect(self.client.post("/v1/interactions", {"id": told, "output": "Mine"}), 201)
            while not head.endswith(b"0\r\n\r\n"):
                head += raw.recv(65536)
        wait_for(lambda: self.counted("dropped") == 1, 10, "the record was not taken")
        self.reply = lambda _: chat("At the harbour.")
        other = self.expect(self.call(), 200).headers["x-gleaner-interaction-id"]
        records = [(found["id"], found["output"]["content"]) for found in self.recorded(2)]
        self.assertEqual(sorted(records), sorted([(told, "Mine"), (other, "At the harbour.")]))

    def counted(self, outcome: str) -> int:
        metrics = self.client.get("/metrics").body.decode()
        found = re.search(rf'gleaner_proxy_records_total\{{[^}}]*"{outcome}"\}} (\d+)', metrics)
        return int(found[1]) if found else 0


class Usage(ProxyCase):
    def test_is_asked_for_and_kept_from_the_client(self) -> None:
        def reply(asked: Asked) -> Reply:
            return chat_stream(["At ", "sea."], usage=bool(asked.json().get("stream_options")))

        self.reply = reply
        answer = self.expect(self.call(QUESTION | {"stream": True}), 200)
        self.assertEqual(answer.body, b"".join(chat_stream(["At ", "sea."], usage=False).pieces))
        self.assertEqual(self.provider.asked[0].json()["stream_options"], {"include_usage": True})
        with_usage = QUESTION | {"stream": True, "stream_options": {"include_usage": True}}
        answer = self.expect(self.call(with_usage), 200)
        self.assertEqual(answer.body, b"".join(chat_stream(["At ", "sea."], usage=True).pieces))
        for found in self.recorded(2):
            self.assertEqual(found["usage"]["total_tokens"], 11)
            self.assertEqual(found["output"]["content"], "At sea.")


class Embeddings(ProxyCase):
    env = {"GLEANER_PROXY_RECORD_EMBEDDINGS": "true"}

    def test_they_are_recorded_without_vectors(self) -> None:
        vectors = {
            "object": "list",
            "model": "text-embedding-3-small",
            "data": [{"object": "embedding", "index": 0, "embedding": [0.125, -0.25]}],
            "usage": {"prompt_tokens": 3, "total_tokens": 3},
        }
        self.reply = lambda _: Reply(pieces=(json.dumps(vectors).encode(),), with_length=True)
        asked = {"model": "text-embedding-3-small", "input": "The red line"}
        answer = self.expect(self.call(asked, "openai/v1/embeddings"), 200)
        self.assertEqual(answer.json(), vectors)
        found = self.recorded()[0]
        self.assertEqual((found["kind"], found["usage"]["total_tokens"]), ("embedding", 3))
        self.assertIn("The red line", json.dumps(found["messages"]))
        self.assertNotIn("0.125", json.dumps(found))


class Keys(ProxyCase):
    env = {"GLEANER_PROXY_KEYLESS": "never"}

    def test_a_key_is_needed(self) -> None:
        self.expect_problem(self.call(), 401, "unauthenticated")
        self.expect_problem(self.call(x_gleaner_key="glk_wrong"), 401, "unauthenticated")
        reader = create_key(self.data_dir, "read")["key"]
        time.sleep(1.1)  # until the server knows it
        self.expect_problem(self.call(x_gleaner_key=reader), 403, "permission_denied")
        self.assertEqual(self.provider.asked, [])
        self.expect(self.call(x_gleaner_key=self.key), 200)
        self.assertEqual(len(self.recorded()), 1)


class Feedback(ProxyCase):
    def test_a_token_is_for_one_interaction(self) -> None:
        first, second = self.expect(self.call(), 200), self.expect(self.call(), 200)
        self.recorded(2)
        one, other = (answer.headers["x-gleaner-interaction-id"] for answer in (first, second))
        token = first.headers["x-gleaner-feedback-token"]
        browser = self.connect(self.server, token)
        said = {"interaction_id": one, "kind": "thumbs_up"}
        self.expect(browser.post("/v1/signals", said), 201)
        # The token names it.
        self.expect(browser.post("/v1/signals", [{"kind": "rating", "value": 5}, {"kind": "bookmark"}]), 200)
        self.expect(browser.post("/api/feedback/submit", {"feedback_type": "edit"}), 200, 201)
        self.expect_problem(browser.post("/v1/signals", said | {"interaction_id": other}), 403, "permission_denied")
        self.expect_problem(browser.post("/v1/signals", said | {"user_id": "somebody"}), 403, "permission_denied")
        for method, path in (("GET", "/v1/interactions"), ("DELETE", f"/v1/interactions/{one}"), ("GET", "/metrics"),
                             ("POST", "/v1/interactions"), ("GET", f"/v1/interactions/{one}")):  # fmt: skip
            self.expect_problem(browser.request(method, path), 403, "permission_denied")
        for broken in (token[:-2] + "aa", token + "a", "glf_e30.e30", "glf_", token.replace("glf_", "glf_a")):
            stranger = self.connect(self.server, broken)
            self.expect_problem(stranger.post("/v1/signals", said), 401, "unauthenticated")
        signals = self.client.get(f"/v1/interactions/{one}").json()["signals"]
        self.assertEqual([signal["kind"] for signal in signals], ["thumbs_up", "rating", "bookmark", "edit"])


class Sessions(ProxyCase):
    def test_turns_are_one_session(self) -> None:
        messages = list(QUESTION["messages"])
        for text in ("And the blue one?", "And then?"):
            answer = self.expect(self.call(QUESTION | {"messages": messages}), 200).json()
            self.recorded(len(self.provider.asked))
            messages = [*messages, answer["choices"][0]["message"], {"role": "user", "content": text}]
        self.expect(self.call(QUESTION | {"messages": messages}), 200)
        self.expect(self.call(QUESTION | {"messages": [{"role": "user", "content": "Something else"}]}), 200)
        sessions = [found["session_id"] for found in self.recorded(4)]
        self.assertEqual(len(set(sessions[:3])), 1)
        self.assertNotEqual(sessions[3], sessions[0])


class Anthropic(ProxyCase):
    def test_a_message(self) -> None:
        self.reply = lambda _: message_stream(["At ", "the ", "harbour."])
        body = {"model": "claude-sonnet-4-5", "max_tokens": 100, "stream": True, "system": "Trams.",
                "messages": QUESTION["messages"]}  # fmt: skip
        answer = self.expect(self.call(body, "anthropic/v1/messages", x_api_key="sk-ant"), 200)
        self.assertEqual(answer.body, b"".join(message_stream(["At ", "the ", "harbour."]).pieces))
        found = self.recorded()[0]
        self.assertEqual([m["role"] for m in found["messages"]], ["system", "user"])
        self.assertEqual((found["output"]["content"], found["metadata"]["finish_reason"]), ("At the harbour.", "stop"))
        self.assertEqual(found["usage"]["total_tokens"], 12)


class Upstreams(ProxyCase):
    """Providers that break rules, or off."""

    def raw(self, talk: Callable[[socket.socket], None]) -> None:
        """From now on, connections are answered by `talk`, which is called when a request has come."""

        def serve() -> None:
            while True:
                try:
                    connection, _ = self.listener.accept()
                except OSError:
                    return
                threading.Thread(target=attend, args=(connection,), daemon=True).start()

        def attend(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                while connection.recv(1 << 16):
                    self.requests += 1
                    talk(connection)

        threading.Thread(target=serve, daemon=True).start()

    def serve(self, **options: Any) -> Server:
        self.requests = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.listener.close)
        port = self.listener.getsockname()[1]
        return super().serve(env={"GLEANER_UPSTREAMS": f"openai=http://127.0.0.1:{port}"})

    def test_a_path_that_ends_early(self) -> None:
        for path in ("", "?x=/v1/models", "?"):
            self.expect_problem(self.caller.get(f"/proxy/openai{path}"), 404, "not_found")
        self.assertTrue(self.server.alive())

    def test_what_comes_before_the_answer(self) -> None:
        early = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
        self.raw(lambda c: c.sendall(early + b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
        self.assertEqual(self.expect(self.call(), 200).body, b"ok")

    def test_a_post_is_sent_once(self) -> None:
        self.raw(lambda c: c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") if self.requests == 1 else c.close())
        self.expect(self.call(), 200)
        self.expect_problem(self.call(), 502, "upstream_unreachable")
        self.assertEqual(self.requests, 2)

    def test_a_reset_is_no_end(self) -> None:
        def talk(connection: socket.socket) -> None:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{")
            time.sleep(0.2)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()

        self.raw(talk)
        with self.assertRaises((OSError, HTTPException)):
            self.call()
        self.assertEqual(self.recorded()[0]["error"]["type"], "upstream_disconnected")

    def test_a_silent_one_does_not_hold_up_the_end(self) -> None:
        self.raw(lambda _: None)
        with socket.create_connection(("127.0.0.1", self.server.port)) as raw:
            raw.sendall(b"GET /proxy/openai/v1/models HTTP/1.1\r\nHost: x\r\n\r\n")
            wait_for(lambda: self.requests == 1, 10, "the upstream has the request")
            self.assertEqual(self.server.stop(timeout=25), 0)


class Retries(ProxyCase):
    def test_the_answer_has_the_id(self) -> None:
        self.reply = lambda _: Reply(status=429, pieces=(b'{"error": {"message": "wait"}}',), with_length=True)
        self.expect(self.call(x_gleaner_interaction_id="mine"), 429)
        self.reply = lambda _: chat("At the harbour.")
        answer = self.expect(self.call(x_gleaner_interaction_id="mine", x_stainless_retry_count="1"), 200)
        self.assertEqual(answer.headers["x-gleaner-interaction-id"], "mine")
        found = {record["id"] == "mine": record for record in self.recorded(2)}
        self.assertEqual((found[True]["success"], found[False]["success"]), (True, False))


class Tls(ProxyCase):
    """A provider behind TLS, whose certificate must be one that the system trusts, for the name that was asked."""

    trusted = True

    def serve(self, **options: Any) -> Server:
        certificate, key = self.scratch / "certificate.pem", self.scratch / "key.pem"
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                   "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                   "-keyout", str(key), "-out", str(certificate)]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        secured = Provider(lambda asked: self.reply(asked), context)
        self.addCleanup(secured.close)
        port = secured.url.rpartition(":")[2]
        env = {"GLEANER_UPSTREAMS": f"openai=https://localhost:{port}, other=https://127.0.0.1:{port}",
               "SSL_CERT_FILE": str(certificate) if self.trusted else "/dev/null"}  # fmt: skip
        return super().serve(env=env)

    def test_a_call(self) -> None:
        for _ in range(3):
            self.expect(self.call(), 200)
        self.reply = lambda _: chat_stream(["a"] * 500, usage=False)
        self.assertIn(b"[DONE]", self.expect(self.call(QUESTION | {"stream": True}), 200).body)
        self.assertEqual(len(self.recorded(4)), 4)

    def test_another_name_is_refused(self) -> None:
        problem = self.expect_problem(self.call(path="other/v1/chat/completions"), 502, "upstream_unreachable")
        self.assertIn("no TLS", problem["detail"])


class TlsUntrusted(Tls):
    trusted = False

    def test_a_call(self) -> None:
        problem = self.expect_problem(self.call(), 502, "upstream_unreachable")
        self.assertIn("certificate verify failed", problem["detail"])


class Policy(ProxyCase):
    env = {"GLEANER_PROXY_POLICY": "fail_open", "ENABLE_DATA_COLLECTION": "false"}

    def test_calls_pass_while_nothing_is_collected(self) -> None:
        answer = self.expect(self.call(), 200)
        self.assertNotIn("x-gleaner-interaction-id", answer.headers)
        self.assertEqual(self.client.list_ids(), [])


class FullDisk(ProxyCase):
    """Nothing can be stored for a while."""

    def serve(self, **options: Any) -> Server:
        return super().serve(ignore_signals=True, **options)

    def limit_files(self, size: int) -> None:
        resource.prlimit(self.server.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def counted(self, outcome: str) -> int:
        metrics = self.client.get("/metrics").body.decode()
        return int(metrics.partition(f'gleaner_proxy_records_total{{outcome="{outcome}"}} ')[2].split()[0])


@about_sqlite
class FailOpen(FullDisk):
    def test_calls_pass_all_the_same(self) -> None:
        self.expect(self.call(), 200)
        self.recorded()
        self.limit_files(0)
        for _ in range(5):
            answer = self.expect(self.call(), 200)
            self.assertEqual(answer.body, self.reply(self.provider.asked[0]).pieces[0])
        wait_for(lambda: self.counted("dropped") == 5, 20, "what could not be recorded is counted")
        self.limit_files(resource.RLIM_INFINITY)
        self.expect(self.call(), 200)
        self.recorded(2)


@about_sqlite
class FailClosed(FullDisk):
    env = {"GLEANER_PROXY_POLICY": "fail_closed"}

    def test_calls_are_refused_until_there_is_room(self) -> None:
        self.expect(self.call(), 200)
        self.recorded()
        self.limit_files(0)
        self.call()  # whether there is room shows when one is stored
        wait_for(lambda: self.counted("dropped") == 1, 20, "a record is dropped")
        made = len(self.provider.asked)
        problem = self.expect_problem(self.call(), 503, "unavailable")
        self.assertIn("the call was not made", problem["detail"])
        self.assertEqual(len(self.provider.asked), made)
        self.limit_files(resource.RLIM_INFINITY)
        wait_for(lambda: self.call().status == 200, 20, "calls are made again")
        self.recorded(2)


if __name__ == "__main__":
    unittest.main()
