# Another telephone number, another password of the service, and another policy than the clients expect.
set -e
printf 'dn: CN=person-001,OU=people,DC=hotgate,DC=test\nchangetype: modify\nreplace: telephoneNumber\ntelephoneNumber: +1 555 9999\n' > /tmp/change.ldif
python3 - <<'PYTHON'
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB
configuration = LoadParm()
configuration.load_default()
directory = SamDB(lp=configuration, session_info=system_session())
with open("/tmp/change.ldif") as change:
    directory.modify_ldif(change.read())
directory.setpassword("(sAMAccountName=service)", "Gate-Keeper-9")
PYTHON
printf '[General]\r\nVersion=8\r\n' > /var/lib/samba/sysvol/hotgate.test/Policies/gpt.ini
