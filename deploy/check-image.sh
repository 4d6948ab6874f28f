#!/usr/bin/env bash
# Builds the image from the Dockerfile and runs it against the stand-in, with Docker or else with buildah, podman and runc.
# Exit 0: done, and target/image/run-command holds the command that starts the image, as a JSON list for tests/runners/deploy.rs.
# 77: skipped, with the reason on stderr. Any other: failed. REQUIRE_IMAGE=1 makes a failure of a skip. QUICK_IMAGE=1 lets buildah
# compile without optimisation, which saves minutes and shows as well whether every step of the Dockerfile works.
set -euo pipefail
cd "$(dirname "$0")/.."

image=defender-update-incident:check
base=docker.io/library/$(sed -n 's/^FROM \(rust:[^ ]*\) AS build$/\1/p' Dockerfile)
kept=$PWD/target/image
mkdir -p "$kept"
rm -f "$kept/run-command"
work=$(mktemp -d)
trap 'kill "${sandbox:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
: >"$work/log"

skip() {
    echo "SKIPPED: $*" >&2
    [[ ${REQUIRE_IMAGE:-} == 1 ]] && exit 1
    exit 77
}

command -v python3 >/dev/null || skip "no python3 to write the input with"

# Debian's packages and this machine's Rust under the base's name, with a label that tells it from the published one.
make_stand_in() {
    debootstrap --variant=minbase --include=gcc,libc6-dev,ca-certificates bookworm "$work/base" >"$work/log" 2>&1 &&
        mkdir -p "$work/base/usr/local/rust" &&
        tar -C "$(readlink -f "$(rustc --print sysroot)")" --exclude=share/doc -cf - . | tar -C "$work/base/usr/local/rust" -xf - &&
        container=$(buildah from scratch 2>"$work/log") &&
        buildah copy -q "$container" "$work/base" / >"$work/log" 2>&1 &&
        buildah config --env PATH=/usr/local/rust/bin:/usr/sbin:/usr/bin:/sbin:/bin --env CARGO_HOME=/usr/local/cargo \
            --label stand-in=true "$container" &&
        buildah commit -q --rm "$container" "$base" >"$work/log" 2>&1 &&
        rm -rf "$work/base"
}

if docker info >/dev/null 2>&1; then
    engine=docker
    run=(docker)
    docker image inspect "$base" >/dev/null 2>&1 || docker pull -q "$base" >/dev/null 2>"$work/log" ||
        skip "Docker cannot pull $base: $(tail -n 1 "$work/log")"
else
    [[ $(id -u) == 0 ]] || skip "no Docker engine, and only root can build without one"
    for tool in buildah podman runc; do
        command -v "$tool" >/dev/null || skip "no Docker engine, and no $tool"
    done
    engine="buildah and podman"
    # Machines that may not raise limits, or have no systemd, refuse podman's defaults.
    cat > "$kept/containers.conf" <<'CONF'
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
CONF
    export CONTAINERS_CONF=$kept/containers.conf
    export BUILDAH_ISOLATION=chroot
    run=(env "CONTAINERS_CONF=$CONTAINERS_CONF" podman)
    if ! podman image exists "$base" && ! timeout 60 podman pull -q "$base" >/dev/null 2>&1; then
        command -v debootstrap >/dev/null || skip "$base cannot be pulled, and there is no debootstrap to make a stand-in"
        echo "$base cannot be pulled: making a stand-in of Debian's packages and this machine's Rust"
        make_stand_in || { [[ -z ${container:-} ]] || buildah rm "$container" >/dev/null; skip "no stand-in for $base can be made: $(tail -n 1 "$work/log")"; }
    fi
    [[ $(podman image inspect -f '{{index .Labels "stand-in"}}' "$base") != true ]] || engine+=", on a stand-in for $base"
fi

cargo build -q --locked --example sandbox
mkfifo "$work/stdin"
# Not by cargo, which waits for whatever else it builds here.
"${CARGO_TARGET_DIR:-target}/debug/examples/sandbox" --tls --ca-out "$work/ca.pem" <"$work/stdin" >"$work/sandbox.json" &
sandbox=$!
exec 9>"$work/stdin"
for _ in {1..100}; do
    [[ ! -s $work/sandbox.json ]] || break
    sleep 0.1
done
port=$(sed -n 's/.*"origin":"[^"]*:\([0-9]*\)".*/\1/p' "$work/sandbox.json")
[[ -n $port ]] || { echo "the stand-in did not start"; exit 1; }

# What follows needs containers that run, and that reach this machine, which those of an engine elsewhere do not.
"${run[@]}" run --rm --network none "$base" /bin/true 2>"$work/log" || skip "no container runs here: $(tail -n 1 "$work/log")"
"${run[@]}" run --rm --network host "$base" bash -c "exec 3<>/dev/tcp/127.0.0.1/$port" 2>"$work/log" ||
    skip "a container does not reach this machine: $(tail -n 1 "$work/log")"

# From here on nothing is skipped.
source=https://example.com/source
if [[ $engine == docker ]]; then
    docker build -q --build-arg SOURCE="$source" -t "$image" . >/dev/null
