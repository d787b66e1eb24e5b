#!/usr/bin/env bash
# cluster.sh: builds, then ZooKeeper and three brokers on this machine; Ctrl-C ends them cleanly, the data stays.
# A broker that is killed is started again after eight seconds, as a service manager would.
# CLUSTER_PORT (9092): the first broker's port; the others' follow, those between brokers lie 100 above. ZOOKEEPER_PORT (2181).
# ADMIN_PORT (8090): the first broker's admin interface; the others' follow.
# CLUSTER_DATA (data/cluster): the folder of data, logs and pid files.
. "$(dirname "$0")/common.sh"
port=${CLUSTER_PORT:-9092}
zookeeper_port=${ZOOKEEPER_PORT:-2181}
admin_port=${ADMIN_PORT:-8090}
data=$(realpath -m "${CLUSTER_DATA:-data/cluster}")
jars=/usr/share/java/zookeeper.jar:/usr/share/java/slf4j-simple.jar
pids=()
declare -A name_of

is_open() { (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }

for each in "$zookeeper_port" $((port)) $((port + 1)) $((port + 2)) $((port + 100)) $((port + 101)) $((port + 102)) \
  $((admin_port)) $((admin_port + 1)) $((admin_port + 2)); do
  ! is_open "$each" || { echo "cluster.sh: port $each is in use; choose others with CLUSTER_PORT, ADMIN_PORT and ZOOKEEPER_PORT" >&2; exit 1; }
done
scripts/deps.sh --check build cluster || scripts/deps.sh build cluster
scripts/build.sh release ottla
mkdir -p "$data"

# Each in a session of its own: Ctrl-C reaches this script only, and ZooKeeper must outlive the brokers.
start() {
  local name=$1; shift
  setsid "$@" >> "$data/$name.log" 2>&1 < /dev/null &
  pids+=($!)
  name_of[$!]=$name
  echo $! > "$data/$name.pid"
}

# Brokers first, the newest first: each hands its leaderships over to those that are left.
end() {
  local i
  trap '' INT TERM
  printf '\nstopping\n'
  for ((i = ${#pids[@]} - 1; i >= 0; --i)); do
    kill -TERM "${pids[i]}" 2> /dev/null && wait "${pids[i]}" 2> /dev/null || true
  done
}

# wait_for WHAT SECONDS COMMAND...: fails with the end of its log when it takes longer or has ended.
wait_for() {
  local what=$1 tries=$(($2 * 5)) pid=${pids[-1]}; shift 2
  until "$@" > /dev/null 2>&1; do
    kill -0 "$pid" 2> /dev/null && ((tries-- > 0)) || { echo "$what does not serve; its log says:" >&2; tail -n 5 "$data/$what.log" >&2; exit 1; }
    sleep 0.2
  done
}
# A question that reaches ZooKeeper while it starts may stay without an answer.
zookeeper_serves() (exec 3<> "/dev/tcp/127.0.0.1/$zookeeper_port" && echo srvr >&3 && timeout 2 grep -q Mode: <&3)
brokers_there() { [ "$(build/ottla cluster describe --bootstrap "127.0.0.1:$port" --json | python3 -c 'import json, sys; print(len(json.load(sys.stdin)["brokers"]))')" = "$1" ]; }

trap end EXIT
trap 'exit 0' INT TERM
cat > "$data/zoo.cfg" <<END
tickTime=1000
maxSessionTimeout=60000
admin.enableServer=false
4lw.commands.whitelist=srvr
clientPortAddress=127.0.0.1
clientPort=$zookeeper_port
dataDir=$data/zookeeper
END
start zookeeper java -Xmx256m -cp "$jars" org.apache.zookeeper.server.quorum.QuorumPeerMain "$data/zoo.cfg"
wait_for zookeeper 60 zookeeper_serves

start_broker() {
  start "broker-$1" build/ottla serve -o node.id="$1" -o log.dirs="$data/broker-$1" \
    -o zookeeper.connect="127.0.0.1:$zookeeper_port/ottla" -o zookeeper.session.timeout.ms=3000 \
    -o listeners="PLAINTEXT://127.0.0.1:$((port + $1 - 1)),BROKERS://127.0.0.1:$((port + $1 + 99))" \
    -o listener.security.protocol.map=PLAINTEXT:PLAINTEXT,BROKERS:PLAINTEXT -o inter.broker.listener.name=BROKERS \
    -o ottla.cluster.secret.file="$data/secret" -o admin.listeners="http://127.0.0.1:$((admin_port + $1 - 1))" \
    -o default.replication.factor=3 -o min.insync.replicas=2 -o offsets.topic.replication.factor=3
}
for n in 1 2 3; do
  start_broker $n
  wait_for "broker-$n" 60 brokers_there $n
done

bootstrap="127.0.0.1:$port,127.0.0.1:$((port + 1)),127.0.0.1:$((port + 2))"
cat <<END

ZooKeeper listens on 127.0.0.1:$zookeeper_port, the brokers on $bootstrap,
their admin interfaces on http://127.0.0.1:$admin_port, http://127.0.0.1:$((admin_port + 1)), http://127.0.0.1:$((admin_port + 2)).
Data and logs are in $data. Paste into another terminal:

  echo hello | build/ottla produce demo --bootstrap $bootstrap
  build/ottla consume demo --bootstrap $bootstrap

Ctrl-C ends all of them.
END
while true; do
  wait -n "${pids[@]}" 2> /dev/null || true
  left=()
  ended=()
  for pid in "${pids[@]}"; do
    if kill -0 "$pid" 2> /dev/null; then left+=("$pid"); else ended+=("${name_of[$pid]}"); fi
  done
  pids=(${left[@]+"${left[@]}"})
  for name in ${ended[@]+"${ended[@]}"}; do
    [ "$name" != zookeeper ] || { echo "zookeeper has ended; $data/zookeeper.log says why" >&2; exit 1; }
    echo "$name has ended; starting it again in 8 s ($data/$name.log)"
    sleep 8 & wait $! || true  # a trap does not wait for a command in the foreground
    start_broker "${name#broker-}"
  done
done
