# A source and a destination that are one file: what can be done is what cp can do.
--- script
export VERSION_CONTROL=numbered
# attempt PROGRAM...: whether it works, and what stands there then.
attempt() {
    local status=0
    rm -rf dir
    mkdir dir
    cd dir || return
    echo XYZ >foo
    case $names in *symlink*) ln -s foo symlink ;; esac
    case $names in *hardlink*) ln foo hardlink ;; esac
    case $names in *sl1*) ln -s foo sl1 ;; esac
    case $names in *sl2*) ln -s foo sl2 ;; esac
    case $names in *hlsl*) ln sl2 hlsl ;; esac
    # shellcheck disable=SC2086 # they are several
    "$@" $options $names >/dev/null 2>&1 || status=1
    echo "$status"
    # The inodes by the order in which they come.
    find . -type f -exec grep -LFx XYZ {} +
    find . -printf '%P %y %l %i\n' | LC_ALL=C sort |
        awk '{ if (!($NF in n)) n[$NF] = ++m; $NF = n[$NF]; print }'
    cd ..
}
for names in 'foo symlink' 'symlink foo' 'foo foo' 'sl1 sl2' 'foo hardlink' 'hlsl sl2' 'foo ./foo'; do
    for options in '' -d -f -df --remove-destination -b -bd -bf -bdf -l -dl -fl -dfl -bl -bfl -s -sf; do
        attempt cp >cp.out
        for inplace in "" --inplace; do
            attempt "$UCOPY" $inplace >ucopy.out
            diff cp.out ucopy.out >diff || { echo "$options $inplace $names:"; cat diff; }
        done
    done
done
