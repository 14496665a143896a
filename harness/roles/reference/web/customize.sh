# The web role's server: nginx with HTTP/1.1 and HTTP/2, in clear and with TLS, under a certificate made here.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 7300 -subj /CN=web.hotgate.test \
  -addext subjectAltName=DNS:web.hotgate.test,IP:10.77.0.1,IP:127.0.0.1 \
  -keyout /etc/nginx/key.pem -out /hotgate/export/certificate.pem 2>/dev/null
cp /hotgate/export/certificate.pem /etc/nginx/certificate.pem
cat > /etc/nginx/nginx.conf <<'CONF'
worker_processes 2;
pid /run/nginx.pid;
error_log /run/nginx-error.log;
events { worker_connections 256; }
http {
  access_log off;
  default_type text/plain;
  server {
    listen 80;
    listen 443 ssl http2;
    ssl_certificate /etc/nginx/certificate.pem;
    ssl_certificate_key /etc/nginx/key.pem;
    root /srv/web;
  }
}
CONF
mkdir -p /srv/web
echo 'Hotgate serves this text.' > /srv/web/index.html
# 256 KiB that are not all the same: more than one TCP window and HTTP/2 frame.
seq -w 1 37450 | head -c 262144 > /srv/web/large
nginx -t -q
rm -f /run/nginx.pid
