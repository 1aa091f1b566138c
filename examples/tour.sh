#!/usr/bin/env bash
# The whole way in one minute of reading: texts -> training -> ONNX -> bundle -> proof -> answers.
# `make run` runs it. Everything lands in runs/tour, which is made anew each time; nothing is downloaded.
set -euo pipefail
cd "$(dirname "$0")/.."

out=runs/tour
rm -rf "$out"
mkdir -p "$out"
step() { printf '\n\033[1m== %s\033[0m\n' "$*"; }

step "1/4  Train an LSTM from scratch on the built-in corpus of review-like sentences"
tallygate train --data mini --preset tiny --out "$out/mini"

step "2/4  Export it: checkpoint -> ONNX -> parity gate -> bundle"
tallygate export "$out/mini" --out "$out/mini.zip"

step "3/4  Export the shipped checkpoint, which was trained on IMDB's reviews"
tallygate export imdb --out "$out/imdb.zip"

step "4/4  Prove the new bundle again, as a device would: without PyTorch, against its golden rows"
tallygate verify "$out/imdb.zip"

cat > "$out/reviews.txt" <<'REVIEWS'
A wonderful film. I laughed, I cried, and I would watch it again tomorrow.
The trailer promised a lot, and the film delivers nothing: dull, long and badly acted.
I expected little, and was moved: superb acting, and a story that stays with you.
What a waste of two hours. I left before the end.
REVIEWS

step "Summary"
echo "TRAINED here in a few seconds, on sentences that the project makes itself, and EXPORTED to $out/mini.zip:"
echo
tallygate info "$out/mini.zip"
echo
echo "EXPORTED here to $out/imdb.zip, from the checkpoint that ships with the package:"
echo
tallygate info "$out/imdb.zip"
echo
echo "PROVED: each line of a variant above says how far that copy is from PyTorch in float32, and how many labels differ."
echo
echo "ANSWERS of the IMDB model, from the bundle:"
echo
tallygate predict --bundle "$out/imdb.zip" --format table --file "$out/reviews.txt"
