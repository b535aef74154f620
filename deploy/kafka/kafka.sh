#!/usr/bin/env bash
# Apache Kafka on loopback for development and tests: KRaft mode, one or three nodes, from Maven Central.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: kafka.sh COMMAND [options]

  start [--nodes 1|3] [--port BASE] [--watch PID]   start and wait until ready; prints brokers=HOST:PORT,...
  stop [--purge]                                    stop all nodes; --purge removes their data as well
  status                                            print which nodes run
  jars                                              print where Kafka's libraries are
  kill N                                            kill node N (SIGKILL), as in a crash
  halt N                                            stop node N cleanly
  restart N                                         stop node N if it runs, and start it with its data

  --dir DIR    where data, logs and pids live (default: ${TMPDIR:-/tmp}/dateline-kafka)
  --port BASE  node N listens on BASE+2(N-1), its controller on the port after (default: 9092)
  --via BASE   node N is advertised to clients at BASE+N-1, where a proxy of yours must forward to it; nodes, and
               clients that start from them, use separate listeners, which are printed as internal=HOST:PORT,...
  --secure DIR clients need TLS and PLAIN or SCRAM (user admin, user dateline; each name is its password), and dateline needs ACLs; DIR holds server.pem and server.key. At mtls=HOST:PORT,... they need a certificate signed by client.pem in
               DIR, whose CN is the user. Nodes and tools use the internal listeners, which need no login
  --issuer URL with --secure: OAUTHBEARER as well, with tokens for the audience kafka from this issuer; its keys are at URL/keys
  --watch PID  stop the nodes and remove DIR when that process ends
  KAFKA_HEAP   heap of each node (default: 384m)

Needs Java 17 or newer and, the first time, Maven. The jars are kept in ${XDG_CACHE_HOME:-~/.cache}/dateline-kafka.
TEXT
}

fail() { echo "kafka.sh: $*" >&2; exit 1; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

[ $# -gt 0 ] || { usage >&2; exit 2; }
command=$1; shift
dir=${TMPDIR:-/tmp}/dateline-kafka nodes=1 base=9092 via='' secure='' issuer='' watch='' purge='' node=''
while [ $# -gt 0 ]; do
  case $1 in
    --dir) dir=${2:?--dir needs a folder}; shift 2 ;;
    --nodes) nodes=${2:?--nodes needs 1 or 3}; shift 2 ;;
    --port) base=${2:?--port needs a number}; shift 2 ;;
    --via) via=${2:?--via needs a number}; shift 2 ;;
    --secure) secure=${2:?--secure needs a folder}; shift 2 ;;
    --issuer) issuer=${2:?--issuer needs a URL}; shift 2 ;;
    --secure=*) secure=${1#*=}; shift ;;
    --issuer=*) issuer=${1#*=}; shift ;;
    --via=*) via=${1#*=}; shift ;;
    --watch) watch=${2:?--watch needs a process id}; shift 2 ;;
    --purge) purge=yes; shift ;;
    [1-3]) node=$1; shift ;;
    *) usage >&2; fail "unknown argument: $1" ;;
  esac
done
case $nodes in 1 | 3) ;; *) fail "--nodes is 1 or 3, not $nodes" ;; esac

[ -z "$secure" ] || via=${via:-$base}

need_java() {
  command -v java >/dev/null || fail "java is missing: install a Java runtime, version 17 or newer (Debian: openjdk-17-jre-headless)"
  local version
  version=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1)
  [ "${version:-0}" -ge 17 ] || fail "java ${version:-?} is too old: Kafka needs Java 17 or newer"
}

# Fetches the jars once. The pom names the folder, so a changed version is fetched again.
jars=${XDG_CACHE_HOME:-$HOME/.cache}/dateline-kafka/$(cksum <"$here/pom.xml" | cut -d' ' -f1)
need_jars() {
  [ -e "$jars/complete" ] && return
  command -v mvn >/dev/null || fail "mvn is missing: install Maven to fetch Kafka's jars (Debian: maven)"
  mkdir -p "$jars"
  (
    command -v flock >/dev/null && flock 9
    [ -e "$jars/complete" ] && exit
    echo "fetching Apache Kafka from Maven Central into $jars" >&2
    mvn -q -B -Dstyle.color=never -f "$here/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$jars" >&2 ||
      fail "Maven could not fetch Kafka's jars; see its message above"
    touch "$jars/complete"
  ) 9>"$jars/lock"
}

