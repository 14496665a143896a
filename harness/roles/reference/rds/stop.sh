# Its connections have processes of the same name.
kill $(pidof xrdp)
while pidof xrdp; do sleep 0.1; done
