#!/usr/bin/env bash
# The whole way in one minute of reading: texts -> training -> ONNX -> bundle -> proof -> answers.
# `make run` runs it. Everything lands in runs/tour, which is made anew each time; nothing is downloaded.
set -euo pipefail
cd "$(dirname "$0")/.."

out=runs/tour
rm -rf "$out"
mkdir -p "$out"
step() { printf '\n\033[1m== %s\033[0m\n' "$*"; }

step "1/5  Train an LSTM from scratch on the built-in corpus of review-like sentences"
tallygate train --data mini --preset tiny --out "$out/mini"

step "2/5  Export it: checkpoint -> ONNX -> parity gate -> bundle"
tallygate export "$out/mini" --out "$out/mini.zip"

step "3/5  Export the shipped checkpoint, which was trained on 25,000 IMDB reviews"
tallygate export imdb --out "$out/imdb.zip"

step "4/5  Prove the new bundle again, as a device would: without PyTorch, against its golden rows"
tallygate verify "$out/imdb.zip"

step "5/5  Answer, from the new bundle"
cat > "$out/reviews.txt" <<'REVIEWS'
A wonderful film. I laughed, I cried, and I would watch it again tomorrow.
The trailer promised a lot, and the film delivers nothing: dull, long and badly acted.
I expected to hate it, but the second half won me over completely.
Not good, not even close to good.
REVIEWS
tallygate predict --bundle "$out/imdb.zip" --format table --file "$out/reviews.txt"

step "Summary"
echo "Trained here, on sentences that the project makes itself:"
tallygate info "$out/mini.zip"
echo
echo "Exported here, from the checkpoint that ships with the package (trained on full IMDB):"
tallygate info "$out/imdb.zip"
echo
echo "Both bundles are in $out. Each line of a variant says how far that copy is from PyTorch in float32."
