# A destination whose close takes long does not hold up the others, nor the progress that is shown of
# them.
--- script
need_faultfs 'flush * delay 2500'
genfile src 300000
stalled_fifo fifo
start --json --progress=always --slow=detach src fault/x fifo >events 2>/dev/null
sleep 4.5
drain
finish
n=$(grep -c '"event": *"progress"' events)
[ "$n" -ge 3 ] || echo "only $n times"
same src fault/x
--- stdout
exit 0
