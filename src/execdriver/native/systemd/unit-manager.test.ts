import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { UnitManager } from './unit-manager.ts';

const base = mkdtempSync('/tmp/slipway-systemd-');
mkdirSync(join(base, 'systemd'));
process.env.XDG_RUNTIME_DIR = base;
after(() => rmSync(base, { recursive: true }));

/** A systemd of its own thread, since ours waits for it. Units named `busy…` exist, jobs of `bad…` fail, `last…` closes the connection. */
async function startPeer(): Promise<Worker> {
  const worker = new Worker(
    `const { createServer } = require('node:net');
    const { parentPort } = require('node:worker_threads');
    import(${JSON.stringify(new URL('message.ts', import.meta.url).href)}).then(({ decodeMessage, encodeMessage, messageBytes }) => {
      let serial = 0;
      createServer(socket => {
        let received = Buffer.alloc(0), greeted = false;
        const send = message => socket.write(encodeMessage({ serial: ++serial, body: [], ...message }));
        const answer = message => {
          const [unit] = message.body;
          const reply = { type: 2, replySerial: message.serial };
          parentPort.postMessage([message.member, JSON.parse(JSON.stringify(message.body, (_, v) => typeof v === 'bigint' ? String(v) : v))]);
          if (message.member === 'Get') return send({ ...reply, signature: 'v', body: [{ signature: 's', value: '/user.slice/x' }] });
          if (!['StartTransientUnit', 'StopUnit'].includes(message.member)) return send(reply);
          const error = name => send({ type: 3, replySerial: message.serial, errorName: 'org.freedesktop.systemd1.' + name, signature: 's', body: [name + ' ' + unit] });
          if (unit.startsWith('busy') && message.member === 'StartTransientUnit') return error('UnitExists');
          if (unit.startsWith('last')) return socket.end();
          if (unit.startsWith('gone')) return error('NoSuchUnit');
          const removed = job => send({ type: 4, path: '/m', interface: 'm', member: 'JobRemoved', signature: 'uoss', body: [1, job, unit, unit.startsWith('bad') ? 'failed' : 'done'] });
          // Ours comes before the reply, behind one of another unit's.
          removed('/job/other');
          removed('/job/ours');
          send({ ...reply, signature: 'o', body: ['/job/ours'] });
        };
        socket.on('data', chunk => {
          received = Buffer.concat([received, chunk]);
          if (!greeted) {
            const text = received.toString('latin1');
            // A call that comes together with BEGIN systemd would keep until more comes.
            if (!text.endsWith('BEGIN\\r\\n')) return;
            greeted = true;
            received = Buffer.alloc(0);
            return socket.write('OK 0123\\r\\n');
          }
          while (received.length >= 16 && received.length >= messageBytes(received)) {
            const length = messageBytes(received);
            answer(decodeMessage(received.subarray(0, length)));
            received = received.subarray(length);
          }
        });
      }).listen(${JSON.stringify(join(base, 'systemd/private'))}, () => parentPort.postMessage(['listening']));
    });`,
    { eval: true },
  );
  await new Promise(resolve => worker.once('message', resolve));
  return worker;
}

test('units are started and stopped once their job is done, and its failure is told', async () => {
  const peer = await startPeer();
  const calls: [string, unknown[]][] = [];
  peer.on('message', (call: [string, unknown[]]) => calls.push(call));
  const manager = await UnitManager.connect(true);
  try {
    await manager.startTransient('a.scope', [['TasksMax', { signature: 't', value: 3n }]]);
    await assert.rejects(manager.startTransient('busy.scope', []), { message: 'UnitExists busy.scope' });
    await assert.rejects(manager.startTransient('bad.scope', []), {
      message: /unable to start unit bad\.scope: job result "failed"/,
    });
    await manager.stop('a.scope');
    await manager.stop('gone.scope');
    await manager.setProperties('a.scope', [['TasksMax', { signature: 't', value: 4n }]]);
    assert.equal(await manager.controlGroup(), '/user.slice/x');
    await assert.rejects(manager.stop('last.scope'), { message: 'D-Bus: the other side has gone' });
    while (calls.length < 10) await new Promise(resolve => setImmediate(resolve));
    assert.deepEqual(
      calls.map(([name]) => name),
      [
        'Subscribe',
        'StartTransientUnit',
        'StartTransientUnit',
        'StartTransientUnit',
        'StopUnit',
        'ResetFailedUnit',
        'StopUnit',
        'SetUnitProperties',
        'Get',
        'StopUnit',
      ],
    );
    assert.deepEqual(calls[1]![1], [
      'a.scope',
      'replace',
      [['TasksMax', { signature: 't', value: '3' }]],
      [],
    ]);
    assert.deepEqual(calls[7]![1], ['a.scope', true, [['TasksMax', { signature: 't', value: '4' }]]]);
  } finally {
    manager.close();
    await peer.terminate();
  }
});

test('when nothing listens at the socket, the error names it', async () => {
  rmSync(join(base, 'systemd/private'), { force: true });
  await assert.rejects(UnitManager.connect(true), {
    kind: 'unavailable',
    message: /cannot connect to .*\/bus/,
  });
});
