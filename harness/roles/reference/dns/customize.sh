# The DNS role's server: BIND, primary for one zone and its reverse zone, open to updates and transfers.
cat > /etc/bind/named.conf <<'CONF'
options {
  directory "/var/cache/bind";
  pid-file "/run/named.pid";
  listen-on { any; };
  listen-on-v6 { none; };
  recursion no;
  dnssec-validation no;
  allow-query { any; };
  allow-transfer { any; };
  edns-udp-size 4096;
  max-udp-size 4096;
};
controls { };
zone "hotgate.test" { type primary; file "/var/lib/bind/hotgate.test"; allow-update { any; }; };
zone "1.77.10.in-addr.arpa" { type primary; file "/var/lib/bind/reverse"; allow-update { any; }; };
CONF
{
  echo '$TTL 300'
  echo '@ SOA ns.hotgate.test. admin.hotgate.test. 1 3600 600 86400 300'
  echo '@ NS ns.hotgate.test.'
} | tee /var/lib/bind/reverse > /var/lib/bind/hotgate.test
cat >> /var/lib/bind/hotgate.test <<'ZONE'
ns A 10.77.0.1
www A 10.77.0.80
www AAAA fd00:77::80
_ldap._tcp SRV 0 100 389 ns.hotgate.test.
ZONE
# An answer of more than 512 bytes, the limit of UDP without EDNS, and of less than 4096.
for number in $(seq 1 20); do
  printf 'big TXT "%02d 0123456789012345678901234567890123456789"\n' "$number"
done >> /var/lib/bind/hotgate.test
chown bind:bind /var/lib/bind/hotgate.test /var/lib/bind/reverse
named-checkconf -z /etc/bind/named.conf
