# The DHCP role's server: Kea with the scope of dhcp.yaml, which registers its clients' names in BIND beside it through
# kea-dhcp-ddns. And Kea with the same scope for either of a pair of guests (start-peer.sh): one serves, the other
# learns of each lease and takes over when the first falls silent.
set -e

# server_of FILE KEYS: Kea's configuration, with what else belongs into Dhcp4.
server_of() {
  cat > "$1" <<CONF
{ "Dhcp4": {
  "interfaces-config": { "interfaces": [ "eth0" ], "dhcp-socket-type": "raw" },
  "lease-database": { "type": "memfile", "persist": true, "lfc-interval": 0, "name": "/var/lib/kea/leases" },
  // A client of another network is told so at once, as by a Windows server.
  "authoritative": true,
  "valid-lifetime": 3600, "renew-timer": 1800, "rebind-timer": 3150,
  $2,
  "subnet4": [ {
    "id": 1, "subnet": "10.77.0.0/24", "pools": [ { "pool": "10.77.0.100 - 10.77.0.250" } ],
    // The mask by hand: an INFORM gets no lease, and without one Kea would not say it.
    "option-data": [ { "name": "routers", "data": "10.77.0.1" }, { "name": "subnet-mask", "data": "255.255.255.0" } ]
  } ],
  "loggers": [
    { "name": "kea-dhcp4", "severity": "WARN", "output_options": [ { "output": "stdout" } ] },
    // Says that it has started.
    { "name": "kea-dhcp4.dhcp4", "severity": "INFO", "output_options": [ { "output": "stdout" } ] }
  ]
} }
CONF
}

# Times as short as an emulated guest on a busy machine allows: a server that is only slow is not taken for dead.
pair_of() {
  cat <<CONF
  "multi-threading": { "enable-multi-threading": true, "thread-pool-size": 2 },
  "hooks-libraries": [
    { "library": "/usr/lib/x86_64-linux-gnu/kea/hooks/libdhcp_lease_cmds.so" },
    { "library": "/usr/lib/x86_64-linux-gnu/kea/hooks/libdhcp_ha.so",
      "parameters": { "high-availability": [ {
        "this-server-name": "$1", "mode": "hot-standby",
        "heartbeat-delay": 1000, "max-response-delay": 5000, "max-ack-delay": 1000, "max-unacked-clients": 0,
        "multi-threading": { "enable-multi-threading": true, "http-dedicated-listener": true,
                             "http-listener-threads": 1, "http-client-threads": 1 },
        "peers": [ { "name": "one", "url": "http://10.77.0.1:8000/", "role": "primary" },
                   { "name": "two", "url": "http://10.77.0.2:8000/", "role": "standby" } ]
      } ] } } ]
CONF
}

server_of /etc/kea/server.conf '"dhcp-ddns": { "enable-updates": true }, "ddns-send-updates": true'
server_of /etc/kea/peer-one.conf "$(pair_of one)"
server_of /etc/kea/peer-two.conf "$(pair_of two)"
server_of /etc/kea/peer-spare.conf '"ddns-send-updates": false'

cat > /etc/kea/ddns.conf <<'CONF'
{ "DhcpDdns": {
  "ip-address": "127.0.0.1", "port": 53001, "dns-server-timeout": 5000,
  "forward-ddns": { "ddns-domains": [ { "name": "hotgate.test.", "dns-servers": [ { "ip-address": "127.0.0.1" } ] } ] },
  "reverse-ddns": { "ddns-domains": [ { "name": "0.77.10.in-addr.arpa.", "dns-servers": [ { "ip-address": "127.0.0.1" } ] } ] },
  "loggers": [
    { "name": "kea-dhcp-ddns", "severity": "WARN", "output_options": [ { "output": "stdout" } ] },
    { "name": "kea-dhcp-ddns.dhcpddns", "severity": "INFO", "output_options": [ { "output": "stdout" } ] }
  ]
} }
CONF

cat > /etc/bind/named.conf <<'CONF'
options {
  directory "/var/cache/bind";
  pid-file "/run/named.pid";
  listen-on { any; };
  listen-on-v6 { none; };
  recursion no;
  dnssec-validation no;
  allow-query { any; };
};
controls { };
zone "hotgate.test" { type primary; file "/var/lib/bind/hotgate.test"; allow-update { localhost; }; };
zone "0.77.10.in-addr.arpa" { type primary; file "/var/lib/bind/reverse"; allow-update { localhost; }; };
CONF
{
  echo '$TTL 300'
  # The last number is for how long a name that is not there is remembered as such.
  echo '@ SOA ns.hotgate.test. admin.hotgate.test. 1 3600 600 86400 1'
  echo '@ NS ns.hotgate.test.'
} | tee /var/lib/bind/reverse > /var/lib/bind/hotgate.test
echo 'ns A 10.77.0.1' >> /var/lib/bind/hotgate.test
chown bind:bind /var/lib/bind/hotgate.test /var/lib/bind/reverse
named-checkconf -z /etc/bind/named.conf
mkdir -p /run/kea /run/lock/kea
kea-dhcp-ddns -t /etc/kea/ddns.conf
