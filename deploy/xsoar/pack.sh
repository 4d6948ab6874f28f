#!/bin/sh
# Zips the pack by the vendor's tool, demisto-sdk, which has to be on PATH: deploy/xsoar/pack.sh FOLDER prints the file to upload. The tool
# asks for a repository of git with a folder Packs in it, so it gets one that lasts as long as this does.
set -eu
[ $# -eq 1 ] || { echo "usage: $0 FOLDER" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd -P)
mkdir -p "$1"
folder=$(cd "$1" && pwd -P)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R "$here/Packs" "$work/Packs"
cd "$work"
git init -q .
git add -A
git -c user.name=pack -c user.email=pack@example.com commit -q -m pack
DEMISTO_SDK_SKIP_VERSION_CHECK=true demisto-sdk zip-packs -i Packs/DefenderUpdateIncident -o out >&2
mv out/uploadable_packs/DefenderUpdateIncident.zip "$folder/"
echo "$folder/DefenderUpdateIncident.zip"
