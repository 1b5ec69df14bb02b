/** include/linux/socket.h, include/uapi/asm-generic/socket.h, include/linux/net.h: the same on x86-64 and arm64. */
export const AF_UNSPEC = 0;
export const AF_INET = 2;
export const AF_BRIDGE = 7;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const AF_PACKET = 17;
/** include/uapi/linux/if_ether.h */
export const ETH_P_IP = 0x08_00;
export const ETH_P_ARP = 0x08_06;
export const ETH_P_IPV6 = 0x86_dd;

export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_CLOEXEC = 0o2000000;
export const SOCK_NONBLOCK = 0o4000;

export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_ERROR = 4;
/** include/uapi/linux/in.h, in6.h */
export const IPPROTO_TCP = 6;
export const IPPROTO_UDP = 17;
export const IPPROTO_IPV6 = 41;
export const IPPROTO_SCTP = 132;
export const IPV6_V6ONLY = 26;
export const IPV6_RECVPKTINFO = 49;

export const SO_PEERCRED = 17;

export const MSG_DONTWAIT = 0x40;
