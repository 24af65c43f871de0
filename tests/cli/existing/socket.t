# A socket is not replaced; the other destination is served.
--- script
command -v perl >/dev/null || skip "no perl"
perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => "sock", Listen => 1) or exit 1' ||
    skip "no unix sockets"
genfile src 100
run src sock a
same src a
stat -c '%n %F' sock
files
--- stdout
exit 3
sock socket
a
sock
src
--- stderr
ucopy: 1 of 2 destinations are complete
ucopy: sock: open: Operation not supported (a socket cannot be written to by its name)
