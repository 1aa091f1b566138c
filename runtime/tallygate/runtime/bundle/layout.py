"""What the files of a bundle are called."""

from __future__ import annotations

from dataclasses import dataclass

INTEGER = "integer"
"""The variant that is no ONNX file but a device image."""


@dataclass(frozen=True)
class Layout:
    """The names of a bundle's files."""

    manifest: str = "bundle.json"
    vocabulary: str = "vocabulary.txt"
    tokenizer: str = "tokenizer.json"
    """For the Hugging Face ``tokenizers`` library."""
    goldens: str = "golden.jsonl"
    card: str = "README.md"
    streaming: str = "model.streaming.onnx"
    """The fp32 graph with states in and out."""

    def model(self, variant: str) -> str:
        """The graph of one variant; of the integer one, the device image."""
        return f"model.{variant}.{'bin' if variant == INTEGER else 'onnx'}"

    def plan(self, variant: str) -> str:
        """A TensorRT plan of one variant, built ahead of time."""
        return f"model.{variant}.plan"

    def plan_facts(self, variant: str) -> str:
        """What is known of that plan."""
        return f"model.{variant}.plan.json"


LAYOUT = Layout()
