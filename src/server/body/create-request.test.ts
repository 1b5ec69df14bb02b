import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRequest } from './create-request.ts';
import { decodeRequest } from './read-body.ts';

async function decode(text: string) {
  return decodeRequest(text, createRequest, 'CreateRequest');
}

async function hostConfig(text: string) {
  return (await decode(`{"Image":"x","HostConfig":${text}}`)).HostConfig;
}

test('the request that the docker client sends comes through unchanged', async () => {
  const request = {
    Hostname: '',
    AttachStdout: true,
    Tty: false,
    Env: ['A=b'],
    Cmd: ['echo', 'hi'],
    Image: 'busybox',
    Volumes: {},
    ExposedPorts: { '80/tcp': {} },
    Labels: { a: 'b' },
    StopTimeout: 5,
    Healthcheck: { Test: ['CMD', 'true'], Interval: 30_000_000_000 },
    HostConfig: {
      Binds: ['/a:/b'],
      LogConfig: { Type: '', Config: {} },
      PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '8080' }] },
      RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
      ConsoleSize: [24, 80],
      Memory: 1_073_741_824,
      NanoCpus: 1_500_000_000,
      MemorySwap: -1,
      Mounts: [{ Type: 'tmpfs', Target: '/t', TmpfsOptions: { SizeBytes: 1, Mode: 0o1777 } }],
      Ulimits: [{ Name: 'nofile', Hard: 2048, Soft: 1024 }],
      DeviceRequests: [{ Count: -1, Capabilities: [['gpu']] }],
      Init: true,
    },
    NetworkingConfig: { EndpointsConfig: { bridge: { Aliases: ['a'] }, none: null } },
  };
  assert.deepEqual(await decode(JSON.stringify(request)), request);
});

test('integers of 64 bits are exact', async () => {
  const text = '{"Memory":9223372036854775807,"MemorySwap":-9223372036854775808,"NanoCpus":9007199254740993}';
  assert.deepEqual(await hostConfig(text), {
    Memory: 9223372036854775807n,
    MemorySwap: -9223372036854775808n,
    NanoCpus: 9007199254740993n,
  });
});

test('keys are the same in any case, and unknown ones are ignored', async () => {
  assert.deepEqual(await decode('{"image":"x","hostconfig":{"mEMORY":5,"Nope":1},"Also":[]}'), {
    Image: 'x',
    HostConfig: { Memory: 5 },
  });
});

test('null is as good as absent', async () => {
  assert.deepEqual(
    await decode('{"Image":"x","Cmd":null,"HostConfig":null,"Env":[null],"Labels":{"a":null}}'),
    {
      Image: 'x',
      Env: [''],
      Labels: { a: '' },
    },
  );
  assert.deepEqual(await hostConfig('{"Memory":null,"PortBindings":{"80/tcp":null},"OomKillDisable":null}'), {
    PortBindings: { '80/tcp': null },
  });
});

test('a command may be a string', async () => {
  assert.deepEqual(await decode('{"Cmd":"ls","Entrypoint":["a","b"]}'), {
    Cmd: ['ls'],
    Entrypoint: ['a', 'b'],
  });
});

test('a label called __proto__ is a label', async () => {
  const { Labels } = await decode('{"Labels":{"__proto__":"x"}}');
  assert.deepEqual(Object.entries(Labels ?? {}), [['__proto__', 'x']]);
});

