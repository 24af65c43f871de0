# File systems that cannot hold a name have odd errors for that; the message says what is meant.
--- script
need_faultfs 'getattr *latin fail EOVERFLOW' 'create *seq fail EILSEQ' 'read *wide fail EOVERFLOW'
genfile src 1000
mkdir tree && cp src tree/latin
run src fault/latin
run --inplace src fault/seq
run -r tree fault
# Names have nothing to do with reading.
cp src fault/wide
run fault/wide dst
--- stdout
exit 1
exit 1
exit 1
exit 5
--- stderr
ucopy: fault/latin: open: Value too large for defined data type (the file system cannot hold the name, or no files of this user)
ucopy: fault/seq: open: Invalid or incomplete multibyte or wide character (the file system cannot hold the name)
ucopy: fault/tree/latin: create: Value too large for defined data type (the file system cannot hold the name, or no files of this user)
ucopy: fault/tree: 1 file or directory could not be copied
ucopy: fault/wide: read at 0: Value too large for defined data type
