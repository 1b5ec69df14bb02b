/** include/uapi/linux/netfilter/nfnetlink.h and nf_tables.h */
export const NFNL_SUBSYS_NFTABLES = 10;
export const NFNL_MSG_BATCH_BEGIN = 16;
export const NFNL_MSG_BATCH_END = 17;
export const NFNETLINK_V0 = 0;
export const NFPROTO_IPV4 = 2;
export const NFPROTO_IPV6 = 10;

export const NFT_MSG_GETCHAIN = 4;
export const NFT_MSG_GETRULE = 7;
export const NFT_MSG_NEWSETELEM = 12;
export const NFT_MSG_GETSETELEM = 13;
export const NFT_MSG_DELSETELEM = 14;
export const NFT_MSG_GETGEN = 16;
export const NFT_MSG_TRACE = 17;

/** What the kernel tells of packets that are traced, to those who listen. */
export const NFNLGRP_NFTRACE = 9;
export const NFTA_TRACE_TABLE = 1;
export const NFTA_TRACE_CHAIN = 2;
export const NFTA_TRACE_RULE_HANDLE = 3;
export const NFTA_TRACE_TYPE = 4;
export const NFTA_TRACE_VERDICT = 5;
export const NFTA_TRACE_ID = 6;
export const NFTA_TRACE_NETWORK_HEADER = 8;
export const NFTA_TRACE_TRANSPORT_HEADER = 9;
export const NFTA_TRACE_IIF = 10;
export const NFTA_TRACE_OIF = 12;
export const NFTA_TRACE_POLICY = 16;
export const NFT_TRACETYPE_POLICY = 1;
export const NFT_TRACETYPE_RULE = 3;
export const NFTA_VERDICT_CODE = 1;
export const NFTA_VERDICT_CHAIN = 2;

export const NFTA_GEN_ID = 1;
export const NFTA_CHAIN_TABLE = 1;
export const NFTA_CHAIN_NAME = 3;
export const NFTA_CHAIN_HOOK = 4;
export const NFTA_CHAIN_POLICY = 5;
export const NFTA_HOOK_HOOKNUM = 1;
/** include/uapi/linux/netfilter.h */
export const NF_INET_FORWARD = 2;
export const NF_DROP = 0;
export const NF_ACCEPT = 1;
export const NFPROTO_INET = 1;
export const NFTA_RULE_TABLE = 1;
export const NFTA_RULE_CHAIN = 2;
export const NFTA_RULE_HANDLE = 3;

export const NFTA_SET_ELEM_LIST_TABLE = 1;
export const NFTA_SET_ELEM_LIST_SET = 2;
export const NFTA_SET_ELEM_LIST_ELEMENTS = 3;
export const NFTA_LIST_ELEM = 1;
export const NFTA_SET_ELEM_KEY = 1;
export const NFTA_SET_ELEM_DATA = 2;
export const NFTA_SET_ELEM_FLAGS = 3;
export const NFTA_SET_ELEM_KEY_END = 10;
/** The key is the first after an interval. */
export const NFT_SET_ELEM_INTERVAL_END = 1;
export const NFTA_DATA_VALUE = 1;

/** include/uapi/linux/netfilter/nfnetlink_conntrack.h */
export const NFNL_SUBSYS_CTNETLINK = 1;
export const IPCTNL_MSG_CT_DELETE = 2;
export const CTA_TUPLE_ORIG = 1;
export const CTA_TUPLE_REPLY = 2;
export const CTA_FILTER = 25;
export const CTA_TUPLE_IP = 1;
export const CTA_TUPLE_PROTO = 2;
export const CTA_IP_V4_SRC = 1;
export const CTA_IP_V6_SRC = 3;
export const CTA_PROTO_NUM = 1;
export const CTA_PROTO_DST_PORT = 3;
export const CTA_FILTER_ORIG_FLAGS = 1;
export const CTA_FILTER_REPLY_FLAGS = 2;
/** Which parts of a tuple a filter looks at (net/netfilter/nf_conntrack_netlink.c). */
export const CTA_FILTER_F_IP_SRC = 0x01;
export const CTA_FILTER_F_PROTO_NUM = 0x08;
export const CTA_FILTER_F_DST_PORT = 0x20;
