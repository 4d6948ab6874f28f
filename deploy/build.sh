#!/bin/sh
# Builds the one static file that is shipped: deploy/build.sh [TARGET_DIR] prints its path. No path of the machine goes into
# it, so that one commit and one toolchain make the same bytes in every folder:
#   cmp "$(deploy/build.sh /tmp/one)" "$(deploy/build.sh /tmp/two)"
# What follows TARGET_DIR is for the compiler: `-C strip=none` keeps the names of the functions, for valgrind.
set -eu
cd "$(dirname "$0")/.."
target_dir=${1:-target/static}
[ $# -eq 0 ] || shift
mkdir -p "$target_dir"
# An explicit target keeps these flags away from procedural macros, which cannot be static.
triple=$(rustc -vV | sed -n 's/^host: //p')
commit=$(rustc -vV | sed -n 's/^commit-hash: //p')

# Flags are divided by a character that no path has: a folder's name may have a space.
flags=
flag() { flags="$flags${flags:+$(printf '\037')}$1"; }
flag -Ctarget-feature=+crt-static
# Without it the binary looks the system call up in a library that is not there, and needs /dev.
flag '--cfg=getrandom_backend="linux_getrandom"'
# The last that fits counts. The standard library's sources are where they are only with the component rust-src.
flag "--remap-path-prefix=$(rustc --print sysroot)/lib/rustlib/src/rust=/rustc/$commit"
flag "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
flag "--remap-path-prefix=$(pwd -P)=/src"
flag "--remap-path-prefix=$(cd "$target_dir" && pwd -P)=/target"

CARGO_ENCODED_RUSTFLAGS=$flags \
    cargo rustc --release --locked --package defender-update-incident --bin defender-update-incident --target "$triple" --target-dir "$target_dir" -- "$@" >&2
echo "$(cd "$target_dir" && pwd -P)/$triple/release/defender-update-incident"
