# Another certificate than the clients trust, of the same name. Each connection reads it anew.
set -e
mv /etc/xrdp/other.pem /etc/xrdp/certificate.pem
mv /etc/xrdp/other.key /etc/xrdp/certificate.key
