"""People who sign in with a token instead of an API key: what they see, write and delete, and which tokens count."""

from __future__ import annotations

import json
import time
import unittest
from typing import Any, Protocol

from .client import Answer, Client, Json, Record
from .harness import Case, Server, create_key, gleaner, wait_for
from .records import small
from .test_security import ROUTES, call
from .tokens import ISSUER, SECRET, Claims, KeyPair, KeyServer, SharedSecret, b64, claims_of, encode

ANN = "5f6c1a52-9b1d-4e0c-8f7e-2a1f0c7d9e11"
BEN = "0b8f5a0e-3c62-4b0b-9d0e-7f1b6a3c4d22"
FOR_PEOPLE = {
    ("GET", "/v1/interactions"),
    ("GET", "/v1/interactions/{id}"),
    ("DELETE", "/v1/interactions/{id}"),
    ("POST", "/v1/signals"),
    ("POST", "/api/feedback/submit"),
    ("POST", "/api/feed/engage"),
    ("DELETE", "/api/feedback/data/{interaction_id}"),
    ("GET", "/v1/users/{id}/data"),
    ("DELETE", "/v1/users/{id}"),
}


class Signer(Protocol):
    def token(self, claims: Claims, **header: Any) -> str: ...


class PeopleCase(Case):
    """A server that takes HS256, ES256 and RS256 tokens, with two interactions of Ann's and two of Ben's."""

    server_env: dict[str, str] = {}

    def setUp(self) -> None:
        super().setUp()
        self.shared = SharedSecret()
        self.ec = KeyPair(self.scratch, "ES256", "ec-a")
        self.rsa = KeyPair(self.scratch, "RS256", "rsa-a")
        self.key_server = KeyServer([self.ec.public, self.rsa.public])
        self.addCleanup(self.key_server.close)
        key = create_key(self.data_dir)["key"]
        self.server = self.serve(env={**self.token_env(), **self.server_env})
        self.admin = self.connect(self.server, key)
        records = [small(number, id=f"{name}-{number}", user_id=user) for name, user in (("ann", ANN), ("ben", BEN))
                   for number in range(2)]
        self.expect(self.admin.post_ndjson("/v1/interactions", records), 200)

    def token_env(self) -> dict[str, str]:
        return {
            "GLEANER_JWT_SECRET": SECRET,
            "GLEANER_JWT_JWKS_URL": self.key_server.url,
            "GLEANER_JWT_ISSUER": ISSUER,
        }

    def signers(self) -> list[tuple[str, Signer]]:
        return [("HS256", self.shared), ("ES256", self.ec), ("RS256", self.rsa)]

    def client_of(self, claims: Claims, signer: Signer | None = None) -> Client:
        return self.connect(self.server, (signer or self.shared).token(claims))

    def ask(self, token: str) -> Answer:
        return self.connect(self.server, token).get("/v1/interactions")

    def refused(self, token: str, said: str = "") -> None:
        """401, with a reason, and nothing of the token in the answer or the log."""
        problem = self.expect_problem(self.ask(token), 401, "unauthenticated")
        self.assertIn(said, problem["detail"])
        for part in token.split("."):
            if len(part) > 8:
                self.assertNotIn(part, json.dumps(problem))
                self.assertNotIn(part, self.server.log())


