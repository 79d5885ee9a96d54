"""Who may do what: keys, scopes, projects, and what is never shown or stored."""

from __future__ import annotations

import base64
import time
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from .client import Answer, Client, Json
from .harness import Case, create_key, gleaner, wait_for
from .places import places_of
from .records import interaction, letters, small

PUBLIC = {("GET", path) for path in ("/healthz", "/readyz", "/openapi.json", "/api/public/health")}
SCOPES = ("ingest", "read", "admin")


class Route(NamedTuple):
    """One row of docs/api.md, with a target and a body that are right but for the rights."""

    method: str
    path: str
    scope: str
    target: str = ""
    body: Json = None


ROUTES = (
    Route("POST", "/v1/interactions", "ingest", body=small(50)),
    Route("GET", "/v1/interactions", "read"),
    Route("GET", "/v1/interactions/{id}", "read", "/v1/interactions/there"),
    Route("DELETE", "/v1/interactions/{id}", "admin", "/v1/interactions/not-there"),
    Route("POST", "/v1/signals", "ingest", body={"interaction_id": "there", "kind": "like"}),
    Route("POST", "/v1/traces", "ingest", body={}),
    Route("POST", "/v1/logs", "ingest", body={}),
    Route("POST", "/api/public/otel/v1/traces", "ingest", body={}),
    Route("POST", "/api/public/ingestion", "ingest", body={"batch": []}),
    Route("POST", "/api/public/scores", "ingest", body={"traceId": "t", "name": "n", "value": 1}),
    Route("GET", "/api/public/projects", "ingest"),
    Route(
        "POST", "/feedback", "ingest",
        body={"metric_name": "n", "value": 1, "inference_id": "0192f0c1-7e64-7000-8000-2f6a52c1a111"},
    ),
    Route(
        "POST", "/api/feedback/submit", "ingest", body={"interaction_id": "there", "feedback_type": "edit"}
    ),
    Route("GET", "/api/feedback/stats", "read"),
    Route("GET", "/api/feedback/readiness/{platform}", "read", "/api/feedback/readiness/zapier"),
    Route("GET", "/api/feedback/export/{platform}", "admin", "/api/feedback/export/zapier"),
    Route("POST", "/api/feedback/export", "admin", body={}),
    Route("POST", "/api/feedback/archive", "admin", body={"dry_run": True}),
    Route("DELETE", "/api/feedback/data/{interaction_id}", "admin", "/api/feedback/data/not-there"),
    Route("POST", "/api/feed/engage", "ingest", body={"insight_id": "there", "action": "like"}),
    Route("GET", "/v1/users/{id}/data", "admin", "/v1/users/not-there/data"),
    Route("DELETE", "/v1/users/{id}", "admin", "/v1/users/not-there"),
    Route("GET", "/v1/erasures", "admin"),
    Route("GET", "/v1/datasets", "admin"),
    Route("POST", "/v1/datasets", "admin", body={"name": "all", "near_duplicates": 0}),
    Route("GET", "/v1/datasets/{version}", "admin", "/v1/datasets/all"),
    Route("GET", "/v1/datasets/{version}/files/{file}", "admin", "/v1/datasets/all/files/manifest.json"),
    Route("GET", "/v1/datasets/{version}/files/{format}/{file}", "admin", "/v1/datasets/all/files/openai/train.jsonl"),
    Route("POST", "/v1/datasets/{version}/rebuild", "admin", "/v1/datasets/all/rebuild"),
    Route("DELETE", "/v1/datasets/{version}", "admin", "/v1/datasets/all@2"),
    Route("GET", "/v1/keys", "admin"),
    Route("POST", "/v1/keys", "admin", body={"name": "web", "scopes": ["ingest"]}),
    Route("DELETE", "/v1/keys/{id}", "admin", "/v1/keys/not-there"),
    Route("GET", "/v1/rejects", "admin"),
    Route("GET", "/metrics", "read"),
    Route("DELETE", "/v1/projects/{name}/data", "admin", "/v1/projects/default/data?confirm=default"),
)


