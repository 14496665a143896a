# await-word.sh WORD LOG: returns once the word is in the log, which is printed when it does not come.
tries=0
until grep -q "$1" "$2"; do
  tries=$((tries + 1))
  [ "$tries" -gt 300 ] && { echo "no $1:"; cat "$2"; exit 1; }
  sleep 0.1
done
