# The jobs are completed, and their last lines do not come out of the printer.
set -e
sed -i 's/^cat -- /head -n 100 -- /' /usr/lib/cups/backend/hotgate
