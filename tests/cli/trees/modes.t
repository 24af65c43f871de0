# The second file of a directory gets its mode as the first does, whatever the umask or the
# directory's default access control list makes of new files.
--- script
mkdir src
for mode in 644 600 755 444 000 666; do
    echo x >"src/$mode"
    echo x >"src/again-$mode"
    chmod "$mode" src/*"$mode"
done
odd_modes() {
    for file in "$1"/*; do
        name=${file##*/}
        [ "$(stat -c %a "$file")" = "$((10#${name#again-}))" ] || stat -c '%n %a' "$file"
    done
}
for mask in 000 022 077 277 777; do
    (umask "$mask"; run -a src "a$mask")
    odd_modes "a$mask"
done
mkdir listed
setfacl -d -m u:1000:rwx,o::- listed 2>/dev/null || skip "no access control lists"
run -a src listed
odd_modes listed/src
mkdir there/ && setfacl -d -m u:1000:rwx,o::- there
run -a -T src there
odd_modes there
getfacl -c listed/src/644 there/again-644
--- stdout
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
user::rw-
group::r--
other::r--

user::rw-
group::r--
other::r--