# A small JVM that starts quickly: the time to the first record matters here.
kafka_java() { exec java -Xms64m -Xmx"${KAFKA_HEAP:-384m}" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto "$@"; }

# Returns whether something listens on a loopback port.
answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

broker_port() { echo $((base + 2 * ($1 - 1))); }

# Prints the port for traffic between nodes, used when clients connect by another one.
internal_port() { echo $((base + 2 * nodes + $1 - 1)); }

# Prints the port where clients authenticate with a certificate.
mtls_port() { echo $((base + 3 * nodes + $1 - 1)); }

# Prints the process id of a node if it runs. Checks that the id is not reused by another process.
pid_of() {
  local pid
  pid=$(cat "$dir/node-$1/pid" 2>/dev/null) || return 1
  [ -n "$pid" ] && ps -o args= -p "$pid" 2>/dev/null | grep -qF "$dir/node-$1/server.properties" && echo "$pid"
}

write_properties() {
  local n=$1 voters='' i copies=1 in_sync=1
  for i in $(seq "$nodes"); do voters+=${voters:+,}$i@127.0.0.1:$(($(broker_port "$i") + 1)); done
  [ "$nodes" = 3 ] && copies=3 in_sync=2
  cat >"$dir/node-$n/server.properties" <<TEXT
process.roles=broker,controller
node.id=$n
controller.quorum.voters=$voters
listeners=PLAINTEXT://127.0.0.1:$(broker_port "$n"),CONTROLLER://127.0.0.1:$(($(broker_port "$n") + 1))
advertised.listeners=PLAINTEXT://127.0.0.1:$(broker_port "$n")
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$dir/node-$n/data
auto.create.topics.enable=false
default.replication.factor=$copies
min.insync.replicas=$in_sync
offsets.topic.replication.factor=$copies
offsets.topic.num.partitions=3
transaction.state.log.replication.factor=$copies
transaction.state.log.min.isr=$in_sync
transaction.state.log.num.partitions=3
share.coordinator.state.topic.replication.factor=$copies
share.coordinator.state.topic.min.isr=$in_sync
share.coordinator.state.topic.num.partitions=3
# A consumer group starts without delay.
group.initial.rebalance.delay.ms=0
# A lost node is noticed within seconds, and so is an abandoned transaction.
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
# All nodes stop together here, so none could hand over its leaderships.
controlled.shutdown.enable=false
# Small buffers: the cleaner alone takes 128 MB by default.
log.cleaner.dedupe.buffer.size=4194304
log.cleaner.io.buffer.size=131072
num.network.threads=2
num.io.threads=4
TEXT
  [ -n "$via" ] || return 0
  local inside
  inside=INTERNAL://127.0.0.1:$(internal_port "$n")
  sed -i -e "s|^listeners=.*|&,$inside|" -e "s|^advertised.listeners=.*|advertised.listeners=PLAINTEXT://127.0.0.1:$((via + n - 1)),$inside|" \
    -e 's|^listener.security.protocol.map=.*|&,INTERNAL:PLAINTEXT|' "$dir/node-$n/server.properties"
  echo inter.broker.listener.name=INTERNAL >>"$dir/node-$n/server.properties"
  [ -n "$secure" ] || return 0
  local mtls security=org.apache.kafka.common.security
  mtls=MTLS://127.0.0.1:$(mtls_port "$n")
  cat "$secure/server.key" "$secure/server.pem" >"$dir/node-$n/keystore.pem"
  cp "$secure/client.pem" "$dir/node-$n/truststore.pem"
  sed -i -e 's|PLAINTEXT:PLAINTEXT,CONTROLLER|PLAINTEXT:SASL_SSL,MTLS:SSL,CONTROLLER|' \
    -e "s|^\(advertised.\)\?listeners=.*|&,$mtls|" "$dir/node-$n/server.properties"
  cat >>"$dir/node-$n/server.properties" <<TEXT
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512${issuer:+,OAUTHBEARER}
listener.name.plaintext.plain.sasl.jaas.config=$security.plain.PlainLoginModule required user_admin="admin" user_dateline="dateline";
listener.name.plaintext.scram-sha-256.sasl.jaas.config=$security.scram.ScramLoginModule required;
listener.name.plaintext.scram-sha-512.sasl.jaas.config=$security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location=$dir/node-$n/keystore.pem
listener.name.mtls.ssl.truststore.type=PEM
listener.name.mtls.ssl.truststore.location=$dir/node-$n/truststore.pem
listener.name.mtls.ssl.client.auth=required
listener.name.mtls.ssl.principal.mapping.rules=RULE:^CN=([^,]+).*\$/\$1/
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:admin;User:ANONYMOUS
TEXT
  [ -n "$issuer" ] || return 0
  # A connection lasts as long as its first token, unless the client re-authenticates with another.
  cat >>"$dir/node-$n/server.properties" <<TEXT
listener.name.plaintext.oauthbearer.sasl.jaas.config=$security.oauthbearer.OAuthBearerLoginModule required;
listener.name.plaintext.oauthbearer.sasl.server.callback.handler.class=$security.oauthbearer.OAuthBearerValidatorCallbackHandler
listener.name.plaintext.oauthbearer.connections.max.reauth.ms=3600000
sasl.oauthbearer.jwks.endpoint.url=$issuer/keys
sasl.oauthbearer.expected.issuer=$issuer
sasl.oauthbearer.expected.audience=kafka
sasl.oauthbearer.clock.skew.seconds=1
TEXT
}

