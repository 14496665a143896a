kill $(pidof cupsd)
while pidof cupsd; do sleep 0.1; done
