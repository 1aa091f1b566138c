"""The model card: ``README.md`` of a bundle, with the YAML header that model hubs read."""

from __future__ import annotations

from collections.abc import Iterator

from tabulate import tabulate

from tallygate.export.bundle.card_header import card_header
from tallygate.export.results import ExportOptions
from tallygate.runtime.bundle import INTEGER, LAYOUT, Manifest, Score, Variant
from tallygate.runtime.terminal import printable


def model_card(manifest: Manifest, options: ExportOptions) -> str:
    """The card, of facts that the manifest holds."""
    sections = [_title, _use, _text, _files, _training, _parity, _limits]
    return "\n\n".join([card_header(manifest, options), *(section(manifest) for section in sections)]) + "\n"


def _title(manifest: Manifest) -> str:
    labels = ", ".join(map(_code, manifest.labels))
    return f"""# {" ".join(manifest.name.split())}

An LSTM text classifier that answers with one of {len(manifest.labels)} labels: {labels}. It runs wherever ONNX runs."""


def _use(manifest: Manifest) -> str:
    binary = manifest.outputs == 1
    function = "sigmoid" if binary else "softmax"
    logits = f"one per text, above 0 for {_code(manifest.labels[1])}" if binary else "one per label, in the order above"
    return f"""## Use

With tallygate and tallygate-native or its extra `[cpu]` installed (without them everything runs on numpy alone):

```sh
tallygate predict "A text" --bundle PATH
tallygate verify PATH
```

```python
from tallygate.runtime import Classifier

print(Classifier.load("PATH").predict("A text"))
```

In any other ONNX runtime: inputs `ids` (int64 [batch, time], rows of `{LAYOUT.vocabulary}`, 0 behind a text's end) and
`lengths` (int64 [batch], at least 1), output `logits` (float32 [batch, {manifest.outputs}]: {logits}).
Before a {function} makes them probabilities, divide those of a text of n ids by entry n of `calibration.table` in
`{LAYOUT.manifest}`, counted from 1, or by the last one where there are fewer: {manifest.temperatures.law}.
{_sessions(manifest)}"""


def _sessions(manifest: Manifest) -> str:
    lines = [
        f"The variant `{name}` needs the onnxruntime session option `{key}={value}`."
        for name, variant in manifest.variants.items()
        for key, value in variant.session.items()
    ]
    return "\n".join(lines)


def _text(manifest: Manifest) -> str:
    contract = manifest.text
    marks = f"Each of {_code(contract.punctuation)} is a word." if contract.punctuation else "Punctuation separates."
    return f"""## Text

Line breaks (`<br>`) become spaces; lower case character by character; NFC; U+2019 becomes an apostrophe. A word is a
run of letters, marks and digits, with single apostrophes inside. {marks}
Of a longer text the {contract.keep} {contract.max_length:,} words are read.

`{LAYOUT.tokenizer}` is the same for the Hugging Face `tokenizers` library (`Tokenizer.from_file`), but for two things:

- A text without any word has no id there. Give the model one unknown word, id 1, for it; a length is never 0.
- That library's tables are those of Unicode 9 in parts, so characters newer than that can come out otherwise."""


def _files(manifest: Manifest) -> str:
    rows = [
        (f"`{variant.file}`", f"{_kind(name, variant)}; proved on {', '.join(variant.engines)}")
        for name, variant in manifest.variants.items()
    ]
    if manifest.streaming:
        rows.append((f"`{manifest.streaming.file}`", "the fp32 graph with states in and out, for texts in pieces"))
    rows += [
        (f"`{LAYOUT.manifest}`", "what this bundle is, with the hash of every other file"),
        (f"`{LAYOUT.vocabulary}`", f"words and their rows, of {manifest.vocabulary_rows:,} in all"),
        (f"`{LAYOUT.tokenizer}`", "the text rules for the Hugging Face `tokenizers` library"),
        (f"`{LAYOUT.goldens}`", "texts, their ids, and the logits of PyTorch in float32"),
    ]
    return "## Files\n\n" + tabulate(rows, ["file", "content"], tablefmt="github")


def _kind(name: str, variant: Variant) -> str:
    return "the LSTM in integers, a device image" if name == INTEGER else f"the {name} graph, opset {variant.opset}"


def _training(manifest: Manifest) -> str:
    facts = manifest.training
    counts = ", ".join(f"{count:,} {part}" for part, count in facts.parameters.items())
    origin = f"Corpus `{facts.data}`, preset `{facts.preset}`, seed {facts.seed}, epochs {facts.epochs}; trained with"
    text = f"## Training\n\n{origin} tallygate {facts.created_with}.\nParameters: {counts}."
    if not facts.scores:
        return text
    headers = ["split", "rows", "accuracy", "95% interval", "macro F1"]
    return f"{text}\n\n" + tabulate(map(_score_row, facts.scores), headers, tablefmt="github", disable_numparse=True)


def _score_row(score: Score) -> tuple[str, ...]:
    interval = f"{score.interval[0]:.2%} to {score.interval[1]:.2%}"
    split = f"{score.data} {score.split}"
    return (split, f"{score.rows:,}", f"{score.accuracy:.2%}", interval, f"{score.macro_f1:.4f}")


def _parity(manifest: Manifest) -> str:
    headers = [
        "variant", "engine", "compared on", "texts", "max logit difference", "before T(n)", "row, other batch",
        "label flips",
    ]  # fmt: skip
    rows = [row for name, variant in manifest.variants.items() for row in _parity_rows(name, variant)]
    table = tabulate(rows, headers, tablefmt="github", disable_numparse=True)
    return f"""## Parity with PyTorch in float32, from raw text

{table}

`tallygate verify PATH` measures this again on the machine where it runs."""


def _parity_rows(name: str, variant: Variant) -> Iterator[tuple[str, ...]]:
    for engine, parity in variant.parity.items():
        raw = parity.max_raw_difference or parity.max_logit_difference
        differences = (f"{parity.max_logit_difference:.1e}", f"{raw:.1e}", f"{parity.max_row_difference:.1e}")
        yield (name, engine, parity.data, f"{parity.rows:,}", *differences, str(parity.label_flips))


def _limits(manifest: Manifest) -> str:
    varying = [f"`{name}`" for name, variant in manifest.variants.items() if not variant.batch_invariant]
    batches = f"\n- In {', '.join(varying)} a text's answer can depend on the others in its batch." if varying else ""
    return f"""## Limits

- It knows texts like those of `{manifest.training.data}`; on others its scores mean little. It always gives a label.
- Words outside the vocabulary are all one unknown word to it.{batches}"""


def _code(text: str) -> str:
    """``text`` as code on one line, whatever marks it holds."""
    line = printable(" ".join(text.split()))
    return f"`` {line} ``" if "`" in line else f"`{line}`"
