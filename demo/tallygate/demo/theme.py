"""The look: one theme for light and dark, fonts of the visitor's own machine."""

from __future__ import annotations

from pathlib import Path

import gradio as gr
from gradio.themes.utils import colors, sizes

FONTS = ["Inter", "ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
MONOSPACE = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace"]
CSS = Path(__file__).parent / "style.css"

SWITCH = "() => { document.body.classList.toggle('dark'); }"
"""Switches between light and dark."""


def theme() -> gr.themes.Base:
    """Gradio's base theme with our colours. Fonts are names only: nothing is fetched."""
    return gr.themes.Base(
        primary_hue=colors.indigo,
        secondary_hue=colors.teal,
        neutral_hue=colors.slate,
        text_size=sizes.text_md,
        radius_size=sizes.radius_md,
        font=FONTS,
        font_mono=MONOSPACE,
    ).set(
        body_background_fill="#f6f7fb",
        body_background_fill_dark="#0d1220",
        block_background_fill="white",
        block_background_fill_dark="#151c2e",
        block_border_color="#e3e7f0",
        block_border_color_dark="#26304a",
        block_shadow="0 1px 2px rgb(20 30 60 / 0.05)",
        block_shadow_dark="none",
        input_border_width="1px",
        input_border_width_dark="1px",
        input_background_fill="#ffffff",
        input_background_fill_dark="#0f1626",
        input_border_color="#cfd6e4",
        input_border_color_dark="#33405e",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_dark="*primary_600",
        button_primary_background_fill_hover_dark="*primary_500",
        button_primary_text_color="white",
    )