test('a NUL byte is refused wherever the kernel would see it', async () => {
  const refused = (body: object, path: string) =>
    assert.rejects(decode(JSON.stringify({ Image: 'x', ...body })), {
      kind: 'invalid-parameter',
      message: `CreateRequest.${path} contains nul byte (\\x00)`,
    });
  await refused({ Cmd: ['a', 'b\0'] }, 'Cmd.1');
  await refused({ Entrypoint: 'a\0' }, 'Entrypoint.0');
  await refused({ WorkingDir: '/\0' }, 'WorkingDir');
  await refused({ Volumes: { '/a\0': {} } }, 'Volumes');
  await refused({ HostConfig: { Tmpfs: { '/a\0': '' } } }, 'HostConfig.Tmpfs');
  await refused({ HostConfig: { Sysctls: { 'net.a': 'b\0' } } }, 'HostConfig.Sysctls.net.a');
  await refused({ HostConfig: { Mounts: [{ Type: 'bind', Source: '/a\0' }] } }, 'HostConfig.Mounts.0.Source');
  const text = 'any\0thing';
  const kept = { Image: 'x', Labels: { [text]: text }, HostConfig: { Annotations: { [text]: text } } };
  assert.deepEqual(await decode(JSON.stringify(kept)), kept);
});

test('a request without any configuration is refused', async () => {
  for (const text of ['{}', 'null', '{"HostConfig":{}}'])
    await assert.rejects(decode(text), {
      kind: 'invalid-parameter',
      message: 'config cannot be empty in order to create a container',
    });
});

const MISMATCHES: Record<string, string> = {
  '{"Image":"x","HostConfig":{"DeviceRequests":[{"Capabilities":5}]}}':
    'number into Go struct field CreateRequest.HostConfig.DeviceRequests.0.Capabilities of type [][]string',
  '{"Image":5}': 'number into Go struct field CreateRequest.Image of type string',
  '{"Env":{"a":1}}': 'object into Go struct field CreateRequest.Env of type []string',
  '{"Env":[1]}': 'number into Go struct field CreateRequest.Env.0 of type string',
  '{"Env":"A=b"}': 'string into Go struct field CreateRequest.Env of type []string',
  '{"Labels":{"a":5}}': 'number into Go struct field CreateRequest.Labels.a of type string',
  '{"Tty":"yes"}': 'string into Go struct field CreateRequest.Tty of type bool',
  '{"ExposedPorts":{"80/tcp":5}}':
    'number into Go struct field CreateRequest.ExposedPorts.80/tcp of type struct {}',
  '{"HostConfig":[]}': 'array into Go struct field CreateRequest.HostConfig of type container.HostConfig',
  '{"HostConfig":{"Memory":"5"}}':
    'string into Go struct field CreateRequest.HostConfig.Memory of type int64',
  '{"HostConfig":{"Memory":1.5}}':
    'number 1.5 into Go struct field CreateRequest.HostConfig.Memory of type int64',
  '{"hostconfig":{"memory":1e3}}':
    'number 1e3 into Go struct field CreateRequest.HostConfig.Memory of type int64',
  '{"HostConfig":{"Memory":9223372036854775808}}':
    'number 9223372036854775808 into Go struct field CreateRequest.HostConfig.Memory of type int64',
  '{"HostConfig":{"Privileged":1}}':
    'number into Go struct field CreateRequest.HostConfig.Privileged of type bool',
  '{"HostConfig":{"BlkioWeight":70000}}':
    'number 70000 into Go struct field CreateRequest.HostConfig.BlkioWeight of type uint16',
  '{"HostConfig":{"ConsoleSize":[-1,2]}}':
    'number -1 into Go struct field CreateRequest.HostConfig.ConsoleSize.0 of type uint',
  '{"HostConfig":{"RestartPolicy":"always"}}':
    'string into Go struct field CreateRequest.HostConfig.RestartPolicy of type container.RestartPolicy',
  '{"HostConfig":{"PortBindings":{"80/tcp":[{"HostPort":80}]}}}':
    'number into Go struct field CreateRequest.HostConfig.PortBindings.80/tcp.0.HostPort of type string',
  '[]': 'array into Go value of type container.CreateRequest',
  '"s"': 'string into Go value of type container.CreateRequest',
  '1.5': 'number 1.5 into Go value of type container.CreateRequest',
};

for (const [text, problem] of Object.entries(MISMATCHES)) {
  test(`${text} is refused with the field and its type`, async () => {
    await assert.rejects(decode(text), {
      kind: 'invalid-parameter',
      message: `invalid JSON: json: cannot unmarshal ${problem}`,
    });
  });
}
