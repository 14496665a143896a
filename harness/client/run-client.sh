# Run by sh in a sandbox (sandboxCommand()): a network with nothing in it but tap0, whose other end the harness holds, and
# hotgate-client on file descriptor $CHANNEL. Given: CLIENT, TAP (programs), ADDRESS ("10.77.0.2/24"), TAP_SOCKET and CHANNEL
# (descriptors), DROP (yes: root is the host's root, and is given up before a server's bytes are read).
set -eu
cd /
mount -t tmpfs tmpfs /mnt
install -m 755 "$CLIENT" /mnt/hotgate-client # whoever it runs as may not be allowed into the folder it comes from
"$TAP" "$TAP_SOCKET"
ip link set lo up
ip address add "$ADDRESS" dev tap0
ip link set tap0 up
mount -t tmpfs -o mode=1777 tmpfs /tmp
export HOME=/tmp TMPDIR=/tmp
cd /tmp
if [ "$DROP" = yes ]; then
  exec setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs /mnt/hotgate-client "$CHANNEL"
fi
exec /mnt/hotgate-client "$CHANNEL"
