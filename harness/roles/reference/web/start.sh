exec nginx
