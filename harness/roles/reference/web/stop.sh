kill $(cat /run/nginx.pid)
while pidof nginx; do sleep 0.1; done
