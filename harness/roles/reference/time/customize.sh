# The time role's server: chrony with the guest's own clock as its source, which the harness sets when the guest starts.
cat > /etc/chrony/chrony.conf <<'CONF'
local stratum 3
allow all
cmdport 0
bindcmdaddress /
pidfile /run/chronyd.pid
CONF
