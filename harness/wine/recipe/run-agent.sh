# Run by sh in a sandbox (wine_sandbox.h): a network with nothing in it but tap0, whose other end the harness holds, and
# wine with the agent on file descriptor $AGENT. Given: PREFIX (cache entry's folder), AGENT_PROGRAM, BASE,
# HOTPATCH and POST (files for C:\hotgate), ADDRESS ("10.77.0.1/24"), TAP (program), TAP_SOCKET and AGENT (descriptors).
# Nothing is written to the host's file systems: what is copied or made lies in memory that goes with the sandbox.
set -eu
cd /
mount -t tmpfs tmpfs /mnt
mkdir -p /mnt/lower /mnt/work /mnt/prefix /mnt/upper/drive_c/hotgate/hotpatch /mnt/upper/drive_c/hotgate/post
cp "$AGENT_PROGRAM" /mnt/upper/drive_c/hotgate/hotgate-agent.exe
cp "$BASE" /mnt/upper/drive_c/hotgate/
cp "$HOTPATCH" /mnt/upper/drive_c/hotgate/hotpatch/
cp "$POST" /mnt/upper/drive_c/hotgate/post/
mount --bind "$PREFIX" /mnt/lower
mount -t overlay overlay -o lowerdir=/mnt/lower,upperdir=/mnt/upper,workdir=/mnt/work /mnt/prefix
"$TAP" "$TAP_SOCKET"
ip link set lo up
ip address add "$ADDRESS" dev tap0
ip link set tap0 up
# A DHCP server answers clients that have no address yet.
ip route add 255.255.255.255/32 dev tap0
mount -t tmpfs tmpfs /tmp # wineserver's socket lies there
export PATH=/usr/lib/wine:/usr/bin:/bin HOME=/root WINEPREFIX=/mnt/prefix WINEDEBUG=-all WINEDLLOVERRIDES='mscoree=;mshtml=;winedbg.exe=d'
cd /mnt/prefix/drive_c/hotgate
wineserver64 -p # it stays when the last program ends
# Not exec: a shell as the sandbox's first process takes in what is left of ended ones. -R: make-prefix.sh says why.
setarch -R wine64 hotgate-agent.exe serve <&"$AGENT" >&"$AGENT"
