/**
 * A hostile image or container against its host, at the exec driver: no descriptor of the host's is open when a path of
 * the image is looked up, and nothing can be learnt of a process that is being made. The daemon and slipway-runtime are
 * tried in escape-daemon.test.ts and escape-runtime.test.ts.
 */
import assert from 'node:assert/strict';
import { readdirSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Task, TaskProcess } from '../src/execdriver/driver.ts';
import type { Process, Spec } from '../src/oci/runtime-spec.ts';
import { nativeContainers, outputOf } from './fixtures/native-containers.ts';
import {
  compile,
  descriptors,
  type HostileRoot,
  LAST_TRIED,
  makeHostile,
} from './fixtures/escape/hostile-root.ts';

const containers = nativeContainers();
let hostile: HostileRoot;

before(() => {
  hostile = makeHostile(containers.root, containers.base);
  compile('racer.c', join(containers.root, 'bin/racer'));
});
after(() => containers.close());

type Attempt = { args: string[]; cwd?: string; env?: string[] };
type Form = (descriptor: number) => Attempt;

/** The ways in which an image or a user can name a program, a directory or an interpreter. */
const FORMS: Record<string, Form> = {
  argv: descriptor => ({ args: [hostile.by(descriptor)] }),
  'a script': descriptor => ({ args: [`/evil/script/${descriptor}`] }),
  'a program interpreter': descriptor => ({ args: [`/evil/program/${descriptor}`] }),
  'the working directory': descriptor => ({ args: ['./canary'], cwd: hostile.directoryBy(descriptor) }),
  PATH: descriptor => ({ args: ['canary'], env: [`PATH=${hostile.directoryBy(descriptor)}`] }),
};

async function runOutput(attempt: Attempt): Promise<string> {
  try {
    const { output } = await containers.run('', ({ process }) => Object.assign(process, attempt));
    return output;
  } catch (error) {
    return String(error);
  }
}

async function execOutput(container: Task, attempt: Attempt, process: Partial<Process> = {}) {
  try {
    const made = await container.exec({
      id: `e${Math.random()}`,
      process: { user: { uid: 0, gid: 0 }, cwd: '/', env: ['PATH=/bin'], ...process, ...attempt },
      io: { terminal: false, stdin: false, stdinOnce: false },
    });
    return (await outputOf(made)).output;
  } catch (error) {
    return String(error);
  }
}

/** Several at once: each has its own process, and it is the number of tries that takes time. */
async function each(first: number, last: number, attempt: (descriptor: number) => Promise<void>) {
  const left = descriptors(first, last);
  const worker = async () => {
    for (const descriptor of left) await attempt(descriptor);
  };
  await Promise.all([worker(), worker(), worker()]);
}

const REFUSED = /no such file|not found|not a directory|permission denied|too many levels of symbolic links/i;

function assertNoEscape(output: string, descriptor?: number): void {
  assert.doesNotMatch(output, /ESCAPED/, `descriptor ${descriptor}`);
  assert.match(output, REFUSED);
}

for (const [name, form] of Object.entries(FORMS)) {
  test(`no descriptor leads a container that is started to the host, by ${name}`, async () => {
    await each(3, LAST_TRIED, async descriptor => {
      const output = await runOutput(form(descriptor));
      assertNoEscape(output, descriptor);
    });
  });

  test(`no descriptor leads what is executed in a container to the host, by ${name}`, async () => {
    const container = await containers.create('sleep 1000');
    await container.start();
    await each(3, LAST_TRIED, async descriptor => {
      const output = await execOutput(container, form(descriptor));
      assertNoEscape(output, descriptor);
    });
    await container.remove();
  });
}

type Change = (spec: Spec & { process: Process }) => void;

const withoutPids: Change = spec => {
  spec.linux!.namespaces = spec.linux!.namespaces!.filter(({ type }) => type !== 'pid');
};

const inUserNamespace: Change = spec => {
  const maps = [{ containerID: 0, hostID: 200_000, size: 65_536 }];
  Object.assign(spec.linux!, { uidMappings: maps, gidMappings: maps });
  spec.linux!.namespaces!.push({ type: 'user' });
};

