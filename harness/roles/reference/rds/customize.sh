# The RDS role's server: xrdp, which draws its login screen without a session behind it. TLS alone, under a certificate made
# here; a second one is what break-wrong-data.sh puts in its place.
for name in certificate other; do
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 7300 -subj /CN=rds.hotgate.test \
    -addext subjectAltName=DNS:rds.hotgate.test,IP:10.77.0.1 -keyout /etc/xrdp/$name.key -out /etc/xrdp/$name.pem 2>/dev/null
done
cp /etc/xrdp/certificate.pem /hotgate/export/certificate.pem
cat > /etc/xrdp/xrdp.ini <<'CONF'
[Globals]
ini_version=1
fork=true
port=3389
tcp_nodelay=true
security_layer=tls
crypt_level=high
certificate=/etc/xrdp/certificate.pem
key_file=/etc/xrdp/certificate.key
ssl_protocols=TLSv1.2, TLSv1.3
autorun=
allow_channels=false
bitmap_compression=true
max_bpp=32
blue=009cb5
grey=dedede
ls_top_window_bg_color=009cb5
ls_width=350
ls_height=430
ls_bg_color=dedede
ls_logo_filename=
ls_logo_x_pos=55
ls_logo_y_pos=50
ls_label_x_pos=30
ls_label_width=65
ls_input_x_pos=110
ls_input_width=210
ls_input_y_pos=220
ls_btn_ok_x_pos=142
ls_btn_ok_y_pos=370
ls_btn_ok_width=85
ls_btn_ok_height=30
ls_btn_cancel_x_pos=237
ls_btn_cancel_y_pos=370
ls_btn_cancel_width=85
ls_btn_cancel_height=30
[Logging]
LogFile=/run/xrdp.log
LogLevel=WARNING
EnableSyslog=false
[Channels]
[Session]
name=Session
lib=libxup.so
username=ask
password=ask
ip=127.0.0.1
port=-1
CONF
