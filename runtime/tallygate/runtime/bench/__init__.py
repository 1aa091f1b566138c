"""What runs best here: every engine and variant of a bundle, timed in turn in one run, from raw text."""
