kill $(pidof kea-dhcp4 kea-dhcp-ddns named)
while pidof kea-dhcp4 kea-dhcp-ddns named; do sleep 0.1; done
