# The file server role's server: Samba, alone (no domain), with two shares, one of which demands encryption, and one user.
cat > /etc/samba/smb.conf <<'CONF'
[global]
  netbios name = FILES
  workgroup = HOTGATE
  server role = standalone server
  server min protocol = SMB2
  server signing = mandatory
  disable netbios = yes
  disable spoolss = yes
  load printers = no
  smb ports = 445
  log file = /run/samba/log
[data]
  path = /srv/data
  read only = no
[sealed]
  path = /srv/data
  read only = no
  server smb encrypt = required
CONF
mkdir -p /srv/data
chmod 777 /srv/data
useradd --system --no-create-home --shell /usr/sbin/nologin probe
printf 'Gate-Keeper-2\nGate-Keeper-2\n' | smbpasswd -s -a probe
testparm -s > /tmp/testparm
