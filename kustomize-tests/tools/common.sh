# shellcheck shell=bash
# What the tool scripts share: where things go, messages, system packages.

# shellcheck disable=SC2034 # used by the scripts that read this file
TARGET=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/target

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
