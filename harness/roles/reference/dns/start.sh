mkdir -p /run/named && chown bind:bind /run/named
touch /run/named.pid && chown bind:bind /run/named.pid
exec named -u bind -n 2 -c /etc/bind/named.conf
