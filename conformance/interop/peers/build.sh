#!/usr/bin/env bash
# Builds one peer program into the cache, keyed by a digest of its sources, and prints the folder it is in.
#
#   conformance/interop/peers/build.sh go|rust|java
#
# Exit code 3: the language's tools are not on this machine.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${HANDFAST_PEERS_CACHE:-$(cd "$here/../.." && pwd)/.cache}
language=${1:?usage: build.sh go|rust|java}
source=$here/$language

declare -A compiler=([go]=go [rust]=cargo [java]=javac)
[[ -n ${compiler[$language]:-} ]] || { echo "no such peer: $language" >&2; exit 2; }
command -v "${compiler[$language]}" >/dev/null || { echo "${compiler[$language]} is not on this machine" >&2; exit 3; }

digest=$(cd "$source" && find . -type f -not -path './target/*' -print0 | sort -z | xargs -0 sha256sum |
  { cat; "${compiler[$language]}" "$([[ $language == go ]] && echo version || echo --version)"; } |
  sha256sum | cut -c1-16)
output=$cache/programs/$language-$digest
if [[ -f $output/.built ]]; then
  echo "$output"
  exit 0
fi

mkdir -p "$output"
case $language in
  go) (cd "$source" && go build -trimpath -o "$output/peer" .) ;;
  rust)
    (cd "$source" && cargo build --release --locked --target-dir "$cache/rust-target" 1>&2)
    cp "$cache/rust-target/release/handfast-rustls-peer" "$output/peer"
    ;;
  java) javac --release 17 -d "$output" "$source"/*.java ;;
esac
touch "$output/.built"
echo "$output"
