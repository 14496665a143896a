# A request that comes before Kea has its sockets is lost, so this waits for them.
set -e
mkdir -p /run/named /run/kea /run/lock/kea /var/lib/kea
touch /run/named.pid
chown bind:bind /run/named /run/named.pid
named -u bind -n 2 -c /etc/bind/named.conf
kea-dhcp-ddns -c /etc/kea/ddns.conf >/tmp/ddns.log 2>&1 &
sh /hotgate/reference/await-word.sh DHCP_DDNS_STARTED /tmp/ddns.log
kea-dhcp4 -c /etc/kea/server.conf >/tmp/kea.log 2>&1 &
sh /hotgate/reference/await-word.sh DHCP4_STARTED /tmp/kea.log
