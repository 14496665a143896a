kill $(pidof freeradius)
while pidof freeradius; do sleep 0.1; done
