"""What the bundle is: the model card, the facts of its manifest, and the pictures that it brings."""

from __future__ import annotations

from tallygate.demo.show.pictures import listed_pictures, report_pictures
from tallygate.demo.templating import render
from tallygate.runtime.bundle import Bundle, Manifest, Score


def show_header(manifest: Manifest) -> str:
    """HTML of the page's head."""
    scores = sorted(manifest.training.scores, key=lambda score: score.split != "test")
    return render("header.html", name=manifest.name, labels=manifest.labels, score=scores[0] if scores else None)


def show_about(bundle: Bundle) -> str:
    """HTML of the facts and pictures."""
    manifest = bundle.manifest
    return render(
        "about.html",
        facts=_facts(bundle),
        variants=list(manifest.variants.items()),
        sizes={name: manifest.files[variant.file].size for name, variant in manifest.variants.items()},
        pictures=listed_pictures(bundle) + report_pictures(bundle, "curve"),
    )


def _facts(bundle: Bundle) -> list[tuple[str, str]]:
    m = bundle.manifest
    parameters = m.training.parameters
    return [
        ("name", m.name),
        ("labels", ", ".join(m.labels)),
        ("parameters", f"{sum(parameters.values()):,}: {', '.join(f'{n:,} {part}' for part, n in parameters.items())}"),
        (
            "reads",
            f"the {m.text.keep} {m.text.max_length:,} words and marks of a text, {m.vocabulary_rows:,} vocabulary rows",
        ),
        ("trained on", f"{m.training.data}, preset {m.training.preset}, {m.training.epochs} epochs"),
        *((f"{score.split} accuracy", _score(score)) for score in m.training.scores),
        ("temperature", f"{m.temperatures.law}, for n words and marks that are read"),
        ("written by", f"tallygate {m.created_with}"),
        ("sha256", bundle.sha256),
        ("file", bundle.path.name),
    ]


def _score(score: Score) -> str:
    low, high = score.interval
    return f"{score.accuracy:.2%} of {score.rows:,} ({low:.2%} to {high:.2%}), macro-F1 {score.macro_f1:.4f}"
