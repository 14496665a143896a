kill $(pidof chronyd)
while pidof chronyd; do sleep 0.1; done
