# A tree that is copied into itself by way of another mount of the same files ends soon, and says so.
--- script
need_faultfs
src=$FAULT_BACKING/src
into_itself() {
    rm -rf "$src"
    mkdir -p "$src/a/b"
    echo x >"$src/a/b/x"
    echo y >"$src/y"
    "${@:3}"
    # It may have been listed before there was anything in it.
    case $(run -r -T "$1" "$2" 2>err) in
    "exit 0") [ ! -s err ] ;;
    "exit 5") grep -q 'cannot copy a directory into itself' err ;;
    *) false ;;
    esac || cat err
    cmp "$src/y" "$src/dst/y"
    cmp "$src/a/b/x" "$src/dst/a/b/x"
    [ "$(find "$src" -type d | wc -l)" -lt 20 ] || echo "it went too deep"
    find "$src" -name '.ucopy*'
}
into_itself "$src" fault/src/dst true
into_itself "$src" fault/src/dst mkdir "$src/dst"
into_itself fault/src "$src/dst" true
into_itself fault/src "$src/dst" mkdir -p "$src/dst/dst"