class OwnData(PeopleCase):
    """People reach what is theirs and nothing else, whatever signed their token."""

    def test_they_see_their_own(self) -> None:
        """List and look-up give a person's own interactions; another's is as if it were not there."""
        for name, signer in self.signers():
            with self.subTest(name):
                ann = self.client_of(claims_of(ANN), signer)
                self.assertEqual(sorted(ann.list_ids()), ["ann-0", "ann-1"])
                self.assertEqual(sorted(ann.list_ids(limit=1)), ["ann-0", "ann-1"])
                self.assertEqual(sorted(ann.list_ids(user_id=ANN)), ["ann-0", "ann-1"])
                self.expect_problem(ann.get("/v1/interactions", user_id=BEN), 403, "permission_denied")
                self.expect(ann.lookup("ann-0"), 200)
                hidden = self.expect_problem(ann.lookup("ben-0"), 404, "not_found")
                missing = self.expect_problem(ann.lookup("ben-9"), 404, "not_found")
                self.assertEqual(hidden["detail"].replace("ben-0", "ben-9"), missing["detail"])
                stranger = self.client_of(claims_of("somebody-else"), signer)
                self.assertEqual(stranger.list_ids(), [])

    def test_they_delete_their_own(self) -> None:
        """Both routes delete one's own interaction; another's is 404 and stays."""
        for (name, signer), number in zip(self.signers()[:2], (0, 1), strict=True):
            with self.subTest(name):
                ann = self.client_of(claims_of(ANN), signer)
                route = ("/v1/interactions", "/api/feedback/data")[number]
                self.expect_problem(ann.delete(f"{route}/ben-{number}"), 404, "not_found")
                self.expect(self.admin.lookup(f"ben-{number}"), 200)
                self.expect(ann.delete(f"{route}/ann-{number}"), 200)
                self.expect(self.admin.lookup(f"ann-{number}"), 404)
                self.expect_problem(ann.delete(f"{route}/ann-{number}"), 404, "not_found")

    def test_they_speak_for_themselves(self) -> None:
        """A person's signals bear the person's name; one in another's name is refused and nothing is stored."""
        ann = self.client_of(claims_of(ANN))
        said: tuple[tuple[str, Record, str], ...] = (
            ("/v1/signals", {"interaction_id": "ann-0", "kind": "comment"}, "user_id"),
            ("/api/feedback/submit", {"interaction_id": "ann-0", "feedback_type": "report"}, "user_id"),
            ("/api/feed/engage", {"insight_id": "ann-0", "action": "like"}, "metadata"),
        )
        for path, body, field in said:
            other: Json = {"user_id": BEN} if field == "metadata" else BEN
            own: Json = {"user_id": ANN} if field == "metadata" else ANN
            self.expect_problem(ann.post(path, {**body, field: other}), 403, "permission_denied")
            self.expect(ann.post(path, {**body, field: own}), 200, 201)
            self.expect(ann.post(path, body), 200, 201)
        batch = [{"interaction_id": "ann-0", "kind": "like"}, {"interaction_id": "ann-0", "kind": "x", "user_id": BEN}]
        self.expect_problem(ann.post("/v1/signals", batch), 403, "permission_denied")
        stored = self.admin.lookup("ann-0").json()
        self.assertEqual(len(stored["signals"]), 6, stored["signals"])
        self.assertEqual({signal["user_id"] for signal in stored["signals"]}, {stored["interaction"]["user_id"]})

    def test_they_see_of_signals_their_own(self) -> None:
        """What others said of one's interaction is counted in its verdict and not shown."""
        ann, ben = self.client_of(claims_of(ANN)), self.client_of(claims_of(BEN), self.ec)
        for client, text in ((ann, "mine"), (ben, "not hers")):
            signal = {"interaction_id": "ann-0", "kind": "comment", "text": text}
            self.expect(client.post("/v1/signals", signal), 201)
        seen = self.expect(ann.lookup("ann-0"), 200).json()
        self.assertEqual([signal["text"] for signal in seen["signals"]], ["mine"])
        self.assertEqual(seen["verdict"]["comments"], 2)
        self.assertEqual(len(self.admin.lookup("ann-0").json()["signals"]), 2)

    def test_everything_else_is_not_for_them(self) -> None:
        """Routes that are not for people answer 403, those that are do not."""
        ann = self.client_of(claims_of(ANN))
        for route in ROUTES:
            with self.subTest(f"{route.method} {route.path}"):
                answer = call(ann, route._replace(target=route.target.replace("/users/not-there", f"/users/{ANN}")))
                if (route.method, route.path) in FOR_PEOPLE:
                    self.assertIn(answer.status, (200, 201, 404), answer)
                else:
                    self.expect_problem(answer, 403, "permission_denied")
        paths = self.expect(ann.get("/openapi.json"), 200).json()["paths"]
        described = {(method.upper(), path) for path, item in paths.items() for method, operation in item.items()
                     if method != "parameters" and operation.get("x-people")}
        self.assertEqual(described, FOR_PEOPLE)

    def test_a_rotated_secret_takes_nothing_away(self) -> None:
        """A person's interactions stay theirs when the project's secret changes."""
        self.ok(gleaner("project", "rotate", "--data-dir", self.data_dir))
        time.sleep(2.5)
        self.expect(self.admin.post("/v1/interactions", small(2, id="ann-2", user_id=ANN)), 201)
        self.expect(self.admin.post("/v1/interactions", small(2, id="ben-2", user_id=BEN)), 201)
        pseudonyms = {self.admin.lookup(name).json()["interaction"]["user_id"] for name in ("ann-0", "ann-2")}
        self.assertEqual(len(pseudonyms), 2)
        ann = self.client_of(claims_of(ANN))
        self.assertEqual(sorted(ann.list_ids()), ["ann-0", "ann-1", "ann-2"])
        for name in ("ann-0", "ann-2"):
            self.expect(ann.lookup(name), 200)
        for name in ("ben-0", "ben-2"):
            self.expect(ann.lookup(name), 404)


