# Calls whose failure is no failure of the copy.
# engines: all
--- script
need_faultfs
fault_copy 'fallocate * fail ENOSPC' --direct=always
fault_copy 'fallocate * fail EIO' --direct=always
fault_copy 'release|statfs|utimens|lseek|unlink * fail EIO'
--- stdout
-- fallocate * fail ENOSPC --direct=always
exit 0
fault/x: complete
-- fallocate * fail EIO --direct=always
exit 0
fault/x: complete
-- release|statfs|utimens|lseek|unlink * fail EIO
exit 0
fault/x: complete
