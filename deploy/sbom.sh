#!/bin/sh
# Writes the bill of materials of the file that is shipped, as CycloneDX JSON: deploy/sbom.sh [FILE] prints the file's path. It
# takes cargo-cyclonedx (`cargo install --locked cargo-cyclonedx`). Listed are what is linked in, the macros it is made with, and
# zlib-rs, which flate2 could use and does not: cargo's metadata does not tell the two apart.
set -eu
cd "$(dirname "$0")/.."
file=${1:-target/defender-update-incident.cdx.json}
mkdir -p "$(dirname "$file")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Cargo joins the features that tests ask for to all others, and with them crates that are not shipped: a package without
# tests has none of these. The workspace's other members are not shipped either.
awk '/^\[/ { left_out = /dev-dependencies\]$/ || /^\[workspace/ } !left_out' Cargo.toml > "$work/Cargo.toml"
cp Cargo.lock "$work/Cargo.lock"
mkdir "$work/src"
cp src/main.rs "$work/src/main.rs"
touch "$work/src/lib.rs"
# The commit's time, so that one commit makes the same bytes.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
cargo cyclonedx -q --manifest-path "$work/Cargo.toml" --format json --spec-version 1.5 --describe binaries --no-build-deps \
    --target "$(rustc -vV | sed -n 's/^host: //p')" >&2
# Where it was made is nobody's concern.
sed "s|path+file://$work|path+file:///src|g" "$work/defender-update-incident_bin.cdx.json" > "$file"
echo "$file"
