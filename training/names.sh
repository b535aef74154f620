#!/usr/bin/env bash
# Trains the fast tagger of names: once on the labelled corpora, then again with stories that the accurate tagger has labelled.
#
#   training/names.sh DATA STORIES.jsonl[.gz]…
#
# DATA: CoNLL files, as `names.rs` reads them; in the second training the worldwide newswire, the only one of today's news from many
# countries, counts twice. STORIES: a JSON object with a `text` a line; every second is taken, of "reuters…" every eighth.
set -euo pipefail
data=$(realpath "$1")
shift
stories=$(realpath "$@")
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$data"/*.conll "$work"
cargo run --release --example train-names -- "$work" crates/model/weights/names-fast.bin
cargo build --release # the accurate tagger adds the fast one's scores
for file in $stories; do
  case $(basename "$file") in reuters*) every=8 ;; *) every=2 ;; esac
  training/silver.py "$every" "$file"
done > "$work/silver.train.conll"
cp "$work/worldwide.train.conll" "$work/worldwide-again.train.conll"
cargo run --release --example train-names -- "$work" crates/model/weights/names-fast.bin
