"""Domain profiles on the command line. The three functions below are the rules of the collector that the roofing profile
comes from, written as it had them; a profile with its patterns and match = "anywhere" must give the same."""

from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .client import Record
from .harness import Case, gleaner

KEYWORDS = {
    "high": "tpo|epdm|pvc|mod bit|bur|membrane|flashing|base flash|counter flash|reglet|07 50|07 52|07 54|07 55|07 60|"
    "07 62|polyiso|insulation|r-value|tapered|roof drain|scupper|overflow|cricket|curb|penetration|pitch pan|boot|"
    "submittal|shop drawing|rfi|change order|carlisle|firestone|gaf|johns manville|sika",
    "medium": "roof|waterproof|spec|detail|parapet|coping|edge metal|fascia|gutter|adhesive|fastener|seam|weld|"
    "architect|contractor|subcontract",
}
TAGS = {
    "tpo": "tpo|thermoplastic polyolefin",
    "epdm": "epdm|rubber membrane|ethylene propylene",
    "pvc": "pvc membrane|polyvinyl chloride",
    "mod-bit": "modified bitumen|mod bit|sbs|app",
    "bur": "built-up|bur|tar and gravel",
    "membrane": "membrane|single-ply|sheet goods",
    "flashing": "flashing|flash|termination",
    "insulation": "insulation|polyiso|iso board|eps|xps",
    "drains": "drain|scupper|overflow|leader",
    "specs": "spec|specification|section 07",
    "estimating": "estimate|takeoff|quantity|bid|cost",
    "labor": "labor|man-hour|production rate|crew|productivity",
    "safety": "osha|safety|fall protection|harness|guardrail",
    "submittals": "submittal|product data|shop drawing|samples",
    "rfi": "rfi|request for information|clarification|conflict",
    "change-order": "change order|pco|t&m|extra work",
    "quality": "inspection|punch list|defect|warranty",
    "scheduling": "schedule|duration|sequence|phasing",
}
FILLER = (
    "the of a to is must check approved application steps burn special respect snapshot elaborate proof welcome "
    "Qualität déjà-vu çatı крыша 屋根 — … \n \t \u00a0 \u3000 TPO's (RFI) 07 50 mod bit roof-drain"
).split(" ")


def relevance_of(prompt: str, response: str) -> str:
    text = f"{prompt} {response}".lower()
    high, medium = (sum(word in text for word in KEYWORDS[level].split("|")) for level in ("high", "medium"))
    if high >= 3:
        return "high"
    return "medium" if high >= 1 or medium >= 3 else "low"


def score_of(prompt: str, response: str) -> float:
    score = 0.5
    score += 0.1 * (len(prompt.split()) >= 5)
    score += 0.1 * (len(response.split()) >= 20) + 0.1 * (len(response.split()) >= 50)
    score += {"high": 0.2, "medium": 0.1, "low": 0}[relevance_of(prompt, response)]
    return min(score, 1.0)


def tags_of(prompt: str, response: str) -> list[str]:
    text = f"{prompt} {response}".lower()
    return [tag for tag, words in TAGS.items() if any(word in text for word in words.split("|"))] or ["general"]


def profile_text() -> str:
    lines = ['name = "collector"', 'match = "anywhere"', 'fallback_tag = "general"', "[relevance]"]
    lines += [f"{level} = {json.dumps(words.split('|'))}" for level, words in KEYWORDS.items()]
    lines += ["[tags]", *(f"{tag} = {json.dumps(words.split('|'))}" for tag, words in TAGS.items())]
    return "\n".join(lines)


def make_text(rng: random.Random, domain: list[str], length: int) -> str:
    share = rng.choice([0.0, 0.05, 0.4])
    words = (rng.choice(domain if rng.random() < share else FILLER) for _ in range(length))
    return " ".join(rng.choice([str.lower, str.upper, str.title, str])(word) for word in words)


class Profiles(Case):
    """gleaner profile list, gleaner profile check."""

    def write(self, name: str, text: str) -> Path:
        path = self.scratch / name
        path.write_text(text, encoding="utf-8")
        return path

    def check(self, profile: Path | str, prompt: str, response: str) -> Record:
        """What a profile makes of an exchange."""
        return self.ok(
            gleaner("profile", "check", profile, "--try", prompt, "--response", response, "--json")
        ).json()

    def test_the_collectors_rules(self) -> None:
        """Tags, relevance and score are those of the three functions above, on texts that mix words of the domain
        with others, in any case and with any white space."""
        rng = random.Random(4)
        path = self.write("collector.toml", profile_text())
        domain = [word for words in (*KEYWORDS.values(), *TAGS.values()) for word in words.split("|")]
        texts = [(make_text(rng, domain, rng.randrange(9)), make_text(rng, domain, rng.randrange(70))) for _ in range(60)]
        texts += [("the mod", "bit"), ("one two three four five", ""), ("", "")]
        with ThreadPoolExecutor(4) as pool:
            results = pool.map(lambda pair: self.check(path, *pair), texts)
        seen = set()
        for pair, result in zip(texts, results, strict=True):
            with self.subTest(pair):
                self.assertEqual(result["tags"], tags_of(*pair))
                self.assertEqual(result["relevance"], relevance_of(*pair))
                self.assertEqual(result["auto_score"], round(score_of(*pair), 4))
                seen.add(result["relevance"])
        self.assertEqual(seen, {"high", "medium", "low"})

    def test_roofing(self) -> None:
        """The shipped profile finds what was meant, and says why."""
        result = self.check("roofing", "What's the seam overlap for TPO membranes?", "Burn no steps of the application.")
        self.assertEqual(result["tags"], ["tpo", "membrane"])
        self.assertEqual(result["relevance"], "medium")
        self.assertEqual(result["intent"], "specification")
        self.assertEqual([hit["patterns"] for hit in result["why"]["high"]], [["tpo"], ["membrane*"]])

    def test_list(self) -> None:
        """The profiles of the program are listed; a folder adds its own."""
        listed = self.ok(gleaner("profile", "list", "--json")).json()
        self.assertEqual([row["name"] for row in listed], ["default", "roofing"])
        folder = self.scratch / "profiles"
        folder.mkdir()
        (folder / "shop.toml").write_text('name = "shop"\ndescription = "a shop"\n')
        (folder / "bad.toml").write_text('name = "bad"\nnonsense = 1\n')
        listed = self.ok(gleaner("profile", "list", "--json", env={"GLEANER_PROFILE_DIR": str(folder)})).json()
        self.assertEqual([row["name"] for row in listed], ["bad", "default", "roofing", "shop"])
        self.assertIn("bad.toml:2: nonsense", listed[0]["error"])
        self.assertIsNone(listed[3]["error"])

    def test_what_is_wrong(self) -> None:
        """A wrong profile is exit code 1, with its file, line and key."""
        path = self.write("shop.toml", 'name = "shop"\n\n[tag]\norder = ["order*"]\n')
        done = self.ok(gleaner("profile", "check", path), 1)
        self.assertIn(f'{path}:3: tag: there is no such key; did you mean "tags"?', done.err)
        self.ok(gleaner("profile", "check", "not-there"), 1)
        self.ok(gleaner("profile", "check"), 2)
