mkdir -p /run/cups
exec cupsd
