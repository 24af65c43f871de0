# Writes that are shortened are repaired.
# engines: all
--- script
need_faultfs
fault_copy 'write * short 5000'
fault_copy 'write * call=3 short 1'
fault_copy 'write * short 50000' --in-order
--- stdout
-- write * short 5000
exit 0
fault/x: complete
-- write * call=3 short 1
exit 0
fault/x: complete
-- write * short 50000 --in-order
exit 0
fault/x: complete
