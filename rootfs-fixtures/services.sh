#!/bin/sh
# nginx and redis from Debian's packages, in images as other tools make them: what people run in containers that live. Root only.
#   services.sh OUT
#
# nginx.tar   by buildah, in docker's format: HEALTHCHECK, STOPSIGNAL, its log on standard output
# redis.tar   by umoci, an OCI layout: a user of its own, a volume
#
# Packages are unpacked and not installed: no script of theirs runs, and what only those scripts need is left out.
set -eu
out=$1
scratch=$(mktemp -d)
trap 'chmod -R u+rwX "$scratch"; rm -rf "$scratch"' EXIT

# unpack NAME PACKAGE: the package with all that it depends on into $scratch/NAME, from the machine's own sources.
unpack() {
  root=$scratch/$1 archives=$scratch/archives-$1 package=$2
  mkdir -p "$archives/partial" "$root/root" "$root/run" "$root/tmp"
  chmod 1777 "$root/tmp"
  for directory in bin sbin lib lib64; do
    mkdir -p "$root/usr/$directory"
    ln -s "usr/$directory" "$root/$directory"
  done
  # An empty list of what is installed: everything is needed.
  : > "$scratch/installed"
  download() {
    apt-get -qq -y --no-install-recommends --download-only -o Dir::State::status="$scratch/installed" \
      -o Dir::Cache::archives="$archives" -o APT::Sandbox::User=root -o Acquire::Retries=3 install "$package"
  }
  download || { apt-get -qq update && download; }
  for file in "$archives"/*.deb; do
    case "${file##*/}" in
      perl* | libperl* | lib*-perl_* | dpkg_* | tar_* | passwd_* | libpam* | libdb5* | iproute2_*) continue ;;
    esac
    dpkg-deb --fsys-tarfile "$file" | tar -C "$root" --keep-directory-symlink -x
  done
  rm -rf "$root"/usr/share/doc "$root"/usr/share/man "$root"/usr/share/locale "$root"/usr/share/lintian "$root"/usr/lib/*/gconv
  cp "$(command -v busybox)" "$root/usr/bin/busybox"
  for name in sh ls cat grep wget ps id; do [ -e "$root/usr/bin/$name" ] || ln -s busybox "$root/usr/bin/$name"; done
  # The packages' scripts would add these.
  printf '%s\n' root:x:0:0:root:/root:/bin/sh www-data:x:33:33::/var/www:/bin/sh redis:x:999:999::/data:/bin/sh > "$root/etc/passwd"
  printf '%s\n' root:x:0: www-data:x:33: redis:x:999: > "$root/etc/group"
}

printf '{ "default": [{ "type": "insecureAcceptAnything" }] }\n' > "$scratch/policy.json"
printf '[storage]\ndriver = "vfs"\nrunroot = "%s/run"\ngraphroot = "%s/graph"\n' "$scratch" "$scratch" > "$scratch/storage.conf"
export CONTAINERS_STORAGE_CONF="$scratch/storage.conf"

unpack nginx nginx
root=$scratch/nginx
mkdir -p "$root/var/www/html" "$root/var/lib/nginx" "$root/var/log/nginx"
echo '<h1>the image</h1>' > "$root/var/www/html/index.html"
ln -sf /dev/stdout "$root/var/log/nginx/access.log"
ln -sf /dev/stderr "$root/var/log/nginx/error.log"
cat > "$root/etc/nginx/nginx.conf" <<'CONF'
user www-data;
worker_processes 2;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log notice;
events { worker_connections 64; }
http {
  access_log /var/log/nginx/access.log;
  default_type text/html;
  server { listen 80; root /var/www/html; }
}
CONF
container=$(buildah --signature-policy "$scratch/policy.json" from --format docker scratch)
buildah copy --quiet "$container" "$root" /
buildah config --cmd '["nginx", "-g", "daemon off;"]' --port 80 --stop-signal SIGQUIT \
  --healthcheck 'CMD wget -q -O /dev/null http://127.0.0.1/' --healthcheck-interval 1s --healthcheck-retries 3 \
  --healthcheck-start-period 10s "$container"
rm -f "$out/nginx.tar"
buildah --signature-policy "$scratch/policy.json" commit --quiet --format docker --rm "$container" "docker-archive:$out/nginx.tar:nginx:debian"

unpack redis redis-server
root=$scratch/redis
mkdir -p "$root/data"
chown 999:999 "$root/data"
umoci init --layout "$scratch/layout"
umoci new --image "$scratch/layout:debian"
umoci insert --image "$scratch/layout:debian" "$root" /
umoci config --image "$scratch/layout:debian" --config.user redis --config.workingdir /data --config.volume /data \
  --config.exposedports 6379/tcp --config.cmd redis-server
umoci gc --layout "$scratch/layout"
tar -C "$scratch/layout" -cf "$out/redis.tar" .