class Roles(PeopleCase):
    """Who is admin, and of which project."""

    def test_admins(self) -> None:
        """app_metadata.gleaner_role admin, and the role service_role, may do what an admin key may."""
        admins = (
            ("HS256", self.shared, claims_of(ANN, app_metadata={"gleaner_role": "admin"})),
            ("ES256", self.ec, claims_of(ANN, app_metadata={"gleaner_role": "admin"})),
            ("service", self.shared, claims_of(None, role="service_role")),
        )
        for name, signer, claims in admins:
            with self.subTest(name):
                client = self.client_of(claims, signer)
                self.assertEqual(len(client.list_ids()), 4)
                self.expect(client.get("/v1/keys"), 200)
                self.expect(client.get("/metrics"), 200)
                self.expect(client.post("/v1/interactions", small(7, id=f"by-{name}", user_id=BEN)), 201)
                self.expect(client.delete(f"/v1/interactions/by-{name}"), 200)

    def test_user_metadata_counts_for_nothing(self) -> None:
        """What people can write into their own token's user_metadata makes nobody admin and moves nobody."""
        create_key(self.data_dir, project="shop")
        boast = {"gleaner_role": "admin", "gleaner_project": "shop", "role": "service_role"}
        ann = self.client_of(claims_of(ANN, user_metadata=boast, gleaner_role="admin", gleaner_project="shop"))
        self.assertEqual(sorted(ann.list_ids()), ["ann-0", "ann-1"])
        self.expect(ann.get("/v1/keys"), 403)
        self.expect(ann.lookup("ben-0"), 404)

    def test_projects(self) -> None:
        """A token is for the project its issuer says; one that does not exist is refused and not made."""
        key = create_key(self.data_dir, project="shop")["key"]
        shop = self.connect(self.server, key)
        wait_for(lambda: shop.get("/v1/interactions").status == 200, 5, "the key of the new project counts")
        self.expect(shop.post("/v1/interactions", small(1, id="ann-shop", user_id=ANN)), 201)
        of_shop = {"gleaner_project": "shop"}
        ann = self.client_of(claims_of(ANN, app_metadata=of_shop))
        self.assertEqual(ann.list_ids(), ["ann-shop"])
        self.expect(ann.lookup("ann-0"), 404)
        owner = self.client_of(claims_of(BEN, app_metadata={**of_shop, "gleaner_role": "admin"}))
        self.assertEqual(owner.list_ids(), ["ann-shop"])
        for role in ("admin", "member"):
            lost = self.client_of(claims_of(ANN, app_metadata={"gleaner_project": "nowhere", "gleaner_role": role}))
            self.assertIn("nowhere", self.expect_problem(lost.get("/v1/interactions"), 403, "permission_denied")["detail"])
        listed = self.ok(gleaner("project", "list", "--data-dir", self.data_dir, "--json"))
        self.assertNotIn("nowhere", listed.out)

    def test_nobody(self) -> None:
        """A token without a subject, or of the role anon, is nobody's."""
        for claims in (claims_of(None), claims_of(""), claims_of(None, role="anon"), claims_of(ANN, role="anon")):
            self.refused(self.shared.token(claims))


