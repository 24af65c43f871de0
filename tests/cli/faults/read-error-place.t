# A read error with O_DIRECT is named where it is, and not where a chunk begins; a medium error as such.
# One that does not come again costs nothing.
# engines: all
--- script
need_faultfs "read nothing delay 0"
genfile "$FAULT_BACKING/src" 4M
for fault in "covers=1500000 fail EIO" "covers=1500000 fail ENODATA" "covers=4190208 fail ENODATA"; do
    rules "read src $fault"
    for options in "" "--in-order" "--chunk-size=256K" "--sparse=always"; do
        # shellcheck disable=SC2086 # an option or none
        run --direct=always $options fault/src a b 2>&1
    done
done
rules "read src covers=1500000 call=1 fail EIO"
run --direct=always --in-order fault/src a b
same "$FAULT_BACKING/src" a b
--- stdout
ucopy: fault/src: read at 1499136: Input/output error
exit 5
ucopy: fault/src: read at 1499136: Input/output error
exit 5
ucopy: fault/src: read at 1499136: Input/output error
exit 5
ucopy: fault/src: read at 1499136: Input/output error
exit 5
ucopy: fault/src: read at 1499136: Input/output error (the device reports a medium error)
exit 5
ucopy: fault/src: read at 1499136: Input/output error (the device reports a medium error)
exit 5
ucopy: fault/src: read at 1499136: Input/output error (the device reports a medium error)
exit 5
ucopy: fault/src: read at 1499136: Input/output error (the device reports a medium error)
exit 5
ucopy: fault/src: read at 4190208: Input/output error (the device reports a medium error)
exit 5
ucopy: fault/src: read at 4190208: Input/output error (the device reports a medium error)
exit 5
ucopy: fault/src: read at 4190208: Input/output error (the device reports a medium error)
exit 5
ucopy: fault/src: read at 4190208: Input/output error (the device reports a medium error)
exit 5
exit 0
