# -x: chrony must not steer the guest's clock.
exec chronyd -x -f /etc/chrony/chrony.conf
