# However many operands there are, a few threads do all, and each path is looked at once to find out what
# it is: counted by the calls that some operands more take.
--- script
command -v strace >/dev/null || skip "no strace"
export ASAN_OPTIONS=detect_leaks=0
mkdir a b s
for i in {1..240}; do echo "$i" >"s/$i"; done

# calls OPERANDS [OPTION]...: into the variables threads, looks (at paths) and rounds (of errands).
calls() {
    local operands
    mapfile -t operands < <(seq -f s/%g "$1")
    strace -f -o trace -e trace='/^(clone3?|stat|lstat|(new)?fstatat(64)?|statx|eventfd2?)$' \
        "$UCOPY" "${@:2}" -t a -t b "${operands[@]}" >out || skip "strace does not work here"
    threads=$(grep -cE '\bclone3?\(' trace)
    looks=$(grep -cE '\b(l?stat|(new)?fstatat(64)?|statx)\([^"]*"[^"]' trace)
    rounds=$(grep -cE '\beventfd2?\(' trace)
}

# at_most WHAT FEW MANY LIMIT: of a call, how often it was made for 40 operands and for 240.
at_most() {
    [ $(($3 - $2)) -le $(($4 * 200 + 60)) ] || echo "$1: $2 for 40, $3 for 240, at most $4 for each"
}

calls 40 --dry-run
few=("$looks" "$rounds")
calls 240 --dry-run
[ "$threads" -le 60 ] || echo "$threads threads look at 240 operands"
at_most "looks, --dry-run" "${few[0]}" "$looks" 10
at_most "rounds, --dry-run" "${few[1]}" "$rounds" 4
calls 40
few=("$threads" "$rounds")
rm a/* b/*
calls 240
at_most "threads" "${few[0]}" "$threads" 0
# Open, look, open; a check of the source and a commit, twice if the destinations end one after the other; close.
# One more is the eventfd of the workers.
at_most "rounds" "${few[1]}" "$rounds" 9
same s/240 a/240 b/240