const inPidsOf =
  (pid: number): Change =>
  spec => {
    withoutPids(spec);
    spec.linux!.namespaces!.push({ type: 'pid', path: `/proc/${pid}/ns/pid` });
  };

const VARIANTS: Record<string, (other: Task) => Change> = {
  'as it is by default': () => () => undefined,
  'in a user namespace': () => inUserNamespace,
  'in the pid namespace of the host': () => withoutPids,
  'in the pid namespace of another': other => inPidsOf(other.pid),
  'with hooks': () => spec => {
    const hook = { path: '/bin/true' };
    spec.hooks = { createRuntime: [hook], createContainer: [hook], startContainer: [hook] };
  },
};

/** What a process that has not executed yet has open besides its streams. */
function openDescriptors({ pid }: TaskProcess): string[] {
  return readdirSync(`/proc/${pid}/fd`)
    .filter(number => Number(number) > 2)
    .map(number => readlinkSync(`/proc/${pid}/fd/${number}`));
}

/** What cannot be looked at by others belongs to root (proc(5)): also what runs as another user. */
const isHidden = ({ pid }: TaskProcess) => statSync(`/proc/${pid}/environ`).uid === 0;

for (const [name, variant] of Object.entries(VARIANTS))
  for (const terminal of [false, true])
    test(`before it executes, a process has one socket open, and is hidden: ${name}${terminal ? ', with a terminal' : ''}`, async () => {
      const other = await containers.create('sleep 1000');
      await other.start();
      const user = { uid: 1000, gid: 1000 };
      const container = await containers.create(
        'sleep 1000',
        spec => {
          variant(other)(spec);
          spec.process.user = user;
          spec.mounts!.push({
            destination: '/dev/pts',
            type: 'devpts',
            source: 'devpts',
            options: ['newinstance', 'ptmxmode=0666', 'mode=0620'],
          });
        },
        { terminal },
      );
      const check = (made: TaskProcess) => {
        const [socket, ...more] = openDescriptors(made);
        assert.match(socket ?? '', /^socket:/);
        assert.deepEqual(more, []);
        assert.equal(isHidden(made), true);
      };
      check(container);
      await container.start();
      const made = await container.exec({
        id: 'looked-at',
        process: { user, cwd: '/', env: ['PATH=/bin'], args: ['sleep', '1'] },
        io: { terminal, stdin: false, stdinOnce: false },
      });
      check(made);
      await made.start();
      assert.deepEqual(openDescriptors(made), []);
      await container.remove();
      await other.remove();
    });

const CAPABILITIES = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_SETUID',
  'CAP_SETGID',
  'CAP_MKNOD',
  'CAP_NET_RAW',
];

/** A container that looks at what appears in its pid namespace, and what it has found so far. */
async function startRacer(capabilities: string[], ...args: string[]) {
  const container = await containers.create('', ({ process }) => {
    process.args = ['racer', join(containers.base, 'canary'), ...args];
    process.capabilities = { bounding: capabilities, effective: capabilities, permitted: capabilities };
  });
  const socket = await container.attach({ stdin: false, stdout: true, stderr: true });
  let found = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    found += text;
  });
  socket.resume();
  await container.start();
  while (!found.includes('ready')) await new Promise(resolve => socket.once('data', resolve));
  return { container, found: () => found.match(/(HOST|OPEN) [a-z0-9/]+/g) ?? [] };
}

test('a container learns nothing of 500 programs that are executed in it', async () => {
  const { container, found } = await startRacer(CAPABILITIES);
  for (let count = 0; count < 500; count++) await execOutput(container, { args: ['true'] });
  assert.deepEqual([...new Set(found())], []);
  await container.remove();
});

test('not even a container that may trace processes gets to the host by programs that are executed in it', async () => {
  const { container, found } = await startRacer([...CAPABILITIES, 'CAP_SYS_PTRACE'], 'host-only');
  for (let count = 0; count < 500; count++) await execOutput(container, { args: ['true'] });
  assert.deepEqual([...new Set(found())], []);
  await container.remove();
});

test('a container learns nothing of others that are started in its pid namespace', async () => {
  const { container, found } = await startRacer(CAPABILITIES);
  for (let count = 0; count < 50; count++) await containers.run('true', inPidsOf(container.pid));
  assert.deepEqual([...new Set(found())], []);
  await container.remove();
});
