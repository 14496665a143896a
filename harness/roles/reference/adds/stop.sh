# smbd and winbindd end with their parent.
kill $(pidof samba)
while pidof samba smbd winbindd; do sleep 0.1; done
