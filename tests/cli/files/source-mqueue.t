# The file of a message queue can be read at any time, although poll(2) says that it cannot. Engines
# that wait for that are passed over, or refused at once.
--- script
need_private_mounts
mkdir queues
mount -t mqueue none queues || skip "no mqueue"
: >queues/queue || skip "no queue can be made"
cat queues/queue >expected
for engine in auto $ENGINES; do
    rm -f a b
    timeout 20 "$UCOPY" --engine="$engine" queues/queue a b 2>err
    status=$?
    case $engine:$status in
    fanout:2 | link:2 | group:2)
        grep -q '^ucopy: engine .*: poll(2) never reports that SOURCE can be read$' err || cat err
        [ ! -e a ] && [ ! -e b ] || echo "$engine: something was made"
        ;;
    *:0) same expected a b ;;
    *) echo "$engine: $status" && cat err ;;
    esac
done
rm -f queues/queue
