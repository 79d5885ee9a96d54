"""Made-up personal data and secrets of every kind, to plant in records and to look for afterwards."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import string
from dataclasses import dataclass
from typing import NamedTuple

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


class Plant(NamedTuple):
    """A value in a sentence, what the sentence must become, and what of the value must not be anywhere."""

    kind: str
    sentence: str
    redacted: str
    needle: str


def luhn(digits: str) -> str:
    """The digits with their check digit."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return digits + str(-total % 10)


def card(number: int) -> str:
    digits = luhn(f"453914{number:09}")
    return " ".join(digits[at : at + 4] for at in range(0, 16, 4))


def iban(number: int) -> str:
    account = f"NWBK6016{number:010}"
    as_digits = "".join(str(int(sign, 36)) for sign in account + "GB00")
    whole = f"GB{98 - int(as_digits) % 97:02}{account}"
    return " ".join(whole[at : at + 4] for at in range(0, len(whole), 4))


def nhs_number(number: int) -> str:
    while True:
        digits = f"943{number:06}"
        check = 11 - sum(int(digit) * (10 - place) for place, digit in enumerate(digits)) % 11
        if check != 10:
            return f"{digits[:3]} {digits[3:6]} {digits[6:]}{check % 11}"
        number += 500_000


def wallet(chance: random.Random) -> str:
    """A pay-to-public-key-hash address of nobody's."""
    data = b"\0" + chance.randbytes(20)
    data += hashlib.sha256(hashlib.sha256(data).digest()).digest()[:4]
    value, text = int.from_bytes(data, "big"), ""
    while value:
        value, digit = divmod(value, 58)
        text = BASE58[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def _words(chance: random.Random, size: int) -> str:
    return "".join(chance.choices(string.ascii_letters + string.digits, k=size))


def _part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def jwt(number: int, chance: random.Random) -> str:
    head = json.dumps({"alg": "HS256", "typ": "JWT"}).encode()
    claims = json.dumps({"sub": f"planted-{number}", "iat": 1700000000 + number}).encode()
    return f"{_part(head)}.{_part(claims)}.{_part(chance.randbytes(32))}"


@dataclass(frozen=True)
class Plants:
    """All kinds, with values that no other number has (0 to 199)."""

    number: int

    def all(self) -> list[Plant]:
        n, chance = self.number, random.Random(f"plants {self.number}")

        def plant(kind: str, label: str, sentence: str, value: str, needle: str = "") -> Plant:
            return Plant(kind, sentence.format(value), sentence.format(f"[{label}]"), needle or value)

        mail = f"ann{n}.osei@mailbox{n}.org"
        secret = f"Tr{_words(chance, 9)}7&q"
        word = f"pw{_words(chance, 10)}9"
        body = [base64.b64encode(chance.randbytes(48)).decode() for _ in range(6)]
        key = "\n".join(["-----BEGIN PRIVATE KEY-----", *body, "-----END PRIVATE KEY-----"])
        token = jwt(n, chance)
        return [
            plant("email", "EMAIL", "Write to {} today.", mail),
            plant("phone", "PHONE", "Call {} in the morning.", f"+44 7700 900{n:03}"),
            plant("passport", "PASSPORT", "Her passport number is {} still.", f"K{8129300 + n}"),
            plant("card", "CARD", "It was paid with card {} at once.", card(n)),
            plant("iban", "IBAN", "The IBAN is {} as ever.", iban(n)),
            plant("bank_account", "BANK_ACCOUNT", "Her bank account number is {} there.", f"84{n:03}30917"),
            plant("national_id", "NATIONAL_ID", "Her SSN is {} as well.", f"{401 + n}-44-{9382 - n}"),
            plant("tax_id", "TAX_ID", "The EIN is {} here.", f"94-{2841000 + n}"),
            plant(
                "driver_license",
                "DRIVER_LICENSE",
                "Her driver's license number is {} too.",
                f"D{6129300 + n}",
            ),
            plant("health_id", "HEALTH_ID", "The NHS number is {} there.", nhs_number(n)),
            plant("vehicle_plate", "VEHICLE_PLATE", "The license plate is {} now.", f"34 ABK {3200 + n}"),
            plant("ip", "IP", "It came from {} twice.", f"203.0.113.{n + 20}"),
            plant("ip", "IP", "Then it came from {} again.", f"2001:db8:7::{n + 0x1A00:x}"),
            plant("mac", "MAC", "The MAC address is {} there.", f"00:1B:44:11:3A:{n:02X}"),
            plant("crypto", "CRYPTO", "Send it to {} please.", wallet(chance)),
            plant(
                "url_credentials",
                "CREDENTIALS",
                "See postgres://{}@db.internal/main for it.",
                f"app:{word}",
                word,
            ),
            plant("api_key", "API_KEY", "It runs with {} for now.", f"ghp_{_words(chance, 36)}"),
            plant("jwt", "JWT", "The header had {} in it.", token, token.split(".")[2]),
            plant("password", "PASSWORD", "The password is {} still.", secret),
            plant("private_key", "PRIVATE_KEY", "The key:\n{}\nkeep it.", key, body[3]),
        ]

    def text(self) -> str:
        return " ".join(plant.sentence for plant in self.all())

    def redacted(self) -> str:
        return " ".join(plant.redacted for plant in self.all())

    def one(self, kind: str) -> Plant:
        return next(plant for plant in self.all() if plant.kind == kind)

    def needles(self) -> list[tuple[str, str]]:
        """What to look for: (kind, text)."""
        return [(plant.kind, plant.needle) for plant in self.all()]

    @property
    def mail(self) -> str:
        return self.one("email").needle

    @property
    def phone(self) -> str:
        return self.one("phone").needle
