# Run by sh as root of a mount namespace (or of a user namespace too, when the user is not root): installs RECIPE's packages over
# the unpacked base image, and leaves what that changed as OUT/layer.sqfs, and files for the host in OUT/export.
# Given: BASE (squashfs), RECIPE and OUT (folders), OVERLAY (mount options, "" or ",userxattr").
# What changes lies in memory: the host's own file system may be an overlay, which cannot be laid over another one.
set -eu
cd /
packages=$(grep -v -e '^#' -e '^$' "$RECIPE/packages.txt" | tr '\n' ' ')
mkdir "$OUT/base" "$OUT/export"
unsquashfs -quiet -no-progress -dest "$OUT/base/root" "$BASE" >/dev/null
mount -t tmpfs -o size=100% tmpfs /mnt
mkdir /mnt/lower /mnt/upper /mnt/work /mnt/root
mount --bind "$OUT/base/root" /mnt/lower
mount -t overlay overlay -o "lowerdir=/mnt/lower,upperdir=/mnt/upper,workdir=/mnt/work$OVERLAY" /mnt/root
root=/mnt/root
mount -t proc proc $root/proc
mount --rbind /dev $root/dev
mount -t tmpfs tmpfs $root/run
mount -t tmpfs tmpfs $root/tmp
rm -f $root/etc/resolv.conf
cp -L /etc/resolv.conf $root/etc/resolv.conf
# Packages must not start their servers here.
printf '#!/bin/sh\nexit 101\n' > $root/usr/sbin/policy-rc.d
chmod 755 $root/usr/sbin/policy-rc.d
inside() {
  chroot $root /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C DEBIAN_FRONTEND=noninteractive \
    ${http_proxy:+http_proxy="$http_proxy"} "$@" </dev/null
}
inside apt-get -qq update
inside apt-get -qq install --yes --no-install-recommends -o Dpkg::Use-Pty=0 $packages
mkdir -p $root/hotgate/export
cp -r "$RECIPE" $root/hotgate/reference
inside sh -eu /hotgate/reference/customize.sh
find $root/hotgate/export -type f -exec cp {} "$OUT/export/" \;
rm -rf $root/hotgate/export $root/usr/sbin/policy-rc.d $root/etc/resolv.conf
umount $root/run $root/tmp $root/proc
umount -l $root/dev
umount $root
mksquashfs /mnt/upper "$OUT/layer.sqfs" -comp lz4 -noappend -no-progress -quiet -wildcards -e \
  'proc/*' 'sys/*' 'dev/*' 'run/*' 'tmp/*' 'var/cache/apt/*' 'var/lib/apt/*' 'usr/share/doc/*' 'usr/share/man/*' 'usr/share/locale/*'
rm -r "$OUT/base"
