mkdir -p /run/xrdp
exec xrdp