launch() {
  local n=$1 home=$dir/node-$1
  rm -f "$home/pid"
  # Kafka fetches an issuer's keys only from URLs that this allows.
  local keys
  keys=$(sed -n 's/^sasl.oauthbearer.jwks.endpoint.url=//p' "$home/server.properties")
  # The broker is detached and inherits no descriptor: a reader of our output must not wait for the broker's end.
  (
    cd "$home"
    trap '' HUP INT
    kafka_java -cp "$jars/*" ${keys:+-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls="$keys"} \
      -Dorg.slf4j.simpleLogger.defaultLogLevel=warn \
      -Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info -Dorg.slf4j.simpleLogger.showDateTime=true \
      -Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS kafka.Kafka "$home/server.properties"
  ) >"$home/log" 2>&1 </dev/null &
  echo $! >"$home/pid"
  disown
}

# A node is ready when it reports itself registered and unfenced, and its port answers.
wait_ready() {
  local n=$1 deadline=$((SECONDS + 90))
  until grep -q 'Kafka Server started' "$dir/node-$n/log" && answers "$(broker_port "$n")"; do
    pid_of "$n" >/dev/null || sleep 0.2
    if ! pid_of "$n" >/dev/null; then tail -n 20 "$dir/node-$n/log" >&2; fail "node $n ended; its log is $dir/node-$n/log"; fi
    [ $SECONDS -lt $deadline ] || { tail -n 20 "$dir/node-$n/log" >&2; fail "node $n was not ready after 90 s; its log is $dir/node-$n/log"; }
    sleep 0.1
  done
}

end_node() {
  local n=$1 pid deadline=$((SECONDS + 10))
  pid=$(pid_of "$n") || return 0
  kill "$pid" 2>/dev/null || true
  while pid_of "$n" >/dev/null; do
    [ $SECONDS -lt $deadline ] || kill -9 "$pid" 2>/dev/null || true
    sleep 0.1
  done
  rm -f "$dir/node-$n/pid"
}

# Reads the options that the cluster was started with.
known() {
  [ -f "$dir/cluster" ] || fail "no cluster in $dir"
  read -r nodes base <"$dir/cluster"
}

