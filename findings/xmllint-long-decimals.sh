#!/bin/bash
# libxml2 2.9.14 (Debian 12): a valid xs:integer or xs:decimal with more than 24 digits is "not a valid value".
#
# XML Schema has no largest xs:integer and no longest xs:decimal. A program that writes XML by a schema, and checks
# it with `xmllint --schema`, expects that a number with many digits is accepted, or that the
# message says that it is too long for this validator (XML Schema lets one have a limit of 18 digits or more).
#
# What happens: 24 digits are accepted. With 25 the document is refused as if the number were
# malformed: "is not a valid value of the atomic type 'xs:integer'". Digits behind the point count, too,
# also zeros at the end: 1.0 with 27 zeros is refused, though its value is 1. Zeros in front do not count.
# So a program that prints exact decimals (a double has up to 1074 places) writes files that are
# valid, and that xmllint calls invalid, with a message that leads to a search for a wrong character.
#
# Seen with libxml2-utils and libxml2 2.9.14+dfsg-1.3~deb12u6 on Linux 6.18. Exit status: 0 as
# stated, 1 not, 77 cannot run here.
set -u
work=$(mktemp -d) || exit 77
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 77

version=2.9.14+dfsg-1.3~deb12u6
{ apt-get -q download libxml2-utils=$version libxml2=$version &&
    for package in *.deb; do dpkg -x "$package" pkg || exit; done; } >apt 2>&1 || {
    echo "libxml2 $version cannot be had here"
    exit 77
}
uname -r
LD_LIBRARY_PATH=$(echo "$work"/pkg/usr/lib/*-linux-gnu)
export LD_LIBRARY_PATH
pkg/usr/bin/xmllint --version 2>&1 | head -n 1 || exit 77

# judge TYPE VALUE: prints and returns what xmllint says.
judge() {
    local status=0
    cat >schema.xsd <<XSD
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="value" type="xs:$1"/></xs:schema>
XSD
    echo "<value>$2</value>" >document.xml
    pkg/usr/bin/xmllint --noout --schema schema.xsd document.xml >out 2>&1 || status=$?
    echo "xs:$1 $2: exit status $status"
    grep -o "'$2' is not.*" out
    return $status
}

as_stated=0
judge integer 123456789012345678901234 || as_stated=1
judge integer 0000000000000000000000000000000001 || as_stated=1
judge decimal 0.12345678901234567890123 || as_stated=1
judge decimal 1.0 || as_stated=1
judge integer 1234567890123456789012345 && as_stated=1
judge decimal 0.1234567890123456789012345 && as_stated=1
judge decimal 1.000000000000000000000000000 && as_stated=1
exit $as_stated
