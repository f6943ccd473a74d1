#!/bin/sh
# Packs what npm would publish, has it looked at, installs it elsewhere and runs the command from there.
set -eu
cd "$(dirname "$0")/.."
. scripts/native-copy.sh
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

npm pack --ignore-scripts --silent --pack-destination "$scratch" >/dev/null
tarball=$(ls "$scratch"/tsrun-*.tgz)
node_modules/.bin/publint run "$tarball" --strict
node_modules/.bin/attw "$tarball" --profile esm-only
mkdir "$scratch/project"
cd "$scratch/project"
echo '{ "private": true, "type": "module" }' > package.json
# Only here the install script may build: as for somebody who installs tsrun.
npm install --no-audit --no-fund --foreground-scripts "$tarball"
node_modules/.bin/tsrun version
node -e "import('tsrun').then((library) => { if (typeof library.run !== 'function') throw new Error('no run in the library'); })"
