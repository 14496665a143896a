# Another router than the clients expect.
set -e
sh /hotgate/reference/stop.sh
sed -i 's/"data": "10.77.0.1"/"data": "10.77.0.2"/' /etc/kea/server.conf
sh /hotgate/reference/start.sh
