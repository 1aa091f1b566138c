"""``tallygate build-plan``: TensorRT plans, for the GPU of this machine or ahead of time for others."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tallygate.runtime.command import Command
from tallygate.runtime.commands.options import add_bundle_options, add_text_file_options, bundle_from, texts_from
from tallygate.runtime.terminal import table

if TYPE_CHECKING:
    from tallygate.runtime.bundle import Bundle
    from tallygate.runtime.engines.tensorrt import PlanFacts, Profile

MIB = 2**20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_bundle_options(parser)
    add = parser.add_argument
    add("--precision", metavar="P", help="variant of the bundle: fp32, fp16 or bf16 (default: the bundle's first)")
    add("--profile", metavar="P", help="batches it accepts: MIN:OPT:MAX rows, a comma, MIN:OPT:MAX ids per row")
    add("--texts", metavar="F", help="a file of texts like yours: the plan is made best for their median length")
    add_text_file_options(parser, "--texts")
    add("--target", metavar="T", help="GPUs to build for ahead of time with TensorRT-RTX, such as sm86,sm89,sm120")
    add("--out", metavar="DIR", help="folder for plans of --target (default: BUNDLE.plans)")
    add("--workspace", type=int, default=1024, metavar="MIB", help="scratch memory that a plan may use (default: 1024)")
    add("--again", action="store_true", help="build it although the cache has it")


def run(arguments: argparse.Namespace) -> int:
    """Build one plan and say where it is."""
    from tallygate.runtime.errors import UsageError

    if arguments.profile and arguments.texts:
        raise UsageError("build-plan", "got both --profile and --texts", "give one of them")
    if not 0 <= arguments.workspace < 2**31:
        raise UsageError(f"--workspace {arguments.workspace}", "is no size in MiB", "give a number from 1 on")
    bundle = bundle_from(arguments)
    profile = _profile(bundle, arguments)
    path, facts = _ahead(bundle, profile, arguments) if arguments.target else _here(bundle, profile, arguments)
    sys.stdout.write(_text(path, facts))
    return 0


def _profile(bundle: Bundle, arguments: argparse.Namespace) -> Profile:
    from tallygate.runtime.engines.tensorrt import profile_from_lengths, profile_from_text

    if arguments.profile:
        return profile_from_text(arguments.profile)
    lengths: list[int] = []
    if arguments.texts:
        tokenizer = bundle.tokenizer()
        lengths = [len(tokenizer.encode(text)) for text in texts_from(arguments, arguments.texts)]
    return profile_from_lengths(lengths, bundle.manifest.text.max_length)


def _here(bundle: Bundle, profile: Profile, arguments: argparse.Namespace) -> tuple[Path, PlanFacts]:
    from tallygate.runtime.engines.tensorrt import build_here, default_cache, load_tensorrt
    from tallygate.runtime.machine import gpu_or_error

    gpu = gpu_or_error("tensorrt", "build where the GPU is, or name a --target")
    variant, _ = bundle.variant("tensorrt", arguments.precision)
    cache, workspace = default_cache(), arguments.workspace * MIB
    plan = build_here(
        bundle, variant, load_tensorrt(), gpu, profile, workspace=workspace, again=arguments.again, cache=cache
    )
    return cache.folder, plan.facts


def _ahead(bundle: Bundle, profile: Profile, arguments: argparse.Namespace) -> tuple[Path, PlanFacts]:
    from tallygate.runtime.bundle import LAYOUT
    from tallygate.runtime.engines.tensorrt import build_ahead, facts_to_json
    from tallygate.runtime.outputs import write_bytes

    folder = _folder(bundle, arguments.out)
    plan = build_ahead(bundle, arguments.precision, arguments.target, profile, arguments.workspace * MIB)
    variant = plan.facts.precision
    write_bytes(folder / LAYOUT.plan(variant), plan.data)
    write_bytes(folder / LAYOUT.plan_facts(variant), facts_to_json(plan.facts))
    return folder / LAYOUT.plan(variant), plan.facts


def _folder(bundle: Bundle, named: str | None) -> Path:
    """Where plans for other machines go: beside the bundle, unless that is inside of the installed package."""
    from tallygate.runtime.bundle import shipped_bundle
    from tallygate.runtime.errors import UsageError

    if named is not None:
        return Path(named)
    path = bundle.path.resolve()
    if path == shipped_bundle().resolve():
        raise UsageError("build-plan", "got no folder for the plans of the shipped bundle", "name one: --out DIR")
    return path.with_name(f"{path.stem if path.suffix.lower() == '.zip' else path.name}.plans")


def _text(path: Path, facts: PlanFacts) -> str:
    rows = [
        ("plan", str(path)),
        ("precision", facts.precision),
        ("runs on", ", ".join(facts.architectures) if facts.gpu is None else f"{facts.gpu} ({facts.architectures[0]})"),
        ("built by", f"{facts.tensorrt} {facts.version}"),
        ("profile", f"{facts.profile.batch} rows, {facts.profile.time} ids per row"),
        ("bytes", f"{facts.size:,}"),
        ("sha256", facts.sha256),
    ]
    return table(rows, style="plain") + "\n"


COMMAND = Command(
    "build a TensorRT plan for this GPU, or ahead of time for others",
    add_arguments,
    run,
    aliases=("build",),
    examples=(
        "tallygate build-plan reviews.zip",
        "tallygate build-plan reviews.zip --texts reviews.csv --precision fp16",
        "tallygate build-plan reviews.zip --target sm86,sm89 --out plans",
    ),
)
