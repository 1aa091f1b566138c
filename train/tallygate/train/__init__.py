"""Training: corpora, vocabulary, model, training loop, checkpoints and presets."""
