# Sourced: native_copy DIRECTORY copies what a native build and its contract tests need, so that build/ stays as it is.

native_copy() {
  mkdir -p "$1"
  cp -R binding.gyp package.json tsconfig.json vitest.config.ts native src test "$1"
  # The images may be large.
  ln -s "$PWD/rootfs-fixtures" "$1/rootfs-fixtures"
  ln -s "$PWD/node_modules" "$1/node_modules"
}

# A package of Node's has its headers beside it; node-gyp would fetch them elsewhere.
node_prefix=$(dirname "$(dirname "$(node -p process.execPath)")")
if [ -f "$node_prefix/include/node/node_api.h" ]; then export npm_config_nodedir="$node_prefix"; fi
