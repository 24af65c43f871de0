# Reads that are shortened are repaired; one that brings nothing is the end of the file.
# engines: all
--- script
need_faultfs -o direct_io
fault_source 'read * short 5000'
fault_source 'read * call=3 short 1'
fault_source 'read * call=3 short 5000' --direct=always
fault_source 'read * offset>=1048576 zero'
--- stdout
-- read * short 5000
exit 0
a
b
-- read * call=3 short 1
exit 0
a
b
-- read * call=3 short 5000 --direct=always
exit 0
a
b
-- read * offset>=1048576 zero
exit 5
ucopy: fault/src: read at N: file shrank while it was copied
