#!/bin/busybox sh
# PID 1 of the guest: mounts, names the virtio ports (there is no udev), and keeps the QEMU guest agent running.
# Everything else (addresses, wine, the service under test) is started from outside through that agent.
export PATH=/usr/lib/wine:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root WINEPREFIX=/hotgate/prefix WINEDEBUG=-all
mount -t proc proc /proc
mount -t sysfs sysfs /sys
echo 1 >/proc/sys/kernel/randomize_va_space # not the heap: see harness/wine/recipe/make-prefix.sh
mkdir -p /dev/pts /dev/shm /dev/virtio-ports
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
ip link set lo up
# The ports appear some time after their driver is loaded.
tries=0
until [ -e /dev/virtio-ports/org.qemu.guest_agent.0 ] && [ -e /dev/virtio-ports/hotgate.agent ]; do
  for port in /sys/class/virtio-ports/*; do
    name=$(cat "$port/name" 2>/dev/null) && [ -n "$name" ] && ln -sf "/dev/${port##*/}" "/dev/virtio-ports/$name"
  done
  tries=$((tries + 1)); [ "$tries" -gt 200 ] && { echo "hotgate: no virtio ports"; poweroff -f; }
  usleep 20000
done
echo "hotgate: guest is up"
while :; do
  qemu-ga -m virtio-serial -p /dev/virtio-ports/org.qemu.guest_agent.0 -t /run >/dev/null 2>&1
  sleep 1
done
