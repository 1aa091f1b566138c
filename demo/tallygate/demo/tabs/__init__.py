"""The page's tabs: Gradio's components and what happens on a click."""
