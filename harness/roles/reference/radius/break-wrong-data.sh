# Another Reply-Message than the clients expect.
set -e
sh /hotgate/reference/stop.sh
sed -i 's/Hotgate lets you in/Somebody else does/' /etc/freeradius/hotgate/radiusd.conf
sh /hotgate/reference/start.sh
