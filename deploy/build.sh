#!/bin/sh
# Builds the one static file that is shipped: deploy/build.sh [TARGET_DIR] prints its path. No path of the machine goes into
# it, so that two builds of one commit with one toolchain can be compared:
#   cmp "$(deploy/build.sh /tmp/one)" "$(deploy/build.sh /tmp/two)"
# What follows TARGET_DIR is for the compiler: `-C strip=none` keeps the names of the functions, for valgrind.
set -eu
cd "$(dirname "$0")/.."
target_dir=${1:-target/static}
[ $# -eq 0 ] || shift
# An explicit target keeps these flags away from procedural macros, which cannot be static.
triple=$(rustc -vV | sed -n 's/^host: //p')
cargo_home=${CARGO_HOME:-$HOME/.cargo}
# linux_getrandom: without it the binary looks the system call up in a library that is not there, and needs /dev.
RUSTFLAGS="-C target-feature=+crt-static --cfg getrandom_backend=\"linux_getrandom\" \
--remap-path-prefix=$cargo_home=/cargo --remap-path-prefix=$(pwd)=/src" \
    cargo rustc --release --locked --bin defender-update-incident --target "$triple" --target-dir "$target_dir" -- "$@" >&2
echo "$target_dir/$triple/release/defender-update-incident"
