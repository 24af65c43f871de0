# A new file gets the source's permissions less the umask; a replaced one keeps its own.
# engines: all
--- script
genfile src 1000
show() { stat -c '%n %a' "$@"; }
for mode in 644 755 600 4755 400; do
    chmod "$mode" src
    ucopy src a || echo "exit $?"
    show a
    rm -f a
done
chmod 777 src
umask 027
ucopy src a
umask 077
ucopy --inplace src b
umask 000
ucopy src c
show a b c
umask 022
chmod 640 a
chmod 604 b
ucopy src a
ucopy --inplace src b
show a b
same src a b c
--- stdout
a 644
a 755
a 600
a 755
a 400
a 750
b 700
c 777
a 640
b 604
