"""Redaction cases and how a finder of personal data is scored on them.

Two corpora, in their own forms or as tests/data/redaction_cases.jsonl holds them:

  05b             rows of Presidio's unit tests: a text of one recogniser, and where it must or must not match
  05b-validation  rows of the same tests that ask only whether a number is valid; it goes under its name
  05c             sentences with the strings in them that are personal data; their places are searched here

What counts, for a finder that is given whole texts with everything switched on:

  found   an expected place that overlaps a finding of its kind
  missed  an expected place that does not
  hidden  an expected place that overlaps a finding of any kind: the value does not stay in the clear
  false   a finding of the case's own kind where nothing of that kind is expected; in a text that is said to
          hold nothing personal, any finding
  cross   a finding of a kind the case is not about

National and tax numbers count for one another, for many states use one number as both. In a sentence of 05c,
whose labels leave out a good part of what is there, a finding beside all labels is neither right nor wrong: it is
counted as unlabelled. A finding on a label that is masked ("XXX-XX-2409") or of no certain kind ("ACCOUNT") is
not counted at all.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

Json = Any

# The kind of each entity of 05b, by Presidio's names. An entity that is not here has no kind: dates, URLs,
# postcodes, and what takes a language model.
ENTITY_KINDS = {
    name: kind
    for kind, names in {
        "email": "EMAIL_ADDRESS",
        "phone": "PHONE_NUMBER PH_MOBILE_NUMBER TR_PHONE_NUMBER ZA_MOBILE_NUMBER ZA_TELEPHONE_NUMBER",
        "card": "CREDIT_CARD",
        "iban": "IBAN_CODE",
        "bank_account": "US_BANK_NUMBER ABA_ROUTING_NUMBER",
        "national_id": "US_SSN UK_NINO CA_SIN DE_ID_CARD DE_SOCIAL_SECURITY ES_NIE ES_NIF FI_PERSONAL_IDENTITY_CODE"
        " IN_AADHAAR IN_VOTER IT_IDENTITY_CARD KR_FRN KR_RRN NG_NIN PH_UMID PL_PESEL SE_PERSONNUMMER SG_NRIC_FIN"
        " TH_TNIN TR_NATIONAL_ID ZA_ID_NUMBER ZA_TRAFFIC_REGISTER_NUMBER",
        "tax_id": "US_ITIN US_PROVIDER_TAX_ID AU_ABN AU_ACN AU_TFN DE_HANDELSREGISTER DE_TAX_ID DE_TAX_NUMBER DE_VAT_ID"
        " IN_GSTIN IN_PAN IT_FISCAL_CODE IT_VAT_CODE KR_BRN PH_TIN SE_ORGANISATIONSNUMMER SG_UEN"
        " ZA_COMPANY_REGISTRATION ZA_INCOME_TAX_NUMBER ZA_VAT_NUMBER",
        "passport": "US_PASSPORT UK_PASSPORT DE_PASSPORT ES_PASSPORT IN_PASSPORT IT_PASSPORT KR_PASSPORT PH_PASSPORT"
        " ZA_PASSPORT",
        "driver_license": "US_DRIVER_LICENSE UK_DRIVING_LICENCE DE_FUEHRERSCHEIN IT_DRIVER_LICENSE KR_DRIVER_LICENSE"
        " ZA_DRIVER_LICENSE",
        "health_id": "US_MBI US_NPI US_HEALTH_INSURANCE_MEMBER_ID UK_NHS AU_MEDICARE DE_BSNR DE_HEALTH_INSURANCE"
        " DE_LANR MEDICAL_LICENSE",
        "vehicle_plate": "UK_VEHICLE_REGISTRATION DE_KFZ IN_VEHICLE_REGISTRATION NG_VEHICLE_REGISTRATION"
        " TR_LICENSE_PLATE ZA_LICENSE_PLATE",
        "ip": "IP_ADDRESS",
        "mac": "MAC_ADDRESS",
        "crypto": "CRYPTO",
    }.items()
    for name in names.split()
}

# The same for the labels of 05c. A label that is not here may be of several kinds or none.
LABEL_KINDS = {
    name: kind
    for kind, names in {
        "email": "EMAIL",
        "phone": "PHONE",
        "card": "CREDIT_CARD",
        "iban": "IBAN",
        "bank_account": "BANK_ACCOUNT BANK_ACCOUNT_NUM ACCOUNT_NUMBER ROUTING_NUMBER",
        "national_id": "SSN AADHAR VOTER_ID",
        "tax_id": "TAX_ID TAXID PAN",
        "passport": "PASSPORT PASSPORT_NUM",
        "driver_license": "DRIVER_LICENSE DRIVERS_LICENSE DRIVER_LICENSE_NUM LICENSE",
        "health_id": "PATIENT_ID PID MEDICAL_RECORD INSURANCE_ID",
        "password": "PASSWORD",
    }.items()
    for name in names.split()
}

# The kinds that both Gleaner and Presidio's patterns know.
SHARED_KINDS = tuple(dict.fromkeys(ENTITY_KINDS.values()))
# Labels of 05c that are certainly none of the kinds: a number found there is wrong.
NO_KIND_LABELS = frozenset({"PERSON", "ORG", "ORGANIZATION", "TITLE", "SYSTEM", "EVENT", "BANK"})
ONE_FAMILY = frozenset({"national_id", "tax_id"})
MASKED = re.compile(r"X{2,}|\*{4,}|\.{3}")
WORD_IN_STARS = re.compile(r"\*[A-Za-z_]+\*|[*'\"]")
ANY_KIND = "*"


class Finding(NamedTuple):
    """What was found, and where, in characters."""

    kind: str
    begin: int
    end: int
    detail: str = ""


class Span(NamedTuple):
    begin: int
    end: int
    kind: str


@dataclass(frozen=True)
class Case:
    """One text. In `free` places a finding is neither demanded nor wrong, in `foreign` ones it is wrong; `strict` says
    that all that is there is listed."""

    source: str
    entity: str
    text: str
    expected: tuple[Span, ...]
    free: tuple[tuple[int, int], ...] = ()
    foreign: tuple[tuple[int, int], ...] = ()
    key: str = ""
    kinds: frozenset[str] = frozenset()
    strict: bool = True


def same_kind(one: str, other: str) -> bool:
    return one == other or (one in ONE_FAMILY and other in ONE_FAMILY)


def overlaps(one: Sequence[Any], other: Sequence[Any]) -> bool:
    """Whether two (begin, end, ...) have a character in common."""
    return bool(one[0] < other[1] and other[0] < one[1])


# ------------------------------------------------------------------------------------------------- normal form


def _row(source: str, entity: str, text: str, spans: Json, **more: Json) -> Json:
    return {
        "source": source,
        "entity": entity,
        "text": text,
        "spans": spans,
        **{k: v for k, v in more.items() if v},
    }


def _presidio_spans(case: Json) -> Json:
    """Where it must match; the whole text when the row gives no place, None when it says nothing."""
    if case.get("expected_len") == 0:
        return []
    for name in ("expected_positions", "expected_res"):
        if case.get(name):
            return case[name]
    if "expected_position" in case:
        return [case["expected_position"]]
    if case.get("expected_len"):
        return [[0, len(case.get("text", case.get("iban", "")))]]
    return None


def rows_05b(path: Path) -> Iterator[Json]:
    """The rows of 05b that are about one of the kinds, each once."""
    seen = set()
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            # The strict mode of one recogniser contradicts its default mode on the same texts.
            if "strict_mode" in row["test"]:
                continue
            for made in _normal_05b(row):
                once = json.dumps(made, sort_keys=True)
                if made["entity"] in ENTITY_KINDS and once not in seen:
                    seen.add(once)
                    yield made


def _normal_05b(row: Json) -> Iterator[Json]:
    case = row["case"]
    entity = (row["entities"] or case.get("entities") or [""])[0]
    text = case.get("text", case.get("iban"))
    if text is not None:
        spans = _presidio_spans(case)
        if spans is not None and text:
            # More lenient settings than the usual one decide about what else these texts hold.
            loose = [[0, len(text)]] if case.get("leniency", 1) > 1 else []
            yield _row("05b", entity, text, spans, free=loose)
        return
    name = next((name for name in ("number", "gstin", "pan", "pesel", "id_number") if name in case), None)
    if name and case[name] and case["expected"] is not None:
        entity = "IN_PAN" if name == "pan" else entity
        key = entity.lower() if name == "number" else name
        spans = [[0, len(case[name])]] if case["expected"] else []
        yield _row("05b-validation", entity, case[name], spans, key=key)


def _places(text: str, value: str) -> list[list[int]]:
    """Where a value of 05c stands: as it is, else without the stars and words some values are wrapped in."""
    for wanted in (value, WORD_IN_STARS.sub("", value).strip()):
        if wanted and (at := text.find(wanted)) >= 0:
            return [[at, at + len(wanted)]]
    return []


def rows_05c(path: Path) -> Iterator[Json]:
    for row in json.loads(path.read_text(encoding="utf-8")):
        spans = [
            [*place, label["label"]]
            for label in row["NER"]
            for place in _places(row["text"], label.get("entity", ""))
        ]
        yield _row("05c", "", row["text"], spans, clean=not row["has_pii"])


def rows_of_corpora(folder: Path) -> list[Json]:
    """Both corpora in the normal form."""
    return [
        *rows_05b(folder / "05b-presidio-recognizer-cases" / "cases.jsonl.gz"),
        *rows_05c(folder / "05c-pii-synthetic-nano" / "pii_syn_nano_en.json"),
    ]


def rows_of_file(path: Path) -> list[Json]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


# ------------------------------------------------------------------------------------------------------- cases


def _whole(kind: str, value: str) -> bool:
    """Whether a labelled value is there in full: not masked, not the last digits, not the name of a thing."""
    if MASKED.search(value):
        return False
    return kind in ("email", "password") or sum(map(str.isdigit, value)) > 3


def case_of(row: Json) -> Case:
    """A row of the normal form, with its kinds."""
    free = tuple((begin, end) for begin, end in row.get("free", ()))
    if row["source"] != "05c":
        kind = ENTITY_KINDS[row["entity"]]
        expected = tuple(Span(begin, end, kind) for begin, end in row["spans"])
        kinds = frozenset({kind})
        return Case(row["source"], row["entity"], row["text"], expected, free, (), row.get("key", ""), kinds)
    expected_here, free_here, foreign = [], [], []
    for begin, end, label in row["spans"]:
        value, labelled = row["text"][begin:end], LABEL_KINDS.get(label)
        if labelled and _whole(labelled, value):
            expected_here.append(Span(begin, end, labelled))
        elif label in NO_KIND_LABELS and "@" not in value:
            foreign.append((begin, end))
        else:
            free_here.append((begin, end))
    clean = row.get("clean", False)
    kinds = frozenset({ANY_KIND}) if clean else frozenset(span.kind for span in expected_here)
    return Case(
        "05c",
        "",
        row["text"],
        tuple(expected_here),
        tuple(free_here),
        tuple(foreign),
        "",
        kinds,
        strict=clean,
    )


def cases_of(rows: Iterable[Json], source: str) -> list[Case]:
    return [case_of(row) for row in rows if row["source"] == source]


# ----------------------------------------------------------------------------------------------------- scoring


@dataclass
class Count:
    """What happened to one kind."""

    found: int = 0
    missed: int = 0
    hidden: int = 0
    false: int = 0
    cross: int = 0
    unlabelled: int = 0

    @property
    def expected(self) -> int:
        return self.found + self.missed

    def precision(self, crossing: bool = False) -> float:
        """The share of findings that are right; 1 when there are none."""
        wrong = self.false + (self.cross if crossing else 0)
        return self.found / (self.found + wrong) if self.found + wrong else 1.0

    @property
    def recall(self) -> float:
        return self.found / self.expected if self.expected else 1.0

    def f1(self, crossing: bool = False) -> float:
        wrong = self.false + (self.cross if crossing else 0)
        total = 2 * self.found + wrong + self.missed
        return 2 * self.found / total if total else 1.0

    def add(self, other: Count) -> None:
        for name in ("found", "missed", "hidden", "false", "cross", "unlabelled"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass
class Score:
    """Counts by kind, and every finding that was not right and every miss, as (what, kind, text, place)."""

    kinds: dict[str, Count] = field(default_factory=dict)
    mistakes: list[tuple[str, str, str, str]] = field(default_factory=list)

    def of(self, kind: str) -> Count:
        return self.kinds.setdefault(kind, Count())

    def total(self, kinds: Iterable[str] | None = None) -> Count:
        """All kinds together, or those given."""
        sum_of = Count()
        for kind in self.kinds if kinds is None else kinds:
            sum_of.add(self.kinds.get(kind, Count()))
        return sum_of


def judge(case: Case, finding: Finding) -> str:
    """What a finding is in this case: `found`, `false`, `cross`, `free` or `unlabelled`."""
    here = finding[1:3]
    labelled = [span for span in case.expected if overlaps(span, here)]
    if any(same_kind(finding.kind, span.kind) for span in labelled):
        return "found"
    if any(overlaps(place, here) for place in case.free):
        return "free"
    own = ANY_KIND in case.kinds or any(same_kind(finding.kind, kind) for kind in case.kinds)
    if case.strict:
        return "false" if own else "cross"
    if labelled or any(overlaps(place, here) for place in case.foreign):
        return "cross"
    return "unlabelled"


def score(
    cases: Iterable[Case],
    findings: Iterable[Sequence[Finding]],
    cross: Iterable[Sequence[Finding]] | None = None,
) -> Score:
    """Scores the findings of each case. `cross`, when given, are the findings that count as cross-talk: a finder
    that names one place in several ways at once is charged for the one it would write."""
    cases, all_findings = list(cases), [list(each) for each in findings]
    crossing = all_findings if cross is None else [list(each) for each in cross]
    result = Score()
    for case, found, crossed in zip(cases, all_findings, crossing, strict=True):
        for span in case.expected:
            count = result.of(span.kind)
            here = [finding for finding in found if overlaps(finding[1:3], span)]
            count.hidden += bool(here)
            if any(same_kind(finding.kind, span.kind) for finding in here):
                count.found += 1
            else:
                count.missed += 1
                result.mistakes.append(("missed", span.kind, case.text, case.text[span.begin : span.end]))
        for what, among in (("false", found), ("unlabelled", crossed), ("cross", crossed)):
            for finding in among:
                if judge(case, finding) != what:
                    continue
                # A number found under its sister kind is charged to the kind the case is about.
                own = [kind for kind in case.kinds if what == "false" and same_kind(finding.kind, kind)]
                kind = own[0] if own else finding.kind
                count = result.of(kind)
                setattr(count, what, getattr(count, what) + 1)
                place = case.text[finding.begin : finding.end]
                result.mistakes.append((what, f"{finding.kind} {finding.detail}".strip(), case.text, place))
    return result


def table(score_of: Score, kinds: Iterable[str]) -> list[str]:
    """The counts as lines of text."""
    lines = [
        f"{'kind':<15} {'expected':>8} {'found':>6} {'hidden':>6} {'false':>6} {'cross':>6} {'unlab.':>6}"
        f" {'prec.':>6} {'recall':>6} {'F1':>6}"
    ]
    kinds = list(kinds)
    for kind in [*kinds, "all"]:
        count = score_of.total(kinds) if kind == "all" else score_of.of(kind)
        lines.append(
            f"{kind:<15} {count.expected:>8} {count.found:>6} {count.hidden:>6} {count.false:>6} {count.cross:>6}"
            f" {count.unlabelled:>6} {count.precision():>6.3f} {count.recall:>6.3f} {count.f1():>6.3f}"
        )
    return lines


# ----------------------------------------------------------------------------------------------- Gleaner's side


def input_line(case: Case) -> str:
    """A case as a line for `gleaner redact`: the text, or JSON when it has a key or line ends."""
    if case.key or len(case.text.splitlines()) > 1:
        return json.dumps({case.key or "text": case.text}, ensure_ascii=False)
    return case.text


def findings_of(case: Case, answer: Json) -> list[Finding]:
    """Gleaner's findings, their bytes turned into characters. Of JSON it says only how many: they stand for the
    whole text."""
    whole = [
        Finding(kind, 0, len(case.text)) for kind, n in answer.get("counts", {}).items() for _ in range(n)
    ]
    data, placed = case.text.encode(), []
    for found in answer.get("findings", ()):
        begin, end = (len(data[: found[side]].decode(errors="replace")) for side in ("begin", "end"))
        placed.append(Finding(found["kind"], begin, end, found["detail"]))
    return whole + placed