def call(client: Client, route: Route, headers: dict[str, str] | None = None) -> Answer:
    return client.request(route.method, route.target or route.path, route.body, headers)


class Keys(Case):
    """A server with one key for each scope."""

    def setUp(self) -> None:
        super().setUp()
        self.keys = {scope: create_key(self.data_dir, scope, name=f"only-{scope}") for scope in SCOPES}
        self.server = self.serve()
        self.nobody = self.connect(self.server, None)
        self.admin = self.client_of("admin")
        self.expect(self.client_of("ingest").post("/v1/interactions", small(1, id="there")), 201)

    def client_of(self, scope: str) -> Client:
        return self.connect(self.server, self.keys[scope]["key"])

    def test_every_route_needs_a_key(self) -> None:
        """Each route of /openapi.json but the four public ones answers 401 without a key or with an unknown
        one."""
        paths = self.expect(self.nobody.get("/openapi.json"), 200).json()["paths"]
        methods = {"get", "put", "post", "delete", "patch", "head", "options"}
        routes = {(name.upper(), path) for path, item in paths.items() for name in item if name in methods}
        self.assertEqual(routes, PUBLIC | {(route.method, route.path) for route in ROUTES})
        almost = self.keys["admin"]["key"][:-1]
        attempts: list[dict[str, str]] = [
            {},
            {"Authorization": "Bearer nonsense"},
            {"Authorization": "Bearer " + almost},
            {"Authorization": "Bearer "},
            {"Authorization": "Basic " + self.keys["admin"]["key"]},
            {"Authorization": "Basic " + base64.b64encode(f"{self.keys['admin']['key']}:".encode()).decode()},
            {"X-API-Key": almost},
            {"X-API-Key": ""},
        ]
        for route in ROUTES:
            for headers in attempts:
                with self.subTest(f"{route.method} {route.path}", headers=headers):
                    self.expect_problem(call(self.nobody, route, headers), 401, "unauthenticated")
        for method, path in PUBLIC:
            self.expect(self.nobody.request(method, path), 200)
        self.assertEqual(self.admin.stats()["overview"]["total_records"], 1)

    def test_a_path_that_does_not_exist(self) -> None:
        """Unknown paths are 401 or 404 without a key, and 404 with one."""
        for path in ("/", "/v1", "/v1/interactions/a/b", "/api/feedback", "/nowhere", "//"):
            self.expect(self.nobody.get(path), 401, 404)
            self.expect_problem(self.admin.get(path), 404, "not_found")

    def test_scopes(self) -> None:
        """A key may do what its scope allows and nothing else; admin may do everything."""
        for scope in SCOPES:
            client = self.client_of(scope)
            for route in ROUTES:
                with self.subTest(f"{route.method} {route.path}", key=scope):
                    answer = call(client, route)
                    if scope in (route.scope, "admin"):
                        self.assertIn(answer.status, (200, 201, 207, 404), answer)
                    else:
                        self.expect_problem(answer, 403, "permission_denied")

    def test_both_headers(self) -> None:
        """Authorization: Bearer, Basic and X-API-Key carry a key; header names and the scheme ignore case."""
        key = self.keys["read"]["key"]
        for headers in (
            {"Authorization": f"Bearer {key}"},
            {"X-API-Key": key},
            {"x-api-key": key},
            {"authorization": f"bearer {key}"},
            {"Authorization": "Basic " + base64.b64encode(f"anybody:{key}".encode()).decode()},
        ):
            answer = self.nobody.request("GET", "/api/feedback/stats", headers=headers)
            self.assertEqual(answer.status, 200, headers)

    def test_a_key_made_over_http(self) -> None:
        """POST /v1/keys shows the key this once; GET lists it without; it works, for its scopes."""
        wish = {"name": "web", "scopes": ["ingest", "read"]}
        made = self.expect(self.admin.post("/v1/keys", wish), 201).json()
        self.assertEqual((made["name"], sorted(made["scopes"])), ("web", ["ingest", "read"]))
        listed = self.expect(self.admin.get("/v1/keys"), 200)
        for key in (made["key"], *(entry["key"] for entry in self.keys.values())):
            self.assertNotIn(key, listed.body.decode())
        self.assertIn(made["id"], listed.body.decode())
        client = self.connect(self.server, made["key"])
        self.expect(client.post("/v1/interactions", small(2)), 201)
        self.expect(client.get("/v1/interactions"), 200)
        self.expect(client.get("/v1/keys"), 403)
        for wrong in (
            {"name": "x", "scopes": ["root"]},
            {"name": "x", "scopes": "read"},
            {"scopes": ["read"]},
        ):
            self.expect(self.admin.post("/v1/keys", wrong), 400, 422)

    def test_revoked_over_http(self) -> None:
        """A key revoked over HTTP is refused within two seconds, on open connections too."""
        self._refused_after(lambda key_id: self.expect(self.admin.delete(f"/v1/keys/{key_id}"), 200))

    def test_revoked_on_the_command_line(self) -> None:
        """A key revoked by `gleaner keys revoke` is refused within two seconds by the running server."""
        self._refused_after(
            lambda key_id: self.ok(gleaner("keys", "revoke", key_id, "--data-dir", self.data_dir))
        )

    def _refused_after(self, revoke: Callable[[str], object]) -> None:
        client = self.client_of("read")
        self.expect(client.get("/v1/interactions"), 200)
        revoke(self.keys["read"]["id"])
        wait_for(lambda: client.get("/v1/interactions").status == 401, 2, "the revoked key is refused")
        for _ in range(20):
            self.expect_problem(client.get("/v1/interactions"), 401, "unauthenticated")
            time.sleep(0.05)
        self.expect(self.admin.get("/v1/interactions"), 200)
        self.server.stop()
        self.server.start()
        self.expect(client.get("/v1/interactions"), 401)

    def test_keys_on_the_command_line(self) -> None:
        """keys list shows the keys without the keys themselves."""
        listed = self.ok(gleaner("keys", "list", "--data-dir", self.data_dir, "--json"))
        listed.json()
        for entry in self.keys.values():
            self.assertIn(entry["id"], listed.out)
            self.assertNotIn(entry["key"], listed.out)

    def test_keys_are_stored_nowhere(self) -> None:
        """No file of the data directory and no log line holds a key; the hash is enough."""
        made = self.expect(self.admin.post("/v1/keys", {"name": "web", "scopes": ["read"]}), 201).json()
        keys = [made["key"], *(entry["key"] for entry in self.keys.values())]
        for key in keys:
            client = self.connect(self.server, key)
            client.get("/v1/interactions")
            client.request("POST", "/v1/interactions", b"{not json")
        self.assertEqual(self.server.stop(), 0)
        for key in keys:
            self.assertEqual(places_of(key, self.data_dir, self.scratch), [])
            self.assertNotIn(key, self.server.log())

    def test_problems(self) -> None:
        """Every kind of error is RFC 9457 problem+json with the code docs/api.md names."""
        conflict = small(1, id="there", platform="other")
        encoded = {"Content-Encoding": "br"}
        self.expect_problem(self.admin.request("POST", "/v1/interactions", b"{"), 400, "invalid_argument")
        self.expect_problem(self.nobody.get("/v1/interactions"), 401, "unauthenticated")
        self.expect_problem(self.client_of("read").post("/v1/signals", {}), 403, "permission_denied")
        self.expect_problem(self.admin.get("/v1/interactions/not-there"), 404, "not_found")
        self.expect_problem(self.admin.delete("/v1/signals"), 405, "invalid_argument")
        self.expect_problem(self.admin.post("/v1/interactions", conflict), 409, "conflict")
        self.expect_problem(self.admin.post("/v1/interactions", small(2), **encoded), 415, "invalid_argument")
        wrong = self.admin.post("/v1/interactions", {"messages": [{"role": "robot", "content": "hi"}]})
        self.assertIn("messages[0].role", self.expect_problem(wrong, 422, "invalid_argument")["detail"])


