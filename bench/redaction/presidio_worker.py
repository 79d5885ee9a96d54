"""Presidio's pattern recognisers behind pipes: one JSON request a line on stdin, one JSON answer a line on stdout.

  {"do": "about"}             -> versions, and the entities of each set
  {"do": "find", "set": S, "texts": [...], "contexts": [[...]], "threshold": T}
                              -> of each text [[entity, begin, end, score], ...]
  {"do": "time", "set": S, "texts": [...], "threshold": T}
                              -> seconds of CPU and of the clock, and how many findings

The argument lists the entities, with commas between. The sets: `all`, every predefined recogniser of a listed entity,
all of them for one language and so all on at once; `default`, what Presidio switches on by itself for English, without
the recogniser of its language model.
"""

import importlib.metadata
import inspect
import json
import sys
import time

import spacy
import tldextract
from presidio_analyzer import AnalyzerEngine, LocalRecognizer, RecognizerRegistry, predefined_recognizers
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine
from presidio_analyzer.recognizer_registry import RecognizerRegistryProvider

# Phone numbers are looked for in these regions: Presidio's own list and those of the cases.
PHONE_REGIONS = (*predefined_recognizers.PhoneRecognizer.DEFAULT_SUPPORTED_REGIONS, "TR", "PH", "JP", "ZA", "GR")
# What needs a model, a service or a list of words is not a pattern.
NOT_PATTERNS = ("nlp_engine_recognizers", ".ner.", "third_party")


class Words(NlpEngine):
    """spaCy's tokenizer alone. Each word stands for its own lemma, so that the words around a match still count."""

    engine_name = "words"
    is_available = True

    def __init__(self):
        self.nlp = None

    def load(self):
        self.nlp = {"en": spacy.blank("en")}

    def is_loaded(self):
        return self.nlp is not None

    def process_text(self, text, language):
        doc = self.nlp[language](text)
        return NlpArtifacts(
            entities=[],
            tokens=doc,
            tokens_indices=[token.idx for token in doc],
            lemmas=[token.text.lower() for token in doc],
            nlp_engine=self,
            language=language,
            scores=[],
        )

    def process_batch(self, texts, language, **_):
        for text in texts:
            yield text, self.process_text(text, language)

    def is_stopword(self, word, language):
        return self.nlp[language].vocab[word].is_stop

    def is_punct(self, word, language):
        return self.nlp[language].vocab[word].is_punct

    def get_supported_entities(self):
        return []

    def get_supported_languages(self):
        return ["en"]


def every_pattern(entities):
    """One recogniser of each predefined class whose entity is listed, all for English."""
    for name in sorted(set(predefined_recognizers.__all__)):
        made = getattr(predefined_recognizers, name)
        if not inspect.isclass(made) or not issubclass(made, LocalRecognizer):
            continue
        if any(part in made.__module__ for part in NOT_PATTERNS):
            continue
        options = {"supported_regions": PHONE_REGIONS} if name == "PhoneRecognizer" else {}
        recognizer = made(supported_language="en", **options)
        if set(recognizer.supported_entities) & entities:
            yield recognizer


def engine(registry):
    return AnalyzerEngine(registry=registry, nlp_engine=Words(), supported_languages=["en"])


def engines(entities):
    everything = RecognizerRegistry(recognizers=list(every_pattern(entities)), supported_languages=["en"])
    provider = RecognizerRegistryProvider(registry_configuration={"supported_languages": ["en"]})
    return {"all": engine(everything), "default": engine(provider.create_recognizer_registry())}


def find(analyzer, texts, contexts, threshold):
    for text, context in zip(texts, contexts, strict=True):
        yield analyzer.analyze(text, "en", score_threshold=threshold, context=context or None)


def answer(request, analyzers):
    if request["do"] == "about":
        names = ("presidio-analyzer", "spacy", "phonenumbers")
        return {
            "versions": {name: importlib.metadata.version(name) for name in names},
            "entities": {name: sorted(one.get_supported_entities("en")) for name, one in analyzers.items()},
        }
    analyzer, texts = analyzers[request["set"]], request["texts"]
    contexts = request.get("contexts") or [[]] * len(texts)
    cpu, clock = time.process_time(), time.perf_counter()
    results = list(find(analyzer, texts, contexts, request["threshold"]))
    if request["do"] == "time":
        cpu, clock = time.process_time() - cpu, time.perf_counter() - clock
        return {"cpu": cpu, "clock": clock, "findings": sum(map(len, results))}
    return [[[one.entity_type, one.start, one.end, one.score] for one in result] for result in results]


def main():
    # The list of top-level domains that comes with the package, without a try to download a newer one.
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    analyzers = engines(set(sys.argv[1].split(",")))
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line), analyzers)), flush=True)


if __name__ == "__main__":
    main()
