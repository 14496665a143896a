# The AD DS role's server: Samba as the one controller of the domain hotgate.test, under a certificate made here.
# Access lists lie in a database (xattr_tdb): the guest's root is in memory, and keeps no attributes of files.
set -e
rm -f /etc/samba/smb.conf
samba-tool domain provision --server-role=dc --realm=HOTGATE.TEST --domain=HOTGATE --host-name=dc --host-ip=10.77.0.1 \
  --adminpass=Gate-Keeper-1 --dns-backend=NONE --option='vfs objects = dfs_samba4 acl_xattr xattr_tdb' >/tmp/provision 2>&1 ||
  { tail -n 20 /tmp/provision; exit 1; }
cat > /etc/samba/smb.conf <<'CONF'
[global]
  netbios name = DC
  realm = HOTGATE.TEST
  workgroup = HOTGATE
  server role = active directory domain controller
  server services = ldap, kdc, s3fs, winbindd
  disable spoolss = yes
  disable netbios = yes
  smb ports = 445
  vfs objects = dfs_samba4 acl_xattr xattr_tdb
  # Binds in clear are part of what is asked of a controller.
  ldap server require strong auth = no
  tls keyfile = /etc/samba/key.pem
  tls certfile = /etc/samba/certificate.pem
  tls cafile =
[sysvol]
  path = /var/lib/samba/sysvol
  read only = no
CONF
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 7300 -subj /CN=dc.hotgate.test \
  -addext subjectAltName=DNS:dc.hotgate.test,IP:10.77.0.1 \
  -keyout /etc/samba/key.pem -out /hotgate/export/certificate.pem 2>/dev/null
chmod 600 /etc/samba/key.pem
cp /hotgate/export/certificate.pem /etc/samba/certificate.pem

# The image is used for months.
samba-tool domain passwordsettings set --max-pwd-age=0 --min-pwd-age=0 --account-lockout-threshold=0
samba-tool user create probe Gate-Keeper-2
samba-tool user create service Gate-Keeper-3
samba-tool spn add hotgate/service service
samba-tool spn add ldap/dc.hotgate.test 'DC$'
{
  printf 'dn: OU=people,DC=hotgate,DC=test\nobjectClass: organizationalUnit\n\n'
  for number in $(seq 1 250); do
    printf 'dn: CN=person-%03d,OU=people,DC=hotgate,DC=test\nobjectClass: contact\ntelephoneNumber: +1 555 %04d\n\n' \
      "$number" "$number"
  done
} > /tmp/people.ldif
python3 - <<'PYTHON'
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB
configuration = LoadParm()
configuration.load_default()
directory = SamDB(lp=configuration, session_info=system_session())
with open("/tmp/people.ldif") as people:
    directory.add_ldif(people.read())
PYTHON
mkdir -p /var/lib/samba/sysvol/hotgate.test/Policies
printf '[General]\r\nVersion=7\r\n' > /var/lib/samba/sysvol/hotgate.test/Policies/gpt.ini
# The lists of who may read decide; the files' own modes do not stand in their way.
chmod -R o+rX /var/lib/samba/sysvol
