#!/usr/bin/env bash
# Brings the TLS implementations that handfast is tested against to a Debian machine.
#
#   conformance/interop/install.sh [--strict]
#
# 1. From the system's own package sources: GnuTLS, OpenSSL, curl, tshark and Chromium, and servers that take TLS:
#    PostgreSQL, MariaDB, Redis and Mosquitto, which are not started (needs root or sudo; skipped when all are there).
# 2. From Debian's newer suites, unpacked into the cache folder without changing the system: OpenSSL with post-quantum
#    groups, NSS, Botan, a newer GnuTLS, a newer curl, a newer JDK and a newer tshark. They run on the C library that comes with them.
# 3. Our own small peer programs (Go, Rust, Java), built by peers/build.sh.
# 4. tlslite-ng, which still has SSL 3.0, for the tests of `handfast/legacy`: from PyPI, into the cache folder. What they
#    can use beside it is an OpenSSL that build-legacy-openssl.sh makes.
#
# Every step that is done already is skipped, so a second run takes a second. A step that fails is named, and the tests
# then name the peers that are absent; with --strict, the exit code is 1 as well.
#
# HANDFAST_PEERS_CACHE names another cache folder (default: conformance/.cache).
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${HANDFAST_PEERS_CACHE:-$(dirname "$here")/.cache}
strict=false
[[ ${1:-} == --strict ]] && strict=true
failed=()

say() { printf 'peers: %s\n' "$*" >&2; }
fail() {
  failed+=("$1")
  say "FAILED: $1${2:+ (see $2)}"
}

mkdir -p "$cache/newer" "$cache/tmp"
# apt unpacks below TMPDIR; a folder of our own is safe from whatever cleans the common one.
export TMPDIR=$cache/tmp DEBIAN_FRONTEND=noninteractive

# ---- 1. the system's packages --------------------------------------------------------------------------------------

as_root() {
  if [[ $(id -u) == 0 ]]; then "$@"; elif command -v sudo >/dev/null; then sudo -n "$@"; else return 1; fi
}

