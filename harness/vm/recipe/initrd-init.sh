#!/bin/busybox sh
# PID 1 of the initrd: loads the listed modules, lays the role's layer (a second disk, which the kernel's command line
# announces by hotgate.layer) and a tmpfs over the read-only root, hands over to the guest's init.
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs devtmpfs /dev
while read -r module; do /bin/busybox insmod "$module"; done < /modules.list
# mount_disk DEVICE FOLDER
mount_disk() {
  tries=0
  until [ -b "$1" ]; do
    tries=$((tries + 1)); [ "$tries" -gt 100 ] && { echo "hotgate: no $1"; /bin/busybox poweroff -f; }
    /bin/busybox usleep 50000
  done
  /bin/busybox mount -t squashfs -o ro "$1" "$2" || { echo "hotgate: $1 does not mount"; /bin/busybox poweroff -f; }
}
mount_disk /dev/vda /lower
lower=/lower
if /bin/busybox grep -qw hotgate.layer /proc/cmdline; then
  mount_disk /dev/vdb /layer
  lower=/layer:/lower
fi
/bin/busybox mount -t tmpfs -o size=75% tmpfs /upper
/bin/busybox mkdir /upper/data /upper/work
/bin/busybox mount -t overlay -o lowerdir=$lower,upperdir=/upper/data,workdir=/upper/work overlay /root
/bin/busybox umount /proc /sys
/bin/busybox mount --move /dev /root/dev
exec /bin/busybox switch_root /root /hotgate/init
