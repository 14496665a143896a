# The print role's server: CUPS with one queue, whose printer is a script that keeps what it was sent last, so that a check in
# the guest can compare it. Nobody is asked who he is.
cat > /etc/cups/cupsd.conf <<'CONF'
Listen *:631
ServerAlias *
LogLevel warn
Browsing No
WebInterface No
DefaultAuthType None
ErrorPolicy abort-job
MaxJobs 200
PreserveJobFiles No
<Location />
  Order allow,deny
  Allow all
</Location>
<Policy default>
  JobPrivateAccess all
  JobPrivateValues none
  SubscriptionPrivateAccess all
  SubscriptionPrivateValues none
  <Limit All>
    Order deny,allow
  </Limit>
</Policy>
CONF
cat > /etc/cups/cups-files.conf <<'CONF'
SystemGroup root
AccessLog /run/cups/access_log
ErrorLog /run/cups/error_log
PageLog /run/cups/page_log
CONF
cat > /etc/cups/printers.conf <<'CONF'
<Printer probe>
Info Hotgate's probe
DeviceURI hotgate:/
State Idle
Accepting Yes
Shared Yes
</Printer>
CONF
# Arguments: job, user, title, copies, options, and the document where it is not the input. Without any: what devices it has.
cat > /usr/lib/cups/backend/hotgate <<'BACKEND'
#!/bin/sh
[ $# -eq 0 ] && { echo 'file hotgate:/ "Unknown" "Hotgate"'; exit 0; }
cat -- "${6:--}" > /var/spool/hotgate/$1 && mv /var/spool/hotgate/$1 /var/spool/hotgate/last
BACKEND
chmod 755 /usr/lib/cups/backend/hotgate
mkdir -p /var/spool/hotgate
chown lp:lp /var/spool/hotgate
mkdir -p /run/cups
cupsd -t
rm -rf /run/cups
