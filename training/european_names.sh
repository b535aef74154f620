#!/usr/bin/env bash
# Trains the fast tagger of names in other languages than English: once on the labelled corpora, then again with stories that the
# accurate tagger has labelled.
#
#   training/european_names.sh DATA STORIES
#
# DATA: CoNLL files of these languages, as `names.rs` reads them. STORIES: CODE.jsonl of each language, from `european_stories.py`.
set -euo pipefail
data=$(realpath "$1") stories=$(realpath "$2")
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for code in da de es fr it nb nl pt sv; do cp "$data/$code"-*.conll "$work"; done
weights=crates/model/weights/names-european.bin
cargo run --release --example train-names -- "$work" $weights --set drop=0.15 --set seeds=2
cargo build --release # the accurate tagger adds the fast one's scores
for file in "$stories"/*.jsonl; do
  training/silver.py 1 "$file" > "$work/$(basename "$file" .jsonl)-silver.train.conll"
done
cargo run --release --example train-names -- "$work" $weights --set drop=0.15 --set seeds=2