install_system_packages() {
  local -A package_of=([certutil]=libnss3-tools [gnutls-cli]=gnutls-bin [gnutls-serv]=gnutls-bin [openssl]=openssl [curl]=curl
    [tshark]=tshark [dumpcap]=wireshark-common [chromium]=chromium
    [postgres]=postgresql [mariadbd]=mariadb-server-core [redis-server]=redis-server [mosquitto]=mosquitto)
  local missing=() command log=$cache/system-packages.log
  # Servers lie where only administrators look for programs.
  local PATH=$PATH:/usr/sbin:$(printf '%s:' /usr/lib/postgresql/*/bin)
  for command in "${!package_of[@]}"; do
    command -v "$command" >/dev/null || missing+=("${package_of[$command]}")
  done
  [[ ${#missing[@]} == 0 ]] && return 0
  mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
  say "installing ${missing[*]} from the system's package sources"
  # While this file says so, no package starts its server (invoke-rc.d asks it). The tests start their own.
  local policy=/usr/sbin/policy-rc.d ours=false
  if [[ ! -e $policy ]] && printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null && as_root chmod +x "$policy"; then
    ours=true
  fi
  { as_root apt-get update && as_root env TMPDIR="$TMPDIR" DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 ||
    fail "system packages ${missing[*]}" "$log"
  if $ours; then as_root rm -f "$policy"; fi
}

# ---- 2. newer peers, unpacked beside the system ----------------------------------------------------------------------

# Where this machine gets Debian's packages from: asked of its own apt, so that no mirror is named here.
debian_mirror() {
  local uri
  uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' \
    2>/dev/null | head -n 1)
  if [[ -z $uri ]]; then
    as_root apt-get update >/dev/null 2>&1
    uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' \
      2>/dev/null | head -n 1)
  fi
  printf '%s' "${uri%/}"
}

apt_folder=$cache/apt

# An apt of our own: its sources, lists, downloads and an empty list of installed packages, so that it resolves every
# dependency down to the C library and leaves the system's lists as they are.
prepare_private_apt() {
  [[ -f $apt_folder/ready ]] && return 0
  local mirror keyring=/usr/share/keyrings/debian-archive-keyring.gpg suite
  mirror=$(debian_mirror)
  [[ -n $mirror ]] || return 1
  mkdir -p "$apt_folder"/{parts,preferences,state/lists/partial,cache/archives/partial}
  : >"$apt_folder/state/status"
  : >"$apt_folder/sources.list"
  for suite in testing unstable experimental; do
    echo "deb [signed-by=$keyring] $mirror $suite main" >>"$apt_folder/sources.list"
  done
  cat >"$apt_folder/apt.conf" <<CONF
Dir::Etc::sourcelist "$apt_folder/sources.list";
Dir::Etc::sourceparts "$apt_folder/parts";
Dir::Etc::preferences "$apt_folder/no-preferences";
Dir::Etc::preferencesparts "$apt_folder/preferences";
Dir::State "$apt_folder/state";
Dir::State::status "$apt_folder/state/status";
Dir::Cache "$apt_folder/cache";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
APT::Sandbox::User "root";
CONF
  APT_CONFIG=$apt_folder/apt.conf apt-get update && touch "$apt_folder/ready"
}

# unpack SUITE PACKAGE...: the packages and all they need, into $cache/newer/SUITE.
unpack() {
  local suite=$1 root=$cache/newer/$1 log=$cache/newer/$1.log deb
  shift
  [[ $(cat "$root/.packages" 2>/dev/null) == "$*" ]] && return 0
  say "unpacking $* from Debian's suite $suite into $root"
  {
    prepare_private_apt &&
      rm -rf "$root" "$apt_folder"/cache/archives/*.deb &&
      APT_CONFIG=$apt_folder/apt.conf apt-get install -y -d --no-install-recommends -t "$suite" "$@" &&
      mkdir -p "$root" &&
      for deb in "$apt_folder"/cache/archives/*.deb; do
        dpkg-deb -x "$deb" "$root" || exit 1
        dpkg-deb -W --showformat='${Package} ${Version}\n' "$deb" >>"$root/versions.txt"
      done &&
      relink "$root" && wrap "$root" && rm -f "$apt_folder"/cache/archives/*.deb && echo "$*" >"$root/.packages"
  } >"$log" 2>&1 || fail "packages of the suite $suite: $*" "$log"
}

# Symbolic links of a package to absolute paths mean paths inside its own root.
relink() {
  local root=$1 link target
  find "$root" -type l -lname '/*' | while read -r link; do
    target=$(readlink "$link")
    [[ $target == "$root"/* ]] || ln -sfn "$root$target" "$link"
  done
}

# One script for each program that we run, which starts it with the loader and the libraries of its own root.
wrap() {
  local root=$1 libraries=$1/usr/lib/x86_64-linux-gnu loader program java
  loader=$libraries/ld-linux-x86-64.so.2
  [[ -x $loader ]] || return 1
  mkdir -p "$root/run"
  for program in openssl curl gnutls-cli gnutls-serv tstclnt selfserv certutil pk12util botan patchelf tshark; do
    [[ -x $root/usr/bin/$program ]] || continue
    printf '#!/bin/sh\nexec "%s" --library-path "%s" "%s" "$@"\n' "$loader" "$libraries" "$root/usr/bin/$program" \
      >"$root/run/$program"
    chmod +x "$root/run/$program"
  done
  # The java launcher finds its own files through /proc/self/exe, so the loader is written into the program itself.
  java=$(find "$root/usr/lib/jvm" -path '*/bin/java' -type f 2>/dev/null | head -n 1)
  if [[ -n $java ]]; then
    "$root/run/patchelf" --set-interpreter "$loader" --force-rpath \
      --set-rpath "$libraries:$(dirname "$(dirname "$java")")/lib" "$java" || return 1
    ln -sfn "$java" "$root/run/java"
  fi
}

# ---- 3. our own programs ---------------------------------------------------------------------------------------------

build_programs() {
  local language log
  for language in go rust java; do
    log=$cache/build-$language.log
    "$here/peers/build.sh" "$language" >/dev/null 2>"$log" || fail "the $language peer" "$log"
  done
}

# ---- 4. tlslite-ng ----------------------------------------------------------------------------------------------------

install_tlslite() {
  local folder=$cache/legacy/tlslite log=$cache/legacy-tlslite.log
  [[ -d $folder/tlslite ]] && return 0
  command -v python3 >/dev/null || return 0
  say "installing tlslite-ng into $folder"
  python3 -m pip install --quiet --target "$folder" tlslite-ng==0.8.2 >"$log" 2>&1 || fail tlslite-ng "$log"
}

install_system_packages
if [[ $(uname -m) == x86_64 ]] && command -v dpkg-deb >/dev/null; then
  unpack unstable openssl libnss3-tools botan gnutls-bin curl openjdk-27-jre-headless patchelf
  unpack experimental openssl
  unpack testing tshark
else
  fail "newer peers: only built for Debian on x86_64"
fi
build_programs
install_tlslite

for tool in go cargo javac python3; do
  command -v "$tool" >/dev/null || say "$tool is not on this machine: its peer will be named as absent"
done
if [[ ${#failed[@]} -gt 0 ]]; then
  printf 'peers: %d step(s) failed:\n' "${#failed[@]}" >&2
  printf 'peers:   %s\n' "${failed[@]}" >&2
  $strict && exit 1
fi
exit 0
