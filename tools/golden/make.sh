#!/usr/bin/env bash
# Makes the golden archives of packages/core/testing/golden with the real tools, and records their versions in VERSIONS.
# synthetic.py makes those of tools that do not run here.
# Needs root, docker, podman, buildah, skopeo, umoci, ctr, crane, regctl, docker-registry; run it by hand when a
# row is added, and commit what it makes:  tools/golden/make.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$(cd "$here/../../packages/core/testing/golden" && pwd)
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT

mkdir -p "$work/context" "$work/tmp" && cd "$work"
export TMPDIR="$work/tmp"
printf 'one\n' > context/one && printf 'two\n' > context/two
printf 'FROM scratch\nCOPY one /one\nCOPY two /two\nLABEL golden=yes\nCMD ["/one"]\n' > context/Dockerfile
printf 'FROM golden/app:v1\nLABEL more=yes\n' > context/Dockerfile.more

dockerd --data-root "$work/data" --exec-root "$work/exec" --pidfile "$work/pid" -H "unix://$work/sock" --iptables=false --ip6tables=false \
  --bridge=none >docker.log 2>&1 &
export DOCKER_HOST="unix://$work/sock" DOCKER_BUILDKIT=0
for _ in $(seq 100); do docker version >/dev/null 2>&1 && break; sleep 0.1; done
ctr() { command ctr -a "$work/exec/containerd/containerd.sock" "$@"; }

docker build -q -t golden/app:v1 context >/dev/null
docker build -q -t hello:1.0 -f context/Dockerfile.more context >/dev/null
docker tag golden/app:v1 golden/app:also

docker save golden/app:v1 > "$out/docker-20.tar"
docker save golden/app:v1 golden/app:also hello:1.0 > "$out/docker-20-several.tar"
docker save "$(docker image inspect -f '{{.Id}}' golden/app:v1)" > "$out/docker-20-unnamed.tar"

podman() { command podman --root "$work/podman" --runroot "$work/podman-run" --storage-driver vfs "$@"; }
podman load -q -i "$out/docker-20-several.tar" >/dev/null
podman save -q -o "$out/podman.tar" golden/app:v1
podman save -q -m -o "$out/podman-several.tar" golden/app:v1 hello:1.0
podman save -q --format oci-archive -o "$out/podman-oci.tar" golden/app:v1
buildah --root "$work/podman" --runroot "$work/podman-run" --storage-driver vfs push -q golden/app:v1 \
  "oci-archive:$out/buildah-oci.tar:golden/app:v1"

skopeo copy -q "docker-archive:$out/docker-20.tar" "docker-archive:$out/skopeo-unnamed.tar"
skopeo copy -q "docker-archive:$out/docker-20.tar" "oci-archive:$out/skopeo-oci-tag.tar:v1"
skopeo copy -q "docker-archive:$out/docker-20.tar" "oci-archive:$out/skopeo-oci-short.tar:nginx:1.21"
skopeo copy -q "docker-archive:$out/docker-20.tar" "oci-archive:$out/skopeo-oci-unnamed.tar"

umoci init --layout umoci && umoci new --image umoci:empty
mkdir root && printf 'one\n' > root/one
umoci insert --image umoci:empty root/one /one
tar -C umoci -cf "$out/umoci-dot-slash.tar" .

ctr image import --all-platforms "$out/podman-oci.tar" >/dev/null
ctr image export "$out/ctr.tar" "$(ctr image ls -q | head -n 1)"

cat > registry.yml <<REGISTRY
version: 0.1
storage: { filesystem: { rootdirectory: $work/registry } }
http: { addr: 127.0.0.1:0 }
REGISTRY
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
sed -i "s/127.0.0.1:0/127.0.0.1:$port/" registry.yml
docker-registry serve registry.yml >registry.log 2>&1 &
sleep 1
skopeo copy -q --dest-tls-verify=false "docker-archive:$out/docker-20.tar" "docker://127.0.0.1:$port/golden/app:v1"
crane pull --insecure "127.0.0.1:$port/golden/app:v1" crane.tar
# Rename the image: its name has the port of this run's registry, which would make the archive differ each time.
python3 "$here/rename.py" crane.tar "127.0.0.1:$port/golden/app:v1" "registry.example.com/golden/app:v1" "$out/crane.tar"
regctl registry set "127.0.0.1:$port" --tls disabled >/dev/null
regctl image export --name registry.example.com/golden/app:v1 "127.0.0.1:$port/golden/app:v1" "$out/regctl.tar"

for each in gz:gzip\ -9n zst:zstd\ -q\ -19 xz:xz\ -9 bz2:bzip2\ -9; do
  ${each#*:} -c < "$out/podman-oci.tar" > "$out/podman-oci.tar.${each%%:*}"
done

"$here/synthetic.py" "$out"

{
  echo 'Made by tools/golden/make.sh with'
  docker version -f 'docker {{.Server.Version}}'
  command podman --version
  buildah --version | head -n 1
  skopeo --version
  umoci --version | head -n 1
  command ctr --version
  echo "crane $(crane version)"
  echo "regctl $(regctl version --format '{{.VCSTag}}')"
  tar --version | head -n 1
  echo "$(python3 --version), for synthetic.py"
} > "$out/VERSIONS"
ls -l "$out"
