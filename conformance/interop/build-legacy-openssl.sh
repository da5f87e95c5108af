#!/usr/bin/env bash
# Builds an openssl command with SSL 3.0 and 3DES, which Debian's does not have, for the tests of `handfast/legacy`.
#
#   conformance/interop/build-legacy-openssl.sh OPENSSL-3.0.X.tar.gz
#
# The sources are not fetched: take those of any release from 3.0 to 3.6. It takes some minutes, and is not part of
# install.sh: where the command is absent, those tests go on with Debian's, and SSL 3.0 is tested with tlslite-ng alone.
#
# HANDFAST_PEERS_CACHE names another cache folder (default: conformance/.cache).
set -euo pipefail

sources=$(realpath "${1:?the archive of OpenSSL\'s sources}")
cache=${HANDFAST_PEERS_CACHE:-$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")/.cache}/legacy
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$cache"
tar -xzf "$sources" -C "$work" --strip-components=1
cd "$work"
./Configure no-shared no-tests no-asm enable-ssl3 enable-ssl3-method enable-weak-ssl-ciphers >/dev/null
nice make -s -j2 build_programs
cp apps/openssl "$cache/openssl"
"$cache/openssl" version
