/** Writes the first inputs of shim/fuzz: what the engine really sends, with and without a container. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { compileContainer } from '../src/libcontainer/compile-container.ts';
import { compileExec } from '../src/libcontainer/compile-exec.ts';
import { encodeMessage } from '../src/execdriver/native/encode-message.ts';
import type { FieldWriter } from '../src/libcontainer/field-writer.ts';
import type { Plan } from '../src/libcontainer/plan.ts';
import { MESSAGES, OPERATIONS, writePlan } from '../src/libcontainer/wire.ts';
import { exampleSpec } from '../src/runtime/example-spec.ts';

const CORPUS = 'shim/fuzz/corpus';
const cgroupLayout = {
  mode: 'v2' as const,
  v1: [],
  unified: { mountPoint: '/sys/fs/cgroup', root: '/', controllers: ['pids'], own: '/' },
};

function input(name: string, ...messages: Buffer[]): void {
  writeFileSync(`${CORPUS}/${name}`, Buffer.concat([Buffer.from('seed0001'), ...messages]));
}

const numbers =
  (...values: number[]) =>
  (writer: FieldWriter) => {
    for (const value of values) writer.int(value);
  };

function create(plan: Plan): Buffer {
  return encodeMessage(MESSAGES.create, 1, writer => {
    writer.int(0);
    writer.string('id');
    writer.string('/run/x');
    writer.string('/run/x/log');
    writer.int(100);
    writer.int(2);
    writer.string('/sys/fs/cgroup/x/memory.events');
    writePlan(writer, plan);
  });
}

function launch(plan: Plan): Buffer {
  return encodeMessage(MESSAGES.launch, 1, writer => {
    writer.int(1);
    writer.string('id');
    for (const descriptor of [8, 9, 4, 10]) writer.int(descriptor);
    writePlan(writer, plan);
  });
}

function exec(plan: Plan): Buffer {
  return encodeMessage(MESSAGES.exec, 2, writer => {
    writer.int(2);
    writer.string('exec');
    writePlan(writer, plan);
  });
}

/** Every operation there is, with empty fields: the fuzzer fills them. */
function everyOperation(): Plan {
  const empty = { int: 0, string: '/x', bytes: new Uint8Array(8), list: ['a=b'], ints: [1], flag: true };
  const all = Object.entries(OPERATIONS).map(([op, { fields }]) => ({
    op,
    ...Object.fromEntries(fields.map(([name, type]) => [name, empty[type]])),
  }));
  return { parent: all, child: all, cleanup: all } as unknown as Plan;
}

mkdirSync(CORPUS, { recursive: true });
const { plan, cgroupPaths } = compileContainer({
  id: 'id',
  spec: { ...exampleSpec(false), hooks: { createRuntime: [{ path: '/bin/true' }] } },
  rootfs: { type: 'overlay', lowerdirs: ['/l', '/m'], upperdir: '/u', workdir: '/w', target: '/t' },
  cgroupLayout,
});
const spec = exampleSpec(true);
const rootless = compileContainer({
  id: 'id',
  spec,
  rootfs: { type: 'bind', path: '/r' },
  cgroupLayout,
  rootless: true,
  startFifo: 7,
});
const inside = compileExec({ spec, process: spec.process!, cgroupPaths });

input('create', create(plan), encodeMessage(MESSAGES.start, 3, numbers(0)), exec(inside));
input('launch', launch(rootless.plan));
input('every', create(everyOperation()));
input('every-launched', launch(everyOperation()));
input(
  'control',
  create(plan),
  ...[MESSAGES.status, MESSAGES.watch].map(type => encodeMessage(type, 4, numbers())),
  encodeMessage(MESSAGES.resize, 5, numbers(0, 24, 80)),
  encodeMessage(MESSAGES.kill, 6, numbers(0, 9)),
  encodeMessage(MESSAGES.attach, 8, numbers(0, 7)),
  Buffer.from('raw input'),
);
input(
  'pool',
  encodeMessage(MESSAGES.networkNamespace, 1, numbers()),
  encodeMessage(MESSAGES.close, 2, numbers(5)),
);

// What has been found so far.
const listener = { op: 'seccomp' as const, filter: new Uint8Array(8), flags: 8 };
input('listener-without-agent', create({ parent: [listener] as never, child: [], cleanup: [] }));
input(
  'no-cleanup',
  encodeMessage(MESSAGES.create, 1, numbers(0)),
  create({ parent: [], child: [], cleanup: [] }),
);
