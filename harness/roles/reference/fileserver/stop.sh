# The connections' processes end with the first.
kill $(pidof smbd)
while pidof smbd; do sleep 0.1; done