print_brokers() {
  local n list=''
  for n in $(seq "$nodes"); do list+=${list:+,}127.0.0.1:$(broker_port "$n"); done
  echo "brokers=$list"
  [ -n "$via" ] || return 0
  list=''
  for n in $(seq "$nodes"); do list+=${list:+,}127.0.0.1:$(internal_port "$n"); done
  echo "internal=$list"
  [ -n "$secure" ] || return 0
  list=''
  for n in $(seq "$nodes"); do list+=${list:+,}127.0.0.1:$(mtls_port "$n"); done
  echo "mtls=$list"
}

start() {
  need_java
  need_jars
  mkdir -p "$dir"
  dir=$(cd "$dir" && pwd)
  local n id
  for n in 1 2 3; do ! pid_of "$n" >/dev/null || fail "node $n already runs in $dir; stop it first: kafka.sh stop --dir $dir"; done
  # Data of an earlier start is used again; its layout cannot change.
  if [ -f "$dir/cluster" ]; then known; fi
  for n in $(seq "$nodes"); do
    for port in "$(broker_port "$n")" "$(($(broker_port "$n") + 1))"; do
      ! answers "$port" || fail "port $port is taken; choose others with --port BASE"
    done
  done
  if [ ! -f "$dir/cluster" ]; then
    id=$(head -c 16 /dev/urandom | base64 | tr '+/' 'AB' | tr -d '=')
    local jobs=()
    for n in $(seq "$nodes"); do
      rm -rf "$dir/node-$n"
      mkdir -p "$dir/node-$n"
      write_properties "$n"
      local users=()
      if [ -n "$secure" ]; then
        for user in admin dateline; do
          for scram in SCRAM-SHA-256 SCRAM-SHA-512; do users+=(--add-scram "$scram=[name=$user,password=$user]"); done
        done
      fi
      (kafka_java -cp "$jars/*" kafka.tools.StorageTool format -t "$id" "${users[@]}" -c "$dir/node-$n/server.properties" >"$dir/node-$n/format.log" 2>&1) &
      jobs+=($!)
    done
    for n in "${jobs[@]}"; do
      wait "$n" || { cat "$dir"/node-*/format.log >&2; fail "the storage could not be formatted"; }
    done
    echo "$nodes $base" >"$dir/cluster"
  fi
  for n in $(seq "$nodes"); do launch "$n"; done
  if [ -n "$watch" ]; then
    (
      trap '' HUP INT
      while kill -0 "$watch" 2>/dev/null; do sleep 0.5; done
      exec bash "$here/kafka.sh" stop --purge --dir "$dir"
    ) >/dev/null 2>&1 </dev/null &
    disown
  fi
  for n in $(seq "$nodes"); do wait_ready "$n"; done
  print_brokers
}

stop() {
  local n pid
  for n in 1 2 3; do if pid=$(pid_of "$n"); then kill "$pid" 2>/dev/null || true; fi; done
  for n in 1 2 3; do end_node "$n"; done
  if [ -n "$purge" ] && [ -f "$dir/cluster" ]; then rm -rf "$dir"; fi
}

[ ! -d "$dir" ] || dir=$(cd "$dir" && pwd)
case $command in
  start) start ;;
  stop) stop ;;
  status)
    known
    for n in $(seq "$nodes"); do
      if pid=$(pid_of "$n"); then
        echo "node $n: pid $pid, 127.0.0.1:$(broker_port "$n"), $(ps -o rss= -p "$pid" | awk '{printf "%d MB", $1 / 1024}')"
      else
        echo "node $n: down"
      fi
    done
    print_brokers
    ;;
  kill | halt | restart)
    known
    [ -n "$node" ] && [ "$node" -le "$nodes" ] || fail "$command needs a node: 1 to $nodes"
    if [ "$command" = kill ]; then
      if pid=$(pid_of "$node"); then kill -9 "$pid"; fi
      while pid_of "$node" >/dev/null; do sleep 0.05; done
      rm -f "$dir/node-$node/pid"
    else
      end_node "$node"
    fi
    if [ "$command" = restart ]; then
      need_java
      need_jars
      launch "$node"
      wait_ready "$node"
    fi
    ;;
  jars) need_jars && echo "$jars" ;;
  help | --help | -h) usage ;;
  *) usage >&2; fail "unknown command: $command" ;;
esac
