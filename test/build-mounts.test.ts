/** Mounts of RUN, and what a client has to grant for a step. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type ClientBuild, clientBuild } from './fixtures/buildkit-client.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';

let daemon: DaemonProcess;
before(async () => {
  daemon = await DaemonProcess.start();
  assert.equal((await daemon.slipway('image', 'bootstrap', 'busybox')).code, 0);
});
after(() => daemon.dispose());

const build = (Dockerfile: string, more: Partial<ClientBuild> = {}) =>
  clientBuild(join(daemon.base, 'slipway.sock'), {
    ...more,
    directories: { dockerfile: { Dockerfile }, context: {} },
  });

const temporary = () => join(daemon.base, 'data/builder/tmp');

/** What is behind the socket that a step has, asked from outside of it. */
async function ask(text: string): Promise<string> {
  const [name = ''] = fs.readdirSync(temporary()).filter(each => each.startsWith('ssh-'));
  const connection = createConnection(join(temporary(), name, 'agent'));
  connection.write(text);
  for await (const data of connection) return String(data);
  return '';
}

test('a step reaches an agent of its client, which is unreachable afterwards', async () => {
  const answer = Promise.withResolvers<string>();
  const Dockerfile =
    'FROM busybox\nRUN --mount=type=ssh,id=a,mode=0640 stat -c "%F %a" $SSH_AUTH_SOCK && echo $SSH_AUTH_SOCK; exec sleep 1000';
  const gone = new AbortController();
  const building = build(Dockerfile, {
    agents: ['a'],
    signal: gone.signal,
    onOutput: text => {
      if (text.includes('ssh_agent')) ask('hello').then(answer.resolve, answer.reject);
      if (text.includes('%F')) answer.reject(new Error(text));
    },
  });
  building.catch(() => undefined);
  try {
    assert.equal(await answer.promise, 'a heard hello');
  } finally {
    gone.abort();
  }
  await assert.rejects(building);
  while (fs.readdirSync(temporary()).length > 0) await new Promise(resolve => setImmediate(resolve));
});

test('an agent is a socket of the mode that is asked for, at a place that is told; one that is not required may be absent', async () => {
  const stat = 'stat -c "%F %a %u" $SSH_AUTH_SOCK';
  const given = await build(
    `FROM busybox\nRUN --mount=type=ssh,mode=0640,uid=7 ${stat}; echo $SSH_AUTH_SOCK`,
    {
      agents: ['default'],
    },
  );
  assert.equal(given.output, 'socket 640 7\n/run/buildkit/ssh_agent.0\n');
  const absent = await build('FROM busybox\nRUN --mount=type=ssh echo none=$SSH_AUTH_SOCK');
  assert.equal(absent.output, 'none=\n');
  await assert.rejects(build('FROM busybox\nRUN --mount=type=ssh,required true'), {
    message: /no SSH key "default" forwarded from the client/,
  });
});

test('a secret, a script, and a part of a stage are mounted', async () => {
  const Dockerfile = `FROM busybox AS made
RUN mkdir -p /d/e && echo of-the-stage > /d/e/f && ln -s /d/e /l
FROM busybox
RUN --mount=type=secret,id=s --mount=type=bind,from=made,source=/l,target=/m cat /run/secrets/s /m/f && ! touch /m/x
RUN --mount=type=bind,from=made,source=d,target=/m,rw touch /m/e/x && ls /m/e
RUN <<EOF
#!/bin/cat
by a program
EOF
RUN test ! -e /m`;
  const { output } = await build(Dockerfile, { secrets: { s: 'hidden\n' } });
  assert.match(
    output,
    /^hidden\nof-the-stage\ntouch: .*Read-only file system\nf\nx\n#!\/bin\/cat\nby a program\n/,
  );
});

test('a cache begins with files of a stage, and keeps what is written', async () => {
  const Dockerfile = (nonce: string) => `FROM busybox AS made
RUN mkdir -p /d/e && echo begun > /d/e/f
FROM busybox
ARG NONCE=${nonce}
RUN --mount=type=cache,target=/c,from=made,source=/d,id=begun echo more >> /c/e/f && cat /c/e/f`;
  assert.equal((await build(Dockerfile('1'))).output, 'begun\nmore\n');
  assert.equal((await build(Dockerfile('2'))).output, 'begun\nmore\nmore\n');
  await assert.rejects(
    build('FROM busybox\nRUN --mount=type=cache,target=/c,from=busybox,source=/none,id=x true'),
    { message: /"\/none": not found/ },
  );
});

test('a step is privileged only where the client grants it', async () => {
  const Dockerfile = 'FROM busybox\nRUN --security=insecure grep CapEff /proc/self/status';
  await assert.rejects(build(Dockerfile), { message: /security.insecure is not allowed/ });
  const { output } = await build(Dockerfile, { entitlements: ['security.insecure'] });
  const sandbox = await build('FROM busybox\nRUN grep CapEff /proc/self/status');
  assert.notEqual(output, sandbox.output);
});
