/** Connection tracking: include/uapi/linux/netfilter/nfnetlink_conntrack.h. */
import {
  CTA_FILTER,
  CTA_FILTER_F_DST_PORT,
  CTA_FILTER_F_IP_SRC,
  CTA_FILTER_F_PROTO_NUM,
  CTA_FILTER_ORIG_FLAGS,
  CTA_FILTER_REPLY_FLAGS,
  CTA_IP_V4_SRC,
  CTA_IP_V6_SRC,
  CTA_PROTO_DST_PORT,
  CTA_PROTO_NUM,
  CTA_TUPLE_IP,
  CTA_TUPLE_ORIG,
  CTA_TUPLE_PROTO,
  CTA_TUPLE_REPLY,
  IPCTNL_MSG_CT_DELETE,
  NFNETLINK_V0,
  NFNL_SUBSYS_CTNETLINK,
  NFPROTO_IPV4,
  NFPROTO_IPV6,
} from '../abi/nfnetlink.ts';
import { ipBytes } from './address-messages.ts';
import { type Attribute, bytes, type NetlinkMessage, nested, u32, u8 } from './message.ts';

/**
 * Forgets the flows of a protocol that were first sent to this port (any, when left out) and are answered from
 * this address. The kernel walks through its whole table for it; kernels before 6.0 answer EINVAL.
 */
export function forgetFlows(options: {
  /** IPPROTO_* */
  protocol: number;
  port?: number;
  answeredFrom: string;
}): NetlinkMessage {
  const { protocol, port, answeredFrom } = options;
  const source = ipBytes(answeredFrom);
  const isIpv4 = source.length === 4;
  const tuple = [u8(CTA_PROTO_NUM, protocol), ...(port === undefined ? [] : [bigEndian16(port)])];
  const flags = CTA_FILTER_F_PROTO_NUM | (port === undefined ? 0 : CTA_FILTER_F_DST_PORT);
  return {
    type: (NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_DELETE,
    flags: 0,
    header: Buffer.from([isIpv4 ? NFPROTO_IPV4 : NFPROTO_IPV6, NFNETLINK_V0, 0, 0]),
    attributes: [
      nested(CTA_TUPLE_ORIG, [nested(CTA_TUPLE_PROTO, tuple)]),
      nested(CTA_TUPLE_REPLY, [
        nested(CTA_TUPLE_IP, [bytes(isIpv4 ? CTA_IP_V4_SRC : CTA_IP_V6_SRC, source)]),
      ]),
      nested(CTA_FILTER, [
        u32(CTA_FILTER_ORIG_FLAGS, flags),
        u32(CTA_FILTER_REPLY_FLAGS, CTA_FILTER_F_IP_SRC),
      ]),
    ],
    description: `forget flows answered from ${answeredFrom}`,
  };
}

function bigEndian16(port: number): Attribute {
  return bytes(CTA_PROTO_DST_PORT, Uint8Array.of(port >> 8, port & 0xff));
}
