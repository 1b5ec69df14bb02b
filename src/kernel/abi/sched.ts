/** include/uapi/linux/sched.h */
export const CLONE_NEWNET = 0x40000000;
