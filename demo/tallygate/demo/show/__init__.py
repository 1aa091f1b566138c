"""What the page shows: results as HTML. Nothing here computes or knows Gradio."""
