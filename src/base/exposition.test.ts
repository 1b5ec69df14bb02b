import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expose, labelName } from './exposition.ts';

test('a family has its help, its type and a line for each value', () => {
  assert.equal(
    expose({
      name: 'container_x_total',
      type: 'counter',
      help: 'How many.',
      samples: [
        [{ id: '/a', name: 'b"\\\n' }, 1.5],
        [{}, Number.POSITIVE_INFINITY],
      ],
    }),
    '# HELP container_x_total How many.\n# TYPE container_x_total counter\n' +
      'container_x_total{id="/a",name="b\\"\\\\\\n"} 1.5\ncontainer_x_total +Inf\n',
  );
});

test('a family without values is left out', () => {
  assert.equal(expose({ name: 'x', type: 'gauge', help: '', samples: [] }), '');
});

test('labels are named as cAdvisor names them', () => {
  assert.equal(
    labelName('com.docker.compose/project-name'),
    'container_label_com_docker_compose_project_name',
  );
});
