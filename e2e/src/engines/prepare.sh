#!/usr/bin/env bash
# Makes the engines that Debian 12 does not have, below $STOWAGE_ENGINES (default: /var/cache/stowage-engines):
#
#   sid/      a root of Debian's unstable suite with Docker 28, Compose 2, podman 5 and containerd 2 (2 minutes, 1.5 GB)
#   bin/      dockerd of Docker 29, from the Go module proxy (8 minutes on two cores, 91 MB; needs Go)
#
# Runs as root. What is there already is kept, unless a package is missing. `prepare.sh sid` and `prepare.sh docker-29` make one of them.
set -euo pipefail

folder=${STOWAGE_ENGINES:-/var/cache/stowage-engines}
docker=v2.0.0-beta.24
# The module has no version label of its own.
label=29.9.3

# The mirror in this machine's apt settings.
mirror() {
  cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
    sed -nE 's/^(URIs:[[:space:]]*|deb[[:space:]]+(\[[^]]*\][[:space:]]+)?)(https?:[^[:space:]]+).*/\3/p' | head -n 1
}

sid() {
  local root=$folder/sid partial=$folder/sid.partial
  local packages=(docker.io docker-cli docker-compose containerd runc podman crun netavark busybox-static)
  dpkg-query --root="$root" --show "${packages[@]}" >/dev/null 2>&1 && return
  rm -rf "$partial"
  debootstrap --variant=minbase sid "$partial" "$(mirror)"
  # The suite's release file may have expired.
  local apt=(chroot "$partial" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Check-Valid-Until=false)
  "${apt[@]}" update
  # The daemons of packages must not start.
  printf '#!/bin/sh\nexit 101\n' >"$partial/usr/sbin/policy-rc.d"
  chmod 755 "$partial/usr/sbin/policy-rc.d"
  "${apt[@]}" install --no-install-recommends "${packages[@]}"
  "${apt[@]}" clean
  rm -rf "$root"
  mv "$partial" "$root"
}

docker_29() {
  local dockerd=$folder/bin/dockerd-$docker
  [ -e "$dockerd" ] && return
  mkdir -p "$folder/bin"
  local build=$folder/bin/partial
  CGO_ENABLED=0 GOBIN=$build GOFLAGS='-modcacherw -buildvcs=false' \
    go install -ldflags "-s -w -X github.com/moby/moby/v2/dockerversion.Version=$label" \
    "github.com/moby/moby/v2/cmd/dockerd@$docker"
  mv "$build/dockerd" "$dockerd"
  ln -sfn "dockerd-$docker" "$folder/bin/dockerd-29"
}

mkdir -p "$folder"
# One at a time: another run waits, and finds everything made.
exec 9>"$folder/lock-${1:-all}"
flock 9
case ${1:-all} in
  sid) sid ;;
  docker-29) docker_29 ;;
  all) "$0" sid & "$0" docker-29; wait $! ;;
  *) echo "$0: expected sid or docker-29, got $1" >&2; exit 2 ;;
esac
