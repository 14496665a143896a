# start-peer.sh NAME ADDRESS: this guest as one of two. "one" at 10.77.0.1 and "two" at 10.77.0.2 are a pair; a "spare"
# at 10.77.0.2 knows nothing of the other's leases. All guests are restored from one state, so that the second has to
# take another hardware address than the first's.
set -e
mkdir -p /run/kea /run/lock/kea /var/lib/kea
ip address flush dev eth0
ip link set eth0 down
[ "$1" = one ] || ip link set eth0 address 52:54:00:12:34:57
ip address add "$2" dev eth0
ip link set eth0 up
ip route add 255.255.255.255/32 dev eth0
kea-dhcp4 -c "/etc/kea/peer-$1.conf" >/tmp/kea.log 2>&1 &
sh /hotgate/reference/await-word.sh DHCP4_STARTED /tmp/kea.log
