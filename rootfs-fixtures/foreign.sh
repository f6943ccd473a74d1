#!/bin/sh
# The busybox image as other tools write it, so that we read what others write. A tool that is not installed is left out.
#   foreign.sh OUT       (after the standard set)
set -eu
out=$1
scratch=$(mktemp -d)
trap 'chmod -R u+rwX "$scratch"; rm -rf "$scratch"' EXIT
has() { command -v "$1" >/dev/null; }

# Neither signatures nor the user's own storage and registries play a part.
printf '{ "default": [{ "type": "insecureAcceptAnything" }] }\n' > "$scratch/policy.json"
printf '[storage]\ndriver = "vfs"\nrunroot = "%s/run"\ngraphroot = "%s/graph"\n' "$scratch" "$scratch" > "$scratch/storage.conf"
export CONTAINERS_STORAGE_CONF="$scratch/storage.conf"
source=oci:$out/busybox-oci:latest

if has skopeo; then
  copy() { skopeo --policy "$scratch/policy.json" copy --quiet "$source" "$1"; }
  rm -f "$out/skopeo-docker.tar" "$out/skopeo-oci.tar"
  copy "docker-archive:$out/skopeo-docker.tar:busybox:latest"
  copy "oci-archive:$out/skopeo-oci.tar:busybox:latest"
fi

if has umoci; then
  # umoci repacks: a layer of its own on top, and garbage collection.
  cp -r "$out/busybox-oci" "$scratch/umoci"
  if [ "$(id -u)" = 0 ]; then rootless=; else rootless=--rootless; fi
  umoci unpack $rootless --image "$scratch/umoci:latest" "$scratch/bundle"
  echo umoci > "$scratch/bundle/rootfs/etc/made-by"
  rm "$scratch/bundle/rootfs/etc/os-release"
  umoci repack --image "$scratch/umoci:latest" "$scratch/bundle"
  umoci config --image "$scratch/umoci:latest" --config.user bob
  umoci gc --layout "$scratch/umoci"
  tar -C "$scratch/umoci" -cf "$out/umoci-oci.tar" .
fi

if has buildah && [ "$(id -u)" = 0 ]; then
  # No RUN: it would need a container runtime. buildah gives the layer its own metadata.
  container=$(buildah --signature-policy "$scratch/policy.json" from "$source")
  buildah config --env MADE_BY=buildah --workingdir /tmp "$container"
  echo buildah > "$scratch/made-by"
  buildah copy --quiet "$container" "$scratch/made-by" /etc/made-by
  rm -f "$out/buildah-oci.tar"
  buildah --signature-policy "$scratch/policy.json" commit --quiet --rm "$container" "oci-archive:$out/buildah-oci.tar:busybox:latest"
fi

if has podman && [ "$(id -u)" = 0 ]; then
  run_podman() { podman --root "$scratch/graph" --runroot "$scratch/run" --storage-driver vfs "$@"; }
  id=$(run_podman load --quiet --signature-policy "$scratch/policy.json" --input "$out/busybox-docker.tar" | sed 's/.*: //')
  for format in docker-archive oci-archive; do
    rm -f "$out/podman-$format.tar"
    run_podman save --quiet --format "$format" --output "$out/podman-$format.tar" "$id"
  done
fi
