#!/bin/sh
# enter.sh ROOT FOLDER… -- PROGRAM [ARGUMENT…]
#
# Runs a daemon with another root. Called in a mount namespace of its own: in a mere chroot a container's runtime, which
# joins the namespace, would see the root of the machine. The folders are seen at their own paths.
set -e
root=$1
shift
mount --bind "$root" "$root"
cd "$root"
mount -t tmpfs tmpfs tmp
mount -t tmpfs tmpfs run
mount -t proc proc proc
mount -t sysfs sysfs sys
if [ "$CGROUPS" = machine ]; then
  mount --rbind /sys/fs/cgroup sys/fs/cgroup
else
  # crun refuses the hybrid hierarchy.
  mount -t cgroup2 cgroup2 sys/fs/cgroup
fi
mount --rbind /dev dev
while [ "$1" != -- ]; do
  mkdir -p ".$1"
  mount --bind "$1" ".$1"
  shift
done
shift
mkdir -p run/old
pivot_root . run/old
umount -l /run/old
cd /
exec "$@"