class Tokens(PeopleCase):
    """Which tokens count."""

    def test_refusals(self) -> None:
        """Tokens that are forged, expired, early, for others, or too large are 401 with the reason."""
        now = int(time.time())
        good = self.ec.token(claims_of(ANN))
        self.expect(self.ask(good), 200)
        unsigned = encode({"alg": "none", "typ": "JWT"}, claims_of(ANN)).decode()
        self.refused(f"{unsigned}.", "no signature")
        self.refused(f"{unsigned}.{good.split('.')[2]}", "not signed with")
        # The public key as the secret of HS256.
        self.refused(SharedSecret(self.rsa.public_pem()).token(claims_of(ANN), kid="rsa-a"), "signature is wrong")
        self.refused(SharedSecret("another secret").token(claims_of(ANN)), "signature is wrong")
        self.refused(self.ec.token(claims_of(ANN), kid="rsa-a"), "not that of its key")
        self.refused(self.shared.token(claims_of(ANN), crit=["b64"], b64=True), "critical")
        header, _, signature = good.split(".")
        self.refused(f"{header}.{b64(json.dumps(claims_of(BEN)).encode())}.{signature}", "signature is wrong")
        self.refused(good[:-10])
        for signer in (self.shared, self.ec, self.rsa):
            self.refused(signer.token(claims_of(ANN, exp=now - 60)), "expired")
            self.refused(signer.token(claims_of(ANN, exp=None)), "exp")
            self.refused(signer.token(claims_of(ANN, nbf=now + 600)), "nbf")
            self.refused(signer.token(claims_of(ANN, iss="https://evil.example")), "iss")
            self.refused(signer.token(claims_of(ANN, aud="other")), "aud")
            self.refused(signer.token(claims_of(ANN, aud=None)), "aud")
            self.expect(self.ask(signer.token(claims_of(ANN, aud=["other", "authenticated"]))), 200)
            self.expect(self.ask(signer.token(claims_of(ANN, exp=now - 10))), 200)
        self.refused(self.shared.token(claims_of(ANN, filler="x" * 8192)), "8192")
        self.expect(self.ask(self.shared.token(claims_of(ANN, filler="x" * 4096))), 200)
        self.assertEqual(sorted(self.admin.list_ids()), ["ann-0", "ann-1", "ben-0", "ben-1"])

    def test_keys_rotate(self) -> None:
        """A key that is new in the key set counts in a moment; one that was taken out of it no longer does."""
        asked = self.key_server.asked
        new = KeyPair(self.scratch, "ES256", "new")
        self.key_server.keys = [self.rsa.public, new.public]
        token = new.token(claims_of(ANN))
        self.refused(token, "try again in a moment")
        wait_for(lambda: self.ask(token).status == 200, 10, "the new key counts")
        self.refused(self.ec.token(claims_of(ANN)), "try again in a moment")
        self.expect(self.ask(self.rsa.token(claims_of(ANN))), 200)
        for _ in range(20):
            self.refused(self.ec.token(claims_of(ANN)))
        self.assertLessEqual(self.key_server.asked, asked + 2, "unknown keys are looked for, but not at every request")

    def test_the_key_server_goes_away(self) -> None:
        """Keys that are known stay while the key server answers nothing or nonsense."""
        self.key_server.broken = True
        self.refused(KeyPair(self.scratch, "ES256", "unknown").token(claims_of(ANN)), "try again in a moment")
        time.sleep(0.5)
        self.expect(self.ask(self.ec.token(claims_of(ANN))), 200)
        self.expect(self.ask(self.rsa.token(claims_of(ANN))), 200)
        self.expect(self.ask(self.shared.token(claims_of(ANN))), 200)


