import {
  type Answer,
  type DecodedPacket,
  decode,
  encode,
  type Packet,
  type Question,
  RECURSION_AVAILABLE,
  RECURSION_DESIRED,
  TRUNCATED_RESPONSE,
} from 'dns-packet';
import type { NameTable } from './name-table.ts';

/** RFC 1035, section 4.1.1 */
const FORMAT_ERROR = 1;
export const SERVER_FAILURE = 2;
const OPCODES = 0x78_00;
const AUTHORITATIVE = 0x04_00;
/** Names come and go with their containers, so clients should not cache them for long. */
const TTL_SECONDS = 10;
/** RFC 1035, section 2.3.4 */
const MIN_UDP_BYTES = 512;
const MAX_TCP_BYTES = 65_535;
/** A question is short; a longer one could keep the parser busy, as names may refer to others (section 4.1.4). */
const MAX_QUERY_BYTES = 4096;
const EDNS_BYTES = 1232;

export type Query = { packet: DecodedPacket; question: Question; isTcp: boolean };

/** Undefined for what is no query at all, and is not answered. */
export function parseQuery(message: Buffer, isTcp: boolean): Query | undefined {
  if (message.length > MAX_QUERY_BYTES) return undefined;
  try {
    const packet = decode(message);
    const [question] = packet.questions ?? [];
    if (packet.type !== 'query' || question === undefined || packet.questions?.length !== 1) return undefined;
    return ((packet.flags ?? 0) & OPCODES) === 0 ? { packet, question, isTcp } : undefined;
  } catch {
    return undefined;
  }
}

/** A refusal of what {@link parseQuery} does not understand, if it looks like a query. */
export function formatError(message: Buffer): Buffer | undefined {
  if (message.length < 12 || (message[2] ?? 0) & 0x80) return undefined;
  const header = Buffer.from(message.subarray(0, 12));
  header[2] = (header[2] ?? 0) | 0x80;
  header[3] = FORMAT_ERROR;
  header.fill(0, 4);
  return header;
}

/** The answer to a question about a container's name or address; undefined for other questions. */
export function answerQuery(query: Query, table: NameTable, asker: string): Buffer | undefined {
  const { name, type, class: group } = query.question;
  if (group !== 'IN' && group !== 'ANY') return undefined;
  if (type === 'PTR') {
    const found = reverse(name, table, asker);
    if (found === undefined) return undefined;
    return respond(query, AUTHORITATIVE, [{ name, type: 'PTR', ttl: TTL_SECONDS, data: found }]);
  }
  const wanted = type === 'AAAA' ? 6 : 4;
  const addresses = table.resolve(asker, name, wanted);
  if (addresses === undefined) return undefined;
  // It is ours, and others have nothing to say about it: but what it has not is not there.
  const isAddress = type === 'A' || type === 'AAAA';
  const answers = isAddress ? shuffled(addresses).map(data => ({ name, type, ttl: TTL_SECONDS, data })) : [];
  return respond(query, AUTHORITATIVE, answers);
}

/** An answer with no more than a response code. */
export function refuse(query: Query, code: number): Buffer {
  return respond(query, code, []);
}

function respond({ packet, isTcp }: Query, flags: number, answers: Answer[]): Buffer {
  const edns = packet.additionals?.find(record => record.type === 'OPT');
  const response: Packet = {
    type: 'response',
    id: packet.id ?? 0,
    flags: flags | RECURSION_AVAILABLE | ((packet.flags ?? 0) & RECURSION_DESIRED),
    questions: packet.questions ?? [],
    answers,
    additionals:
      edns === undefined
        ? []
        : [
            {
              type: 'OPT',
              name: '.',
              udpPayloadSize: EDNS_BYTES,
              extendedRcode: 0,
              ednsVersion: 0,
              flags: 0,
              flag_do: false,
              options: [],
            },
          ],
  };
  const encoded = encode(response);
  if (encoded.length <= limitOf(edns, isTcp)) return encoded;
  // Who asks again by TCP gets it whole.
  return encode({ ...response, flags: (response.flags ?? 0) | TRUNCATED_RESPONSE, answers: [] });
}

function limitOf(edns: { udpPayloadSize?: number } | undefined, isTcp: boolean): number {
  if (isTcp) return MAX_TCP_BYTES;
  const size = edns?.udpPayloadSize ?? 0;
  return Math.max(size, MIN_UDP_BYTES);
}

/** `4.3.2.1.in-addr.arpa`, or the 32 digits of `ip6.arpa` (RFC 3596). */
function reverse(name: string, table: NameTable, asker: string): string | undefined {
  const labels = name.toLowerCase().replace(/\.$/, '').split('.');
  const zone = labels.splice(-2).join('.');
  if (zone === 'in-addr.arpa' && labels.length === 4) return table.reverse(asker, labels.reverse().join('.'));
  if (zone !== 'ip6.arpa' || labels.length !== 32) return undefined;
  const digits = labels.reverse().join('');
  const groups = digits.match(/.{4}/g) ?? [];
  return table.reverse(asker, compress(groups.join(':')));
}

function compress(address: string): string {
  return new URL(`http://[${address}]/`).hostname.slice(1, -1);
}

/** Each address has its turn at being the first. */
function shuffled(addresses: readonly string[]): string[] {
  if (addresses.length < 2) return [...addresses];
  const start = Math.floor(Math.random() * addresses.length);
  return [...addresses.slice(start), ...addresses.slice(0, start)];
}
