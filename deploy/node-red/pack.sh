#!/bin/sh
# Packs the nodes with the program into one file to install: deploy/node-red/pack.sh PROGRAM FOLDER prints its path. PROGRAM is what
# deploy/build.sh printed. The program is inside the package, since npm runs no install script without being asked.
set -eu
[ $# -eq 2 ] || { echo "usage: $0 PROGRAM FOLDER" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd -P)
mkdir -p "$2"
folder=$(cd "$2" && pwd -P)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
install -m 755 "$1" "$work/bin/defender-update-incident"
cp "$here/package.json" "$here/README.md" "$here/defender.js" "$here/defender.html" "$here/program.js" "$work/"
file=$(cd "$work" && npm pack --silent --pack-destination "$folder")
echo "$folder/$file"
