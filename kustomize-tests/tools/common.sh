# shellcheck shell=bash
# What the tool scripts share: where things go, messages, packages.

# shellcheck disable=SC2034 # used by the scripts that read this file
TARGET=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/target

# shellcheck disable=SC2034
KPT_VERSION=1.0.0-beta.56

# Daemons live in sbin, which users' and CI's PATH often lacks.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

say() {
  echo "${0##*/}: $*" >&2
}

die() {
  say "error: $*"
  exit 1
}

# Root alone is no consent: a developer may work as root.
may_install_system_packages() {
  ((EUID == 0)) && [[ ${CI:-} == true || ${REPLATFORM_INSTALL:-} == 1 ]] && command -v apt-get >/dev/null
}

# stdout stays free for answers.
install_system_packages() {
  say "installing with apt-get: $*"
  {
    apt-get update -qq &&
      DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends "$@"
  } </dev/null >&2 || die "apt-get could not install: $*"
}

# usage: install_python_packages DIRECTORY, with requirements and their hashes on standard input
install_python_packages() {
  use_pip
  PIP_ROOT_USER_ACTION=ignore "${PIP[@]}" install --quiet --disable-pip-version-check --no-deps --no-compile \
    --only-binary :all: --require-hashes --requirement /dev/stdin --target "$1" >&2
}

# The first pip that there is: Python's own, one that Python brings along, and
# Debian's wheel of it, which is fetched without a change to the system. Sets PIP.
use_pip() {
  local own=$TARGET/tools/pip wheel
  if python3 -c 'import pip' 2>/dev/null; then
    PIP=(python3 -m pip)
    return
  fi
  if [[ ! -d $own ]]; then
    say "Python has no pip: fetching one into ${own#"$(dirname "$TARGET")"/}"
    rm -rf "$own.new"
    mkdir -p "$own.new"
    bring_pip "$own.new" || die "pip could not be fetched: install python3-pip"
    mv "$own.new" "$own"
  fi
  wheel=$(find "$own" -name 'pip-*.whl' -print -quit)
  # A wheel of pip can be run as it is.
  PIP=(python3 "$wheel/pip")
}

bring_pip() {
  python3 -c 'import ensurepip, pathlib, shutil, sys
for wheel in (pathlib.Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl"):
    shutil.copy(wheel, sys.argv[1])
    break
else:
    sys.exit(1)' "$1" 2>/dev/null && return
  command -v apt-get >/dev/null || return
  local apt=(apt-get -qq -o Dir::State::Lists="$1/lists" -o Dir::Cache="$1/cache" -o APT::Sandbox::User="$(id -un)")
  mkdir -p "$1/lists/partial" "$1/cache/archives/partial"
  (cd "$1" && "${apt[@]}" update && "${apt[@]}" download python3-pip-whl && dpkg-deb -x python3-pip-whl_*.deb .) >&2 || return
  rm -rf "$1/lists" "$1/cache" "$1"/*.deb
}