class Settings(Case):
    """What is set decides what is taken."""

    def serve_with(self, **env: str) -> tuple[Server, Client]:
        key = create_key(self.data_dir)["key"]
        server = self.serve(env={f"GLEANER_{name.upper()}": value for name, value in env.items()})
        return server, self.connect(server, key)

    def status_of(self, server: Server, token: str) -> int:
        return self.connect(server, token).get("/v1/interactions").status

    def test_off_unless_set(self) -> None:
        """Without a secret and a key set no token counts; keys do."""
        server, admin = self.serve_with()
        answer = self.connect(server, SharedSecret().token(claims_of(ANN))).get("/v1/interactions")
        self.assertIn("jwt_secret", self.expect_problem(answer, 401, "unauthenticated")["detail"])
        self.expect(admin.get("/v1/interactions"), 200)

    def test_only_a_secret(self) -> None:
        """With the secret alone, also by Supabase's name for it, only HS256 counts."""
        key = create_key(self.data_dir)["key"]
        server = self.serve(env={"SUPABASE_JWT_SECRET": SECRET})
        self.assertEqual(self.status_of(server, SharedSecret().token(claims_of(ANN))), 200)
        self.assertEqual(self.status_of(server, KeyPair(self.scratch, "ES256", "a").token(claims_of(ANN))), 401)
        self.assertEqual(self.status_of(server, key), 200)
        self.assertNotIn(SECRET, server.log())

    def test_only_public_keys(self) -> None:
        """With the key set alone HS256 does not count, not even with an empty secret."""
        pair = KeyPair(self.scratch, "RS256", "a")
        key_server = KeyServer([pair.public])
        self.addCleanup(key_server.close)
        server, _ = self.serve_with(jwt_jwks_url=key_server.url)
        self.assertEqual(self.status_of(server, pair.token(claims_of(ANN, iss="anybody"))), 200)
        for secret in (SECRET, "", pair.public_pem()):
            self.assertEqual(self.status_of(server, SharedSecret(secret).token(claims_of(ANN))), 401)

    def test_the_key_server_comes_later(self) -> None:
        """The server starts without the key server, says so, and takes tokens once it is there."""
        pair = KeyPair(self.scratch, "ES256", "a")
        key_server = KeyServer([pair.public])
        self.addCleanup(key_server.close)
        key_server.broken = True
        server, admin = self.serve_with(jwt_jwks_url=key_server.url)
        self.expect(admin.get("/v1/interactions"), 200)
        self.assertEqual(self.status_of(server, pair.token(claims_of(ANN))), 503)
        self.assertIn("jwt_jwks_url", server.log())
        key_server.broken = False
        wait_for(lambda: self.status_of(server, pair.token(claims_of(ANN))) == 200, 20, "the keys are fetched")
        self.assertEqual(server.stop(), 0)

    def test_a_wrong_url(self) -> None:
        """A key set that is not on a web server stops the start with a message that names the setting."""
        refused = gleaner("serve", "--port", "0", "--data-dir", self.data_dir,
                          env={"GLEANER_JWT_JWKS_URL": "file:///etc/passwd"})
        self.assertNotEqual(refused.code, 0)
        self.assertIn("jwt_jwks_url", refused.err)


if __name__ == "__main__":
    unittest.main()
