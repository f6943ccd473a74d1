#!/bin/sh
# Formats the C++ sources, or checks them, with the clang-format that package.json pins.
#   clang-format.sh --check | --write
set -eu
cd "$(dirname "$0")/.."
case "${1-}" in
  --check) set -- --dry-run --Werror ;;
  --write) set -- -i ;;
  *) echo 'usage: clang-format.sh --check | --write' >&2; exit 64 ;;
esac
find native -name '*.cc' -o -name '*.h' | sort | xargs node_modules/.bin/clang-format "$@"
