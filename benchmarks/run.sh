#!/usr/bin/env bash
# Runs a group of benchmarks:  benchmarks/run.sh <group> [--quick] [--only <target>]...
# Lists the groups:            benchmarks/run.sh list
# Runs JMH:                    benchmarks/run.sh jmh [<regex>] [<options of JMH>]...
# Needs a JDK (17 or later) and Maven; builds what changed, without tests, and starts its own servers.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
classpath="$root/benchmarks/target/classpath.txt"
built="$root/benchmarks/target/built"
java="${JAVA_HOME:+$JAVA_HOME/bin/}java"

changed() {
    if [ ! -f "$classpath" ] || [ ! -f "$built" ]; then
        return 0
    fi
    # Sources and build files that are newer than the last build.
    [ -n "$(find "$root" -name target -prune -o -name .git -prune -o \
        \( -path '*/src/main/*' -o -name pom.xml \) -newer "$built" -type f -print -quit)" ]
}

if changed; then
    echo "building ..." >&2
    mkdir -p "$root/benchmarks/target"
    touch "$built.begun"
    (cd "$root" && mvn -B -q -ntp -Dstyle.color=never -Pquick -Dmaven.test.skip=true -pl benchmarks -am process-classes) >&2 || {
        echo "the build failed" >&2
        exit 1
    }
    # A source saved during the build is newer than this, so the next run builds again.
    mv "$built.begun" "$built"
fi

run=("$java" -Xms1g -Xmx1g -Dlogback.configurationFile=benchmarks-logback.xml \
    -cp "$root/benchmarks/target/classes:$(cat "$classpath")")
if [ "${1:-}" = jmh ]; then
    shift
    exec "${run[@]}" org.openjdk.jmh.Main "$@"
fi
exec "${run[@]}" dev.holdfast.benchmarks.Main "$@"
