# A cp user who copies several directories into one is stopped before one of them is copied into another.
--- script
need_private_mounts
mkdir photos music docs usb far near
mount -t tmpfs -o size=4M tmpfs usb || skip "no tmpfs"
mkdir far/usb far/b
echo p >photos/p
run -a photos music usb
run -r photos/ music/ docs/ far/usb
run -a ./photos "$T/music" usb
for d in music docs usb far/usb; do files $d; done
# One that does not exist gets the copy, but that is told.
run -a photos musik usb
run -a photos musik moosik usb
rm -r musik usb/photos
run -a photos musik moosik usb
rm -r musik moosik usb/photos
run -aq photos musik usb
rm -r musik usb/photos
run -aT photos far/music far/b/photos
rm -r far/music far/b/photos
# These are ordinary copies to several destinations.
run -a photos usb far/usb
run -a photos music docs
run -a photos music far/b far/usb
run -a -t music -t usb photos
run -aT photos near usb
run -af photos music far/b
run photos/p music usb
files far/b | sort
files music
--- stdout
exit 2
exit 2
exit 2
exit 0
exit 2
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
photos
photos/p
p
photos
photos/p
--- stderr
ucopy: 'music' is a directory beside 'photos', which would be copied into it: only 'usb' is elsewhere. To copy several sources into directories use -t DIR (or --force)
ucopy: 'music/' is a directory beside 'photos/', which would be copied into it: only 'far/usb' is elsewhere. To copy several sources into directories use -t DIR (or --force)
ucopy: '$T/music' is a directory beside './photos', which would be copied into it: only 'usb' is elsewhere. To copy several sources into directories use -t DIR (or --force)
ucopy: warning: photos becomes the new directory 'musik', too. To copy several sources into directories use -t DIR
ucopy: 'musik' is a directory beside 'photos', which would be copied into it: only 'usb' is elsewhere. To copy several sources into directories use -t DIR (or --force)
ucopy: warning: photos becomes the new directory 'musik', too. To copy several sources into directories use -t DIR
