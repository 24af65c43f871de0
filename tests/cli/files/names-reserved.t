# Files and directories of the source that are called as ucopy calls its own are copied as all others;
# what has just been made is nobody's leftover, however often its directory is looked into.
--- script
mkdir -p src/.ucopy-0123456789abcdef.tmp/sub a b
genfile src/.ucopy-0123456789abcdef.tmp/sub/file 10
genfile src/.ucopy-1111111111111111.tmp 20
for i in {1..40}; do
    mkdir "src/d$i" "a/d$i" "b/d$i"
    echo "$i" >"src/d$i/file"
done
cd src && run -a -t ../a -t ../b .ucopy-* d* && cd ..
diff -r src a && diff -r src b
run -a -T src a
diff -r src a
--- stdout
exit 0
exit 0
