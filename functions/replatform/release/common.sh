# shellcheck shell=bash
# What the scripts of a release share: where things are, what is released, and under which names.

# shellcheck disable=SC2034 # used by the scripts that read this file
RELEASE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$RELEASE/../../.." && pwd)

say() {
  echo "${0##*/}: $*" >&2
}

die() {
  say "error: $*"
  exit 1
}

# A field of `[workspace.package]`.
of_workspace() {
  sed -n "/^\[workspace.package\]/,/^\$/s/^$1 = \"\(.*\)\"/\1/p" "$ROOT/Cargo.toml"
}

VERSION=$(of_workspace version)
REPOSITORY=$(of_workspace repository)
# The images are packages of the repository.
# shellcheck disable=SC2034
REGISTRY=ghcr.io/${REPOSITORY#https://github.com/}
# shellcheck disable=SC2034
ASSETS=$REPOSITORY/releases/download/v$VERSION

# The programs, each of which has an image: all functions, and the program of them all.
programs() {
  local main
  for main in "$ROOT"/functions/*/src/main.rs; do
    basename "${main%/src/main.rs}"
  done
}

# The rows of a table: lines with tabs, without comments and the line of the names.
rows() {
  grep -v '^#' "$1" | tail -n +2
}

platforms() {
  rows "$RELEASE/platforms.tsv" | cut -f 1
}

# usage: of_platform PLATFORM COLUMN
of_platform() {
  local row
  row=$(rows "$RELEASE/platforms.tsv" | awk -F '\t' -v platform="$1" '$1 == platform') || true
  [[ -n $row ]] || die "\`$1\` is no platform of platforms.tsv: $(platforms | paste -sd ' ' -)"
  cut -f "$2" <<<"$row"
}

# The time that archives carry: that of the commit, so that the same commit gives the same bytes.
commit_time() {
  echo "${SOURCE_DATE_EPOCH:-$(git -C "$ROOT" log -1 --format=%ct 2>/dev/null || echo 0)}"
}

# The part of the changelog that is about a version, without its heading.
changes_of() {
  awk -v heading="## [$1]" '
    index($0, heading) == 1 { inside = 1; next }
    /^## \[/ { inside = 0 }
    inside
  ' "$ROOT/CHANGELOG.md" | sed -e '/./,$!d'
}
