"""Those who read training files, from PyPI: the loaders of `datasets`, pandas, pyarrow and DuckDB, and what trainers check
before they train: TRL's functions on datasets, Mistral's validator, the checker of Together's client. No torch."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

# With all they need, since trl alone would bring torch: nothing is resolved.
PACKAGES = tuple(
    """--no-deps aiohappyeyeballs==2.7.1 aiohttp==3.14.5 aiosignal==1.4.0 annotated-types==0.8.0 anyio==4.16.0 attrs==26.1.0
    certifi==2026.10.18 charset-normalizer==3.5.2 click==8.5.1 datasets==5.2.0 dill==0.4.1 duckdb==2.0.0
    eval_type_backport==0.2.2 filelock==3.32.7 frozenlist==1.8.0 fsspec==2026.9.0 h11==0.16.0 hf-xet==1.8.0
    httpcore2==2.16.2 httpx2==2.16.2 huggingface_hub==2.4.0 idna==3.20 Jinja2==3.1.6 jsonschema==4.26.0
    jsonschema-specifications==2025.9.1 markdown-it-py==4.3.0 MarkupSafe==3.0.4 mdurl==0.1.2 mistral_common==1.13.1
    multidict==7.2.1 multiprocess==0.70.19 numpy==2.3.5 packaging==26.3 pandas==3.1.1 pillow==11.3.0
    platformdirs==4.14.7 propcache==0.5.4 pyarrow==26.0.1 pycountry==26.2.16 pydantic==2.14.3
    pydantic-extra-types==2.11.1 pydantic_core==2.50.4 Pygments==2.21.0 python-dateutil==4.0.0 PyYAML==6.0.3
    referencing==0.37.0 regex==2026.11.15 requests==2.34.2 rich==14.3.4 rpds-py==2026.9.1 safetensors==0.8.0
    shellingham==1.5.4 tabulate==0.9.0 tiktoken==0.14.0 together==1.5.35 tokenizers==0.23.3 tqdm==4.70.1
    transformers==5.23.0 trl==1.16.0 truststore==0.10.5 typer==0.19.2 typing-inspection==0.4.5
    typing_extensions==4.16.0 tzdata==2026.6 urllib3==2.8.0 xxhash==4.1.0 yarl==1.25.1""".split()
)

Line = dict[str, Any]

# What chat templates do: a mark for each turn, its text, its calls, whose arguments they walk as objects.
TEMPLATE = (
    "{% for t in tools or [] %}<|tool|>{{ t.function.name }}{% endfor %}"
    "{% for m in messages %}<|{{ m.role }}|>{% if m.content %}{{ m.content }}{% endif %}"
    "{% for c in m.tool_calls or [] %}<call>{{ c.function.name }}"
    "{% for k, v in c.function.arguments.items() %} {{ k }}={{ v }}{% endfor %}</call>{% endfor %}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def loaded(folder: Path) -> Line:
    """Rows of every file as each loader counts them, and the columns that `datasets` sees."""
    import datasets
    import duckdb
    import pandas

    datasets.disable_progress_bars()
    found: Line = {}
    for file in sorted([*folder.glob("*.jsonl"), *folder.glob("*.parquet")]):
        if file.stat().st_size == 0:  # a split of nothing, which `datasets` takes for no file
            continue
        binary = file.suffix == ".parquet"
        rows = datasets.load_dataset(
            "parquet" if binary else "json",
            data_files=str(file),
            split="train",
            cache_dir=str(folder / "cache"),
        )
        table = f"read_parquet('{file}')" if binary else f"read_json('{file}', format='newline_delimited')"
        counts = [
            len(rows),
            len(pandas.read_parquet(file) if binary else pandas.read_json(file, lines=True)),
            duckdb.sql(f"select count(*) from {table}").fetchall()[0][0],
        ]
        found[file.stem] = {"counts": counts, "columns": sorted(rows.column_names)}
    return found


def read(folder: Path, name: str) -> list[Line]:
    return [json.loads(line) for line in (folder / f"{name}.jsonl").read_text().splitlines()]


def trl(folder: Path) -> Line:
    """What TRL makes of each type: whether it is a conversation, and its text by a template."""
    from datasets import load_dataset
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast
    from trl.data_utils import (
        apply_chat_template,
        is_conversational,
        maybe_extract_prompt,
        maybe_unpair_preference_dataset,
    )

    words = Tokenizer(models.WordLevel({"a": 0}, unk_token="a"))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words)
    tokenizer.chat_template = TEMPLATE
    found: Line = {}
    for name in ("trl", "trl-prompt-completion", "trl-preference", "trl-kto"):
        lines = read(folder, name)
        assert all(is_conversational(line) for line in lines), name
        found[name] = [apply_chat_template(line, tokenizer, tools=line.get("tools")) for line in lines]
    pairs = read(folder, "trl-preference")
    found["extracted"] = [maybe_extract_prompt(dict(pair)) == pair for pair in pairs]
    three = folder / "pairs.jsonl"  # without tools, which unpairing does not double
    keys = ("prompt", "chosen", "rejected")
    three.write_text("".join(json.dumps({key: pair[key] for key in keys}) + "\n" for pair in pairs))
    rows = load_dataset("json", data_files=str(three), split="train", cache_dir=str(folder / "cache"))
    unpaired = maybe_unpair_preference_dataset(rows)
    found["unpaired"] = sorted(unpaired["label"])
    return found


def mistral(folder: Path) -> list[str]:
    """What mistral-finetune does with a line before it trains on it: the validator of mistral-common."""
    from mistral_common.protocol.instruct.messages import (
        FinetuningAssistantMessage,
        SystemMessage,
        ToolMessage,
        UserMessage,
    )
    from mistral_common.protocol.instruct.tool_calls import Tool
    from mistral_common.protocol.instruct.validator import MistralRequestValidatorV3, ValidationMode

    kinds = {
        "system": SystemMessage,
        "user": UserMessage,
        "assistant": FinetuningAssistantMessage,
        "tool": ToolMessage,
    }
    validator = MistralRequestValidatorV3(ValidationMode.finetuning)
    problems = []
    for line in read(folder, "mistral"):
        try:
            messages = [kinds[message["role"]].model_validate(message) for message in line["messages"]]
            validator.validate_messages(messages)
            validator._validate_tools([Tool.model_validate(tool) for tool in line.get("tools", [])])
        except Exception as error:  # whatever it is, the line would not be trained on
            problems.append(f"{type(error).__name__}: {error}: {line}")
    return problems


def together(folder: Path) -> Line:
    """What the checker of Together's client says of its files."""
    from together.utils.files import check_file

    return {name: check_file(folder / f"{name}.jsonl") for name in ("together", "together-dpo")}


def llama_factory(folder: Path) -> list[str]:
    """LLaMA-Factory's converter takes a row or skips it by these rules (data/converter.py, SharegptDatasetConverter)."""
    sides = ({"user", "observation"}, {"assistant", "function_call"})
    problems = []
    for name, odd in (("llama-factory", 0), ("llama-factory-kto", 0), ("llama-factory-dpo", 1)):
        for line in read(folder, name):
            turns = line["messages"]
            fine = all(turn["role"] in sides[index % 2] for index, turn in enumerate(turns))
            fine = fine and len(turns) % 2 == odd and isinstance(line["system"] + line["tools"], str)
            if name.endswith("dpo"):
                fine = fine and all(line[side]["role"] in sides[1] for side in ("chosen", "rejected"))
            if not fine:
                problems.append(f"{name}: {line}")
    return problems


def everything(folder: Path) -> Line:
    found: Line = defaultdict(dict)
    for check in (loaded, trl, mistral, together, llama_factory):
        found[check.__name__] = check(folder)
    return found


if __name__ == "__main__":
    print(json.dumps(everything(Path(sys.argv[1])), default=str))
