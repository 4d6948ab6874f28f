#!/usr/bin/env bash
# Builds the image from the Dockerfile and runs it against the stand-in, with Docker or else with buildah, podman and runc.
# Exit 0: done. 77: skipped, with the reason on stderr. 1: failed. REQUIRE_IMAGE=1 makes a failure of a skip.
set -euo pipefail
cd "$(dirname "$0")/.."

image=defender-update-incident:check
base=docker.io/library/$(sed -n 's/^FROM \(rust:[^ ]*\) AS build$/\1/p' Dockerfile)
work=$(mktemp -d)
trap 'kill "${sandbox:-}" 2>/dev/null || true; rm -rf "$work"' EXIT

skip() {
    echo "SKIPPED: $*" >&2
    [[ ${REQUIRE_IMAGE:-} == 1 ]] && exit 1
    exit 77
}

if docker info >/dev/null 2>&1; then
    engine=docker
    docker build -q -t "$image" . >/dev/null
    run=(docker run)
else
    [[ $(id -u) == 0 ]] || skip "no Docker engine, and only root can build without one"
    for tool in buildah podman runc; do
        command -v "$tool" >/dev/null || skip "no Docker engine, and no $tool"
    done
    engine="buildah and podman"
    # Machines that may not raise limits, or have no systemd, refuse podman's defaults.
    cat > "$work/containers.conf" <<'CONF'
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
CONF
    export CONTAINERS_CONF=$work/containers.conf
    export BUILDAH_ISOLATION=chroot
    if ! podman image exists "$base" && ! timeout 60 podman pull -q "$base" >/dev/null 2>&1; then
        command -v debootstrap >/dev/null || skip "$base cannot be pulled, and there is no debootstrap to make a stand-in"
        echo "$base cannot be pulled: making a stand-in of Debian's packages and this machine's Rust"
        debootstrap --variant=minbase --include=gcc,libc6-dev,ca-certificates bookworm "$work/base" >"$work/debootstrap.log" 2>&1 ||
            skip "no stand-in for $base can be made: $(tail -n 1 "$work/debootstrap.log")"
        mkdir -p "$work/base/usr/local/rust"
        tar -C "$(readlink -f "$(rustc --print sysroot)")" --exclude=share/doc -cf - . | tar -C "$work/base/usr/local/rust" -xf -
        container=$(buildah from scratch)
        buildah copy -q "$container" "$work/base" / >/dev/null
        buildah config --env PATH=/usr/local/rust/bin:/usr/sbin:/usr/bin:/sbin:/bin --env CARGO_HOME=/usr/local/cargo \
            --label stand-in=true "$container"
        buildah commit -q --rm "$container" "$base" >/dev/null
        rm -rf "$work/base"
    fi
    [[ $(podman image inspect -f '{{index .Labels "stand-in"}}' "$base") != true ]] || engine+=", on a stand-in for $base"
    podman run --rm --network none "$base" /bin/true || skip "no container runs here"
    # What the host trusts is what cargo may trust inside.
    bundle=/etc/ssl/certs/ca-certificates.crt
    buildah bud -q --pull-never --volume "$bundle:$bundle:ro" -t "$image" . >/dev/null
    run=(podman run)
fi

cargo build -q --example sandbox
mkfifo "$work/stdin"
target/debug/examples/sandbox --tls --ca-out "$work/ca.pem" <"$work/stdin" >"$work/sandbox.json" &
sandbox=$!
exec 9>"$work/stdin"
until [[ -s $work/sandbox.json ]]; do sleep 0.1; done
python3 - "$work" <<'PYTHON'
import json, pathlib, sys
work = pathlib.Path(sys.argv[1])
at = json.loads((work / "sandbox.json").read_text())
asset = {"url": at["origin"], "login_url": at["origin"], "tenant_id": at["tenant"], "client_id": at["client_id"],
         "client_secret": at["client_secret"], "scope": at["scope"], "ca_certificate": (work / "ca.pem").read_text()}
(work / "input.json").write_text(json.dumps({"asset": asset, "path_parameters": {"id": 552}, "json_body": {"status": "Resolved"}}))
PYTHON
"${run[@]}" --rm -i --network host --read-only --cap-drop=ALL --security-opt no-new-privileges "$image" <"$work/input.json" >"$work/out.json"
grep -q '"status":"Resolved"' "$work/out.json" || { cat "$work/out.json"; exit 1; }
code=0
"${run[@]}" --rm -i --network none "$image" </dev/null >"$work/out.json" || code=$?
[[ $code == 2 ]] || { echo "expected exit 2 without input, found $code"; exit 1; }
inspect=${run[0]}
[[ $($inspect image inspect -f '{{.Config.User}}' "$image") == 65532:65532 ]] || { echo "the image's user is another"; exit 1; }
size=$($inspect image inspect -f '{{.Size}}' "$image")
((size < 5000000)) || { echo "the image has $size bytes"; exit 1; }
echo "image: built and run with $engine, $size bytes"
