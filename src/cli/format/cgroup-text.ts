import type { CgroupNode, CgroupOverview, ContainerCgroup } from '../../api/cgroups.ts';
import { shortId } from '../../base/short-id.ts';
import { alignColumns } from './align-columns.ts';

/** Hierarchies as a table, and what the machine lacks. */
export function hierarchiesText({ Mode, Hierarchies, Missing }: CgroupOverview): string {
  const rows = Hierarchies.map(
    ({ Version, Controllers, MountPoint }) => `v${Version}\t${Controllers.join(' ') || '-'}\t${MountPoint}\n`,
  );
  const lacks = Missing.length === 0 ? 'all controllers are there' : `no hierarchy has ${Missing.join(', ')}`;
  return `${alignColumns(`VERSION\tCONTROLLERS\tMOUNTED AT\n${rows.join('')}`)}\nLayout ${Mode}: ${lacks}.\n`;
}

type Branch = { children: Map<string, Branch>; note: string };

/** Containers below their parents. */
export function containersTree({ Containers }: CgroupOverview): string {
  const root: Branch = { children: new Map(), note: '' };
  for (const { Id, Name, Path, Processes } of Containers) {
    let branch = root;
    for (const part of Path.split('/').filter(Boolean)) {
      const label = part === Id ? shortId(Id) : part;
      const next = branch.children.get(label) ?? { children: new Map(), note: '' };
      branch.children.set(label, next);
      branch = next;
    }
    branch.note = `${Name} (${countOf(Processes, 'process', 'processes')})`;
  }
  return `/\n${linesOf(root, '')}`;
}

function linesOf({ children }: Branch, indent: string): string {
  const entries = [...children];
  return entries
    .map(([name, branch], index) => {
      const isLast = index === entries.length - 1;
      const note = branch.note === '' ? '' : `  ${branch.note}`;
      return `${indent}${isLast ? '└─' : '├─'} ${name}${note}\n${linesOf(branch, `${indent}${isLast ? '   ' : '│  '}`)}`;
    })
    .join('');
}

/** A container's place in each hierarchy, with limits and processes. */
export function containerCgroupText({ Id, Name, Places }: ContainerCgroup): string {
  const places = Places.map(({ Version, Controllers, Directory, Limits, Tree }) => {
    const limits = Object.entries(Limits).map(
      ([file, value]) => `    ${file}\t${value.replaceAll('\n', ' | ')}\n`,
    );
    const head = `v${Version} ${Controllers.join(' ') || '(no controllers)'}\n  ${Directory}\n`;
    return `${head}${alignColumns(limits.join(''))}${nodeText(Tree, '  ')}`;
  });
  return `${Name} (${shortId(Id)})\n\n${places.join('\n')}`;
}

function nodeText({ Name, Processes, Children }: CgroupNode, indent: string): string {
  const processes = Processes.map(({ Pid, Command }) => `${indent}  ${Pid} ${Command}\n`);
  return `${indent}${Name}/\n${processes.join('')}${Children.map(child => nodeText(child, `${indent}  `)).join('')}`;
}

function countOf(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
