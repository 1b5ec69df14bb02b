import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DecodedPacket, decode, encode, type Packet } from 'dns-packet';
import { answerQuery, formatError, parseQuery } from './answer-query.ts';
import { NameTable } from './name-table.ts';

const FRONT = { networkId: 'n1', networkName: 'front', internal: false, links: {} };

function tableOf(members: Record<string, { names: string[]; addresses: string[] }>): NameTable {
  const table = new NameTable(sandbox => sandbox !== 'dead');
  for (const [sandbox, member] of Object.entries(members)) table.join(sandbox, { ...FRONT, ...member });
  return table;
}

function ask(
  table: NameTable,
  packet: Packet,
  isTcp = false,
): (DecodedPacket & { rcode?: string }) | undefined {
  const query = parseQuery(encode({ type: 'query', id: 7, flags: 0x100, ...packet }), isTcp);
  assert.ok(query);
  const answer = answerQuery(query, table, 'asker');
  return answer && decode(answer);
}

const question = (name: string, type: 'A' | 'AAAA' | 'PTR' | 'TXT' = 'A') => ({
  questions: [{ name, type }],
});

test('what is longer than any question is not taken apart', () => {
  const query = encode({ type: 'query', id: 7, ...question('web') });
  assert.ok(parseQuery(Buffer.concat([query, Buffer.alloc(4000)]), true));
  assert.equal(parseQuery(Buffer.concat([query, Buffer.alloc(8000)]), true), undefined);
});

test('a name has the addresses of the version that is asked for, and nothing else', () => {
  const table = tableOf({
    asker: { names: [], addresses: [] },
    web: { names: ['web'], addresses: ['10.0.0.2', 'fd00::2'] },
  });
  const data = (packet: Packet) =>
    ask(table, packet)?.answers?.map(answer => (answer as { data?: unknown }).data);
  assert.deepEqual(data(question('WEB')), ['10.0.0.2']);
  assert.deepEqual(data(question('web', 'AAAA')), ['fd00::2']);
  assert.deepEqual(data(question('web', 'TXT')), []);
  assert.deepEqual(data(question('web.front')), ['10.0.0.2']);
  assert.equal(data(question('other')), undefined);
});

test('an answer that is too long is truncated, and whole over TCP or where the asker takes more', () => {
  const addresses = Array.from({ length: 100 }, (_, index) => `10.0.0.${index + 1}`);
  const table = tableOf({ asker: { names: [], addresses: [] }, web: { names: ['web'], addresses } });
  const short = ask(table, question('web'));
  assert.deepEqual([short?.flag_tc, short?.answers?.length], [true, 0]);
  assert.equal(ask(table, question('web'), true)?.answers?.length, 100);
  const edns = { type: 'OPT', name: '.', udpPayloadSize: 4096, flags: 0, options: [] } as const;
  const long = ask(table, { ...question('web'), additionals: [edns as never] });
  assert.deepEqual([long?.flag_tc, long?.answers?.length, long?.additionals?.length], [false, 100, 1]);
});

test('a reverse lookup gives the container that has the address on a network of the asker', () => {
  const table = tableOf({
    asker: { names: ['asker'], addresses: ['10.0.0.3'] },
    web: { names: ['web', 'alias'], addresses: ['10.0.0.2', 'fd00::2'] },
  });
  const nameOf = (name: string) =>
    (ask(table, question(name, 'PTR'))?.answers?.[0] as { data?: string } | undefined)?.data;
  assert.equal(nameOf('2.0.0.10.in-addr.arpa'), 'web.front');
  assert.equal(nameOf(`2.${'0.'.repeat(27)}0.0.d.f.ip6.arpa`), 'web.front');
  assert.equal(nameOf('9.0.0.10.in-addr.arpa'), undefined);
});

test('the dead are not found, and who has left is neither', () => {
  const table = tableOf({
    asker: { names: [], addresses: [] },
    dead: { names: ['web'], addresses: ['10.0.0.9'] },
    web: { names: ['web'], addresses: ['10.0.0.2'] },
  });
  assert.deepEqual(table.resolve('asker', 'web', 4), ['10.0.0.2']);
  table.leave('web', 'n1');
  assert.equal(table.resolve('asker', 'web', 4), undefined);
  assert.equal(table.reverse('asker', '10.0.0.9'), undefined);
  table.remove('asker');
  assert.equal(table.resolve('asker', 'web', 4), undefined);
});

test('what is no query is refused or left unanswered', () => {
  assert.equal(parseQuery(Buffer.from('nonsense'), false), undefined);
  assert.equal(formatError(Buffer.from('short')), undefined);
  const header = Buffer.from('000701000001000000000000', 'hex');
  assert.equal(parseQuery(header, false), undefined);
  assert.equal(formatError(header)?.toString('hex'), '000781010000000000000000');
  const response = encode({ type: 'response', id: 7, questions: [] });
  assert.equal(parseQuery(response, false), undefined);
  assert.equal(formatError(response), undefined);
});
