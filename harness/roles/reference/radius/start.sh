mkdir -p /run/freeradius && chown freerad:freerad /run/freeradius
exec freeradius -d /etc/freeradius/hotgate
