kill $(pidof named)
while pidof named; do sleep 0.1; done
