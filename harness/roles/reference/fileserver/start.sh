mkdir -p /run/samba
exec smbd -D
