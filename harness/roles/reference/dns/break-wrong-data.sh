# Another address for www.hotgate.test than the clients expect.
set -e
sh /hotgate/reference/stop.sh
sed -i 's/^www A .*/www A 10.77.0.81/' /var/lib/bind/hotgate.test
sh /hotgate/reference/start.sh
