#!/bin/busybox sh
# PID 1 of the initrd: loads the listed modules, puts a tmpfs over the read-only root, hands over to the guest's init.
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs devtmpfs /dev
while read -r module; do /bin/busybox insmod "$module"; done < /modules.list
tries=0
until [ -b /dev/vda ]; do
  tries=$((tries + 1)); [ "$tries" -gt 100 ] && { echo "hotgate: no /dev/vda"; /bin/busybox poweroff -f; }
  /bin/busybox usleep 50000
done
/bin/busybox mount -t squashfs -o ro /dev/vda /lower || { echo "hotgate: root image does not mount"; /bin/busybox poweroff -f; }
/bin/busybox mount -t tmpfs -o size=75% tmpfs /upper
/bin/busybox mkdir /upper/data /upper/work
/bin/busybox mount -t overlay -o lowerdir=/lower,upperdir=/upper/data,workdir=/upper/work overlay /root
/bin/busybox umount /proc /sys
/bin/busybox mount --move /dev /root/dev
exec /bin/busybox switch_root /root /hotgate/init
