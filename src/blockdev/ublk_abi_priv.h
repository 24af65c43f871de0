/* ublk_abi: what <linux/ublk_cmd.h> of Linux 6.1 (Debian 12) lacks. The numbers are those of
 * include/uapi/linux/ublk_cmd.h of Linux 7.0. */
#ifndef UCOPY_BLOCKDEV_UBLK_ABI_PRIV_H
#define UCOPY_BLOCKDEV_UBLK_ABI_PRIV_H

#include <linux/ublk_cmd.h>
#include <sys/ioctl.h>

/* Commands as ioctl(2) numbers: Linux 6.4. */
#define UBLK_ABI_GET_DEV_INFO  _IOR('u', 0x02, struct ublksrv_ctrl_cmd)
#define UBLK_ABI_ADD_DEV       _IOWR('u', 0x04, struct ublksrv_ctrl_cmd)
#define UBLK_ABI_START_DEV     _IOWR('u', 0x06, struct ublksrv_ctrl_cmd)
#define UBLK_ABI_STOP_DEV      _IOWR('u', 0x07, struct ublksrv_ctrl_cmd)
#define UBLK_ABI_SET_PARAMS    _IOWR('u', 0x08, struct ublksrv_ctrl_cmd)
#define UBLK_ABI_GET_FEATURES  _IOR('u', 0x13, struct ublksrv_ctrl_cmd) /* 6.5 */
#define UBLK_ABI_DEL_DEV_ASYNC _IOR('u', 0x14, struct ublksrv_ctrl_cmd) /* 6.9 */

#define UBLK_ABI_FETCH            _IOWR('u', 0x20, struct ublksrv_io_cmd)
#define UBLK_ABI_COMMIT_AND_FETCH _IOWR('u', 0x21, struct ublksrv_io_cmd)

/* Only the kernel of tests/vm/kernel has this: the leader of an SQE group provides the pages of the
 * request to the members (group-buffers.patch). */
#define UBLK_ABI_PROVIDE_GROUP_BUF _IOWR('u', 0x3f, struct ublksrv_io_cmd)

/* Flags of a device. */
#define UBLK_ABI_ZERO_COPY    (1ull << 0)
#define UBLK_ABI_IOCTL_ENCODE (1ull << 6)
#define UBLK_ABI_AUTO_BUF_REG (1ull << 11) /* 6.16 */
#define UBLK_ABI_GROUP_BUF    (1ull << 63) /* UBLK_ABI_PROVIDE_GROUP_BUF */

/* The parameters of a device, up to the last that is set here. */
#define UBLK_ABI_TYPE_BASIC     (1u << 0)
#define UBLK_ABI_TYPE_DISCARD   (1u << 1)
#define UBLK_ABI_TYPE_DMA_ALIGN (1u << 4) /* 6.15 */

struct ublk_abi_params {
    __u32 len;
    __u32 types;
    struct ublk_param_basic basic;
    struct ublk_param_discard discard;
    __u32 devt[4];
    __u32 zoned[8];      /* two limits, the largest append, and 20 bytes that are reserved */
    __u32 dma_alignment; /* the bits that an address must not have */
    __u32 dma_pad;
};

#endif