else
    # What the host trusts is what cargo may trust inside.
    bundle=/etc/ssl/certs/ca-certificates.crt
    options=(--volume "$bundle:$bundle:ro")
    if [[ ${QUICK_IMAGE:-} == 1 ]]; then
        engine+=", without optimisation"
        # Such a layer is not kept: buildah knows one by its command, and would take it for an optimised one later.
        printf '[profile.release]\nopt-level = 0\nlto = "off"\ncodegen-units = 16\n' >"$work/cargo.toml"
        options+=(--layers=false --volume "$work/cargo.toml:/usr/local/cargo/config.toml:ro")
    else
        options+=(--layers)
    fi
    buildah bud -q --pull-never "${options[@]}" --build-arg SOURCE="$source" -t "$image" . >/dev/null
fi
start=("${run[@]}" run --rm -i --network host --read-only --cap-drop=ALL --security-opt no-new-privileges "$image")
python3 - "$work" <<'PYTHON'
import json, pathlib, sys
work = pathlib.Path(sys.argv[1])
at = json.loads((work / "sandbox.json").read_text())
asset = {"url": at["origin"], "login_url": at["origin"], "tenant_id": at["tenant"], "client_id": at["client_id"],
         "client_secret": at["client_secret"], "scope": at["scope"], "ca_certificate": (work / "ca.pem").read_text()}
(work / "input.json").write_text(json.dumps({"asset": asset, "path_parameters": {"id": 552}, "json_body": {"status": "Resolved"}}))
PYTHON
"${start[@]}" <"$work/input.json" >"$work/out.json" || { cat "$work/out.json"; exit 1; }
grep -q '"status":"Resolved"' "$work/out.json" || { cat "$work/out.json"; exit 1; }
code=0
"${run[@]}" run --rm -i --network none "$image" </dev/null >"$work/out.json" || code=$?
[[ $code == 2 ]] || { echo "expected exit 2 without input, found $code"; exit 1; }
"${run[@]}" image inspect -f '{{json .Config}}' "$image" >"$work/config.json"
"${run[@]}" save -o "$work/image.tar" "$image" >"$work/log" 2>&1
python3 - "$work" "$source" <<'PYTHON'
import io, json, pathlib, re, sys, tarfile
work, source = pathlib.Path(sys.argv[1]), sys.argv[2]
package = dict(re.findall(r'^(\w+) = "(.*)"$', re.search(r"^\[package\]\n(.*?)(?=^\[|\Z)", pathlib.Path("Cargo.toml").read_text(), re.M | re.S)[1], re.M))
config = json.loads((work / "config.json").read_text())
label = lambda name: config["Labels"].get("org.opencontainers.image." + name)
expected = {"title": package["name"], "version": package["version"], "licenses": package["license"], "source": source}
found = {name: label(name) for name in expected}
assert found == expected, f"expected the labels {expected}, found {found}"
assert config["User"] == "65532:65532", f"the image's user is {config['User']}"
assert config["Entrypoint"] == ["/defender-update-incident"], f"the image starts {config['Entrypoint']}"
with tarfile.open(work / "image.tar") as image:
    layers = json.load(image.extractfile("manifest.json"))[0]["Layers"]
    files = [file.name.lstrip("./") for layer in layers
             for file in tarfile.open(fileobj=io.BytesIO(image.extractfile(layer).read())) if not file.isdir()]
assert files == ["defender-update-incident"], f"the image holds {files}"
PYTHON
# The plugin for InsightConnect is this image and one more file; it is started as the platform's own tool starts plugins.
plugin=defender-update-incident-insightconnect:check
if [[ $engine == docker ]]; then
    docker build -q --build-arg IMAGE="$image" -t "$plugin" deploy/insightconnect >/dev/null
else
    buildah bud -q --pull-never --build-arg IMAGE="localhost/$image" -t "$plugin" deploy/insightconnect >/dev/null
fi
python3 - "$work" <<'PYTHON'
import json, pathlib, sys
work = pathlib.Path(sys.argv[1])
asset = json.loads((work / "input.json").read_text())["asset"]
connection = {**asset, "client_secret": {"secretKey": asset["client_secret"]}}
body = {"action": "update_incident", "meta": {"n": 1}, "input": {"incident_id": 552, "status": "Active"}, "connection": connection}
(work / "message.json").write_text(json.dumps({"version": "v1", "type": "action_start", "body": body}))
PYTHON
for argument in run test; do
    "${run[@]}" run --rm -i --network host "$plugin" --debug "$argument" <"$work/message.json" >"$work/out.json" ||
        { cat "$work/out.json"; exit 1; }
    grep -q '"status":"ok","meta":{"n":1}' "$work/out.json" || { cat "$work/out.json"; exit 1; }
done
"${run[@]}" save -o "$work/plugin.tar" "$plugin" >"$work/log" 2>&1
python3 - "$work" <<'PYTHON'
import io, json, pathlib, sys, tarfile
with tarfile.open(pathlib.Path(sys.argv[1]) / "plugin.tar") as image:
    layers = json.load(image.extractfile("manifest.json"))[0]["Layers"]
    files = {file.name.lstrip("./") for layer in layers
             for file in tarfile.open(fileobj=io.BytesIO(image.extractfile(layer).read())) if not file.isdir()}
assert files == {"defender-update-incident", "plugin.spec.yaml"}, f"the plugin's image holds {files}"
PYTHON
size=$("${run[@]}" image inspect -f '{{.Size}}' "$image")
[[ $engine == *"without optimisation" ]] || ((size < 5000000)) || { echo "the image has $size bytes"; exit 1; }
python3 -c 'import json, sys; print(json.dumps(sys.argv[1:]))' "${start[@]}" >"$kept/run-command"
echo "image: built and run with $engine, $size bytes"
