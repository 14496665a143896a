#!/bin/sh
# mmdebstrap hook, run outside the chroot with its path as $1; the recipe's texts lie in /hotgate.recipe there, since a
# plain user's hook runs as another user, who must not read the folders of the first.
# Bakes the wine prefix, then leaves /hotgate.out/{root.sqfs,vmlinuz,initrd.gz} in the chroot for mmdebstrap to fetch.
set -eu
root=$1
recipe=$root/hotgate.recipe
PATH=$PATH:/usr/sbin:/sbin # chroot, which a plain user's PATH leaves out

mkdir -p "$root/hotgate" "$root/hotgate.out"
install -m 755 "$recipe/guest-init.sh" "$root/hotgate/init"

# The prefix costs a minute and most of the guest's memory when it is made in the guest; here it is made once.
# setarch -R: see harness/wine/recipe/make-prefix.sh.
setarch -R chroot "$root" /usr/bin/env -i PATH=/usr/lib/wine:/usr/bin:/bin HOME=/root WINEPREFIX=/hotgate/prefix WINEDEBUG=-all \
  WINEDLLOVERRIDES='mscoree=;mshtml=' sh -c '
    wine64 wineboot -i
    # A crashed service is to end at once: the debugger that wine starts by default keeps it, and it looks hung.
    wine64 reg add "HKLM\\Software\\Microsoft\\Windows NT\\CurrentVersion\\AeDebug" /v Debugger /d false /f
    wine64 reg add "HKLM\\Software\\Microsoft\\Windows NT\\CurrentVersion\\AeDebug" /v Auto /d 1 /f
    wineserver64 -w' >/dev/null 2>&1
test -f "$root/hotgate/prefix/system.reg"
grep -q '^"Debugger"="false"' "$root/hotgate/prefix/system.reg"
mkdir -p "$root/hotgate/prefix/drive_c/hotgate"
# Wine must not update the prefix at the first start in the guest.
echo disable > "$root/hotgate/prefix/.update-timestamp"
# The prefix's DLLs are copies of wine's own: one inode each saves the guest's page cache the second copy.
chroot "$root" sh -c '
  for file in /hotgate/prefix/drive_c/windows/system32/*; do
    original=/usr/lib/x86_64-linux-gnu/wine/x86_64-windows/${file##*/}
    [ -f "$original" ] && cmp -s "$file" "$original" && ln -f "$original" "$file"
  done; true'

kernel=$(basename "$(ls -d "$root"/lib/modules/* | sort | tail -n 1)")
initrd=$root/hotgate.out/initrd
mkdir -p "$initrd/bin" "$initrd/proc" "$initrd/sys" "$initrd/dev" "$initrd/lower" "$initrd/layer" "$initrd/upper" "$initrd/root" "$initrd/modules"
cp "$root/bin/busybox" "$initrd/bin/busybox"
install -m 755 "$recipe/initrd-init.sh" "$initrd/init"
# The last line's: how a role's server is made slow (netem) and made to refuse (nft).
for module in virtio_pci virtio_blk virtio_net virtio_console squashfs overlay \
  sch_netem nf_tables nft_numgen nft_reject_inet; do
  chroot "$root" modprobe -S "$kernel" --show-depends "$module"
done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' > "$initrd/paths"
while read -r path; do
  cp "$root$path" "$initrd/modules/"
  echo "/modules/$(basename "$path")"
done < "$initrd/paths" > "$initrd/modules.list"
rm "$initrd/paths"
(cd "$initrd" && find . | sort | chroot "$root" sh -c 'cd /hotgate.out/initrd && busybox cpio -o -H newc 2>/dev/null' | gzip -1n > ../initrd.gz)
rm -r "$initrd"
cp "$root/boot/vmlinuz-$kernel" "$root/hotgate.out/vmlinuz"

# Mount points stay, their contents do not; the guest needs neither kernel, modules nor documentation.
mksquashfs "$root" "$root/hotgate.out/root.sqfs" -comp lz4 -noappend -no-progress -quiet -wildcards -e \
  hotgate.out hotgate.recipe 'proc/*' 'sys/*' 'dev/*' 'boot/*' 'run/*' 'tmp/*' 'var/cache/*' 'var/lib/apt/*' 'lib/modules/*' 'usr/lib/modules/*' \
  'usr/share/doc/*' 'usr/share/man/*' 'usr/share/locale/*'