class Projects(Case):
    """A key belongs to one project; nothing crosses it."""

    def test_projects_do_not_see_each_other(self) -> None:
        """Another project's key lists, looks up, counts, exports, deletes and joins nothing of this
        project."""
        ours = create_key(self.data_dir)
        theirs = create_key(self.data_dir, project="other")
        self.assertEqual(theirs["project"], "other")
        self.assertNotEqual(ours["project"], "other")
        server = self.serve()
        us, them = self.connect(server, ours["key"]), self.connect(server, theirs["key"])
        items = [{"id": "their-item", "text": "an insight"}]
        records = [interaction(number, id=letters(number), user_id="same-user") for number in range(5)]
        self.assertEqual(us.post_ndjson("/v1/interactions", records).json()["stored"], 5)
        self.expect(us.post("/v1/interactions", small(7, id="with-item", items=items)), 201)
        self.expect(us.post("/v1/interactions", small(8, messages=["wrong"])), 422)

        self.assertEqual(them.list_ids(), [])
        self.expect_problem(them.lookup("a"), 404, "not_found")
        self.assertEqual(them.stats()["overview"]["total_records"], 0)
        self.assertEqual(them.stats()["by_platform"], {})
        self.assertEqual(them.export({}), [])
        self.assertEqual(them.export(), [])
        self.expect_problem(them.delete("/v1/interactions/a"), 404, "not_found")
        self.expect_problem(them.delete("/api/feedback/data/a"), 404, "not_found")
        self.assertNotIn("messages", self.expect(them.get("/v1/rejects"), 200).body.decode())
        self.assertNotIn(ours["id"], self.expect(them.get("/v1/keys"), 200).body.decode())
        self.expect(them.delete(f"/v1/keys/{ours['id']}"), 404)

        them.post("/v1/signals", {"interaction_id": "a", "kind": "thumbs_down"})
        them.post("/api/feedback/submit", {"interaction_id": "b", "feedback_type": "thumbs_down"})
        them.post("/api/feed/engage", {"insight_id": "their-item", "action": "x"})
        for name in ("a", "b", "with-item"):
            self.assertEqual(us.lookup(name).json()["signals"], [], name)

        # The same id is free in the other project, and the same user has another pseudonym there.
        self.expect(them.post("/v1/interactions", small(9, id="a", user_id="same-user")), 201)
        pseudonyms = [client.lookup("a").json()["interaction"]["user_id"] for client in (us, them)]
        self.assertNotEqual(*pseudonyms)
        self.assertEqual(len(us.list_ids()), 6)
        self.expect(them.delete("/v1/interactions/a"), 200)
        self.expect(us.lookup("a"), 200)


class Binding(Case):
    """Who can reach the server at all."""

    def test_loopback_is_the_default(self) -> None:
        """Without --host the server listens on loopback only."""
        server = self.serve(flags=())
        self.assertIn(server.host, ("127.0.0.1", "localhost", "[::1]"))
        listening = set()
        for table in ("tcp", "tcp6"):
            path = Path(f"/proc/{server.process.pid}/net/{table}")
            for line in path.read_text().splitlines()[1:] if path.exists() else ():
                _, local, _, state, *_ = line.split()
                address, port = local.split(":")
                if state == "0A" and int(port, 16) == server.port:
                    listening.add(address)
        loopback = {"0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"}
        self.assertTrue(listening)
        self.assertLessEqual(listening, loopback)


if __name__ == "__main__":
    unittest.main()
