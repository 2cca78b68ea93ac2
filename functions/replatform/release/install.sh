#!/bin/sh
# Installs the program `replatform` of a release, if its SHA-256 is the one in the list of the release.
#
# usage: install.sh [--version vX.Y.Z] [--to DIRECTORY]
#
# DIRECTORY is ~/.local/bin if none is given. REPLATFORM_DOWNLOADS=URL takes the release from a mirror, which has the
# files below URL/vX.Y.Z/.
set -eu

version=v0.1.0
downloads=${REPLATFORM_DOWNLOADS:-https://github.com/example/replatform/releases/download}
directory=${HOME:-}/.local/bin

say() {
  echo "replatform: $*" >&2
}

die() {
  say "error: $*"
  exit 1
}

has() {
  command -v "$1" >/dev/null 2>&1
}

main() {
  arguments "$@"
  platform=$(platform)
  archive=replatform-$version-$platform.tar.gz
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  trap 'exit 1' HUP INT TERM

  download SHA256SUMS
  # Before the large file: the release may not have it.
  expected=$(awk -v name="$archive" '$2 == name { print $1 }' "$work/SHA256SUMS")
  [ -n "$expected" ] || die "$version has no program for $platform"
  download "$archive"
  actual=$(sha256 "$work/$archive")
  [ "$actual" = "$expected" ] ||
    die "the SHA-256 of $archive is $actual, and SHA256SUMS says $expected: nothing was installed; download it once more, and if" \
      "it differs again, tell the project"

  tar -xzf "$work/$archive" -C "$work" ./replatform
  "$work/replatform" --version >/dev/null || die "the program for $platform does not run on this machine"
  place
}

arguments() {
  while [ $# -gt 0 ]; do
    case $1 in
    --version | --to) [ $# -gt 1 ] || die "$1 needs a value" ;;
    esac
    case $1 in
    --version) version=v${2#v} && shift 2 ;;
    --to) directory=$2 && shift 2 ;;
    *) die "\`$1\` is no option: --version vX.Y.Z, --to DIRECTORY" ;;
    esac
  done
}

platform() {
  case $(uname -s) in
  Linux) system=linux ;;
  Darwin) system=darwin ;;
  *) die "there is no program for $(uname -s): build it with cargo install, or use an image" ;;
  esac
  case $(uname -m) in
  x86_64 | amd64) machine=amd64 ;;
  aarch64 | arm64) machine=arm64 ;;
  *) die "there is no program for $(uname -m): build it with cargo install" ;;
  esac
  echo "$system-$machine"
}

download() {
  if has curl; then
    curl --fail --silent --show-error --location --retry 3 --output "$work/$1" "$downloads/$version/$1"
  elif has wget; then
    wget --quiet --output-document="$work/$1" "$downloads/$version/$1"
  else
    die "neither curl nor wget is installed"
  fi || die "$downloads/$version/$1 cannot be downloaded"
}

sha256() {
  if has sha256sum; then
    sha256sum "$1"
  elif has shasum; then
    shasum -a 256 "$1"
  else
    die "neither sha256sum nor shasum is installed: the download cannot be checked"
  fi | cut -d ' ' -f 1
}

# Moved into place whole, so that a program that runs is not written into.
place() {
  mkdir -p "$directory"
  cp "$work/replatform" "$directory/.replatform.new"
  chmod 755 "$directory/.replatform.new"
  mv -f "$directory/.replatform.new" "$directory/replatform"
  say "$version is in $directory/replatform"
  case :$PATH: in
  *:"$directory":*) ;;
  *) say "add $directory to PATH" ;;
  esac
}

# The last line: of a download that broke off nothing runs.
main "$@"
