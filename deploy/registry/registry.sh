#!/usr/bin/env bash
# Starts a schema registry (Apicurio, from Maven Central) on loopback, without containers. It keeps no data after a stop.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: registry.sh start [--dir DIR] [--port PORT] [--watch PID]
       registry.sh stop [--dir DIR]

  start   start it, wait until it answers, print url=http://127.0.0.1:PORT/apis/ccompat/v7
  stop    stop it

  --dir DIR    where log and pid live (default: ${TMPDIR:-/tmp}/dateline-registry)
  --port PORT  (default: 8081)
  --watch PID  stop it and remove DIR when that process is gone

Needs Java 17 or newer and, the first time, Maven. It is kept in ${XDG_CACHE_HOME:-~/.cache}/dateline-registry.
TEXT
}

fail() { echo "registry.sh: $*" >&2; exit 1; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

[ $# -gt 0 ] || { usage >&2; exit 2; }
command=$1; shift
dir=${TMPDIR:-/tmp}/dateline-registry port=8081 watch=''
while [ $# -gt 0 ]; do
  case $1 in
    --dir) dir=${2:?--dir needs a folder}; shift 2 ;;
    --port) port=${2:?--port needs a number}; shift 2 ;;
    --watch) watch=${2:?--watch needs a process id}; shift 2 ;;
    *) usage >&2; fail "unknown argument: $1" ;;
  esac
done

# The last version that runs on Java 17; it is fetched once.
version=3.0.9
home=${XDG_CACHE_HOME:-$HOME/.cache}/dateline-registry/$version
need_registry() {
  command -v java >/dev/null || fail "java is missing: install a Java runtime, version 17 or newer (Debian: openjdk-17-jre-headless)"
  [ -e "$home/complete" ] && return
  command -v mvn >/dev/null || fail "mvn is missing: install Maven to fetch the registry (Debian: maven)"
  mkdir -p "$home"
  (
    command -v flock >/dev/null && flock 9
    [ -e "$home/complete" ] && exit
    echo "fetching Apicurio Registry from Maven Central into $home" >&2
    mvn -q -B -Dstyle.color=never dependency:copy -DoutputDirectory="$home" \
      -Dartifact="io.apicurio:apicurio-registry-app:$version:tar.gz:all" >&2 ||
      fail "Maven could not fetch the registry; see its message above"
    tar -xzf "$home"/*.tar.gz -C "$home"
    rm "$home"/*.tar.gz
    touch "$home/complete"
  ) 9>"$home/lock"
}

# Returns whether something listens on the port.
answers() { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }

# Returns whether its API answers without an error.
ready() {
  local line
  exec 3<>"/dev/tcp/127.0.0.1/$port" || return 1
  printf 'GET /apis/ccompat/v7/subjects HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' >&3
  read -r -t 10 line <&3 || true
  exec 3>&-
  [[ $line == *' 200 '* ]]
}

# Prints its process id if it runs. Checks that the id is not reused by another process.
pid_of() {
  local pid
  pid=$(cat "$dir/pid" 2>/dev/null) || return 1
  [ -n "$pid" ] && ps -o args= -p "$pid" 2>/dev/null | grep -qF apicurio-registry-app && echo "$pid"
}

start() {
  need_registry
  ! pid_of >/dev/null || fail "it already runs in $dir; stop it first"
  ! answers || fail "port $port is taken; choose another with --port PORT"
  mkdir -p "$dir"
  local jar
  jar=$(ls "$home"/*-runner.jar)
  # The registry is detached and inherits no descriptor: a reader of our output must not wait for its end.
  (
    cd "$dir"
    trap '' HUP INT
    QUARKUS_HTTP_HOST=127.0.0.1 QUARKUS_HTTP_PORT=$port exec java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -jar "$jar"
  ) >"$dir/log" 2>&1 </dev/null &
  echo $! >"$dir/pid"
  disown
  if [ -n "$watch" ]; then
    (
      trap '' HUP INT
      while kill -0 "$watch" 2>/dev/null; do sleep 0.5; done
      bash "$here/registry.sh" stop --dir "$dir"
      rm -rf "$dir"
    ) >/dev/null 2>&1 </dev/null &
    disown
  fi
  local deadline=$((SECONDS + 90))
  until (ready) 2>/dev/null; do
    [ $SECONDS -lt $deadline ] || { tail -n 20 "$dir/log" >&2; fail "it was not ready after 90 s; its log is $dir/log"; }
    if ! pid_of >/dev/null; then
      sleep 0.3
      pid_of >/dev/null || { tail -n 20 "$dir/log" >&2; fail "it ended; its log is $dir/log"; }
    fi
    sleep 0.2
  done
  echo "url=http://127.0.0.1:$port/apis/ccompat/v7"
}

stop() {
  local pid deadline=$((SECONDS + 10))
  pid=$(pid_of) || return 0
  kill "$pid" 2>/dev/null || true
  while pid_of >/dev/null; do
    [ $SECONDS -lt $deadline ] || kill -9 "$pid" 2>/dev/null || true
    sleep 0.1
  done
  rm -f "$dir/pid"
}

case $command in
  start) start ;;
  stop) stop ;;
  help | --help | -h) usage ;;
  *) usage >&2; fail "unknown command: $command" ;;
esac
