#!/bin/sh
# From a machine with Node, npm and apt to a built tsrun: Debian packages, npm packages, native code, bundle.
#
#   setup.sh              what is needed to build, run and test
#   setup.sh --vm         also what the virtual machine of test/vm needs
#   setup.sh --foreign    also the tools that make images for us to read (skopeo, umoci, buildah, podman), and a registry to pull from
#   setup.sh --clients    also the OCI clients of test/clients (podman, buildah, containerd, docker) and runc, to compare with
#   setup.sh --packages-only
#
# One line per phase that has something to do; the output of a phase is shown only when it fails. Safe to repeat: what is
# up to date is left alone. Set TSRUN_SETUP_NO_APT=1 where packages are managed by somebody else.
set -eu
cd "$(dirname "$0")/.."
. scripts/phase.sh

packages='gcc g++ make python3 libc6-dev libseccomp-dev liblzma-dev libzstd-dev libbz2-dev libisal-dev busybox-static uidmap zstd xz-utils bzip2
  iproute2 nftables'
only_packages=false
for argument; do
  case "$argument" in
    --vm) packages="$packages qemu-system-x86 linux-image-amd64 kmod cpio e2fsprogs
      systemd dbus dbus-user-session libpam-systemd" ;;
    --foreign) packages="$packages skopeo umoci buildah podman docker-registry openssl passt" ;;
    --clients) packages="$packages podman buildah containerd docker.io runc conmon slirp4netns catatonit iptables
      containernetworking-plugins" ;;
    --packages-only) only_packages=true ;;
    *) echo "setup.sh: unknown argument \"$argument\"; it knows --vm, --foreign, --clients and --packages-only" >&2; exit 64 ;;
  esac
done

# ---- Debian packages
missing=$(for package in $packages; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q ' installed$' || echo "$package"
done)
if [ -n "$missing" ] && [ "${TSRUN_SETUP_NO_APT:-0}" != 1 ]; then
  command -v apt-get >/dev/null || {
    echo 'tsrun: this script installs packages with apt only; elsewhere install the equivalents of:' >&2
    echo "$missing" >&2
    echo 'and set TSRUN_SETUP_NO_APT=1' >&2
    exit 69
  }
  as_root=
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "tsrun: install these as root first: "$missing >&2; exit 69; }
    as_root=sudo
    sudo -v
  fi
  apt() { $as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@"; }
  install_packages() { apt update && apt install -y --no-install-recommends $missing; }
  phase "Debian packages ($(echo $missing | wc -w))" install_packages
fi
if $only_packages; then exit 0; fi

# ---- npm packages. Without scripts: the native code is built below, once.
digest() { sha256sum | cut -d ' ' -f 1; }
lock=$(cat package-lock.json | digest)
if [ "$(cat node_modules/.tsrun-lock 2>/dev/null)" != "$lock" ]; then
  # clang-format-node's only script makes its programs executable.
  install_node_packages() { npm ci --ignore-scripts --no-audit --no-fund && node node_modules/clang-format-node/chmod.js; }
  phase 'npm packages' install_node_packages
  echo "$lock" > node_modules/.tsrun-lock
fi

# ---- native code and bundle. A package of Node's has its headers beside it; node-gyp would fetch them elsewhere.
prefix=$(dirname "$(dirname "$(node -p process.execPath)")")
if [ -f "$prefix/include/node/node_api.h" ]; then export npm_config_nodedir="$prefix"; fi

built_from() { find "$@" -type f | LC_ALL=C sort | xargs cat | digest; }
native="$(node -p 'process.version + process.arch') $(built_from native binding.gyp)"
if [ "$(cat build/.tsrun-source 2>/dev/null)" != "$native" ] || [ ! -x build/Release/tsrun-init ]; then
  phase 'native code' npm run --silent build:native
  echo "$native" > build/.tsrun-source
fi
typescript=$(built_from src tsconfig.json tsconfig.build.json rolldown.config.js package.json)
if [ "$(cat dist/.tsrun-source 2>/dev/null)" != "$typescript" ]; then
  phase 'TypeScript' npm run --silent build:ts
  echo "$typescript" > dist/.tsrun-source
fi
