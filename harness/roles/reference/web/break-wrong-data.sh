# Another page than the clients expect.
set -e
echo 'Somebody else serves this text.' > /srv/web/index.html
