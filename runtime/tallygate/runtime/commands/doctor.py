"""``tallygate doctor``: what this machine can run, and what is wrong with its installation."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from tallygate.runtime.command import Command
from tallygate.runtime.commands.options import add_bundle_options, bundle_path
from tallygate.runtime.outputs import json_bytes
from tallygate.runtime.terminal import printable, printable_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tallygate.runtime.doctor.finding import Finding

_SIGNS = {"ok": "ok", "absent": "-", "warning": "WARNING", "problem": "PROBLEM"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_bundle_options(parser)
    parser.add_argument("--json", action="store_true", help="print every finding as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Examine and print; 1 when there is a problem."""
    from tallygate.runtime.doctor.examination import examine

    findings = examine(bundle_path(arguments), arguments.sha256)
    sys.stdout.write(_json(findings) if arguments.json else _text(findings))
    return 1 if any(finding.status == "problem" for finding in findings) else 0


def _json(findings: Sequence[Finding]) -> str:
    from tallygate.runtime.machine import this_machine

    facts = {"machine": this_machine(), "findings": findings}
    return printable_json(json_bytes(facts).decode("utf-8"))


def _text(findings: Sequence[Finding]) -> str:
    lines: list[str] = []
    topic = ""
    for finding in findings:
        if finding.topic != topic:
            topic = finding.topic
            lines.append(f"\n{topic}" if lines else topic)
        lines.append(f"  {_SIGNS[finding.status]:<8}{printable(finding.name)}: {printable(finding.text)}")
        if finding.mend:
            lines.append(f"          {printable(finding.mend)}")
    problems = sum(finding.status == "problem" for finding in findings)
    verdict = "nothing is wrong" if not problems else f"{problems} {'problem' if problems == 1 else 'problems'}"
    return "\n".join(lines) + f"\n\n{verdict}\n"


COMMAND = Command(
    "show what this machine can run and what is wrong with it",
    add_arguments,
    run,
    examples=(
        "tallygate doctor",
        "tallygate doctor reviews.zip",
        "tallygate doctor --json > machine.json",
    ),
)
