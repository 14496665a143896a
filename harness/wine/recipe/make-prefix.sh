# Run by sh in a sandbox of its own (wine_sandbox.h) whose /mnt is the cache entry: makes the wine prefix that every run
# starts from, as /mnt/prefix.
set -eu
export PATH=/usr/lib/wine:/usr/bin:/bin:/usr/sbin:/sbin HOME=/root WINEPREFIX=/mnt/prefix WINEDEBUG=-all
export WINEDLLOVERRIDES='mscoree=;mshtml='
cd /
mkdir /mnt/prefix
# Every wine is started without address space randomisation: Linux places the heap at random within a gigabyte, and one
# program in about 2,000 (Linux 6.18) finds it where wine's shared data must lie, at 0x7ffe0000, and does not start.
setarch -R wine64 wineboot -i
# A crashed service is to end at once: the debugger that wine starts by default keeps it, and it looks hung.
key='HKLM\Software\Microsoft\Windows NT\CurrentVersion\AeDebug'
setarch -R wine64 reg add "$key" /v Debugger /d false /f
setarch -R wine64 reg add "$key" /v Auto /d 1 /f
wineserver64 -w
grep -q '^"Debugger"="false"' /mnt/prefix/system.reg
# Wine must not update the prefix at the start of a run.
echo disable > /mnt/prefix/.update-timestamp
# The prefix's DLLs are copies of wine's own, 600 MiB of them.
for file in /mnt/prefix/drive_c/windows/system32/*; do
  original=/usr/lib/x86_64-linux-gnu/wine/x86_64-windows/${file##*/}
  if [ -f "$original" ] && cmp -s "$file" "$original"; then ln -sf "$original" "$file"; fi
done
