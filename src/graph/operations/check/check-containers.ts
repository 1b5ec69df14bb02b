import { type CheckContext, report } from './check-context.ts';

/** Compares the records of containers' layers with their directories and with the containers. @returns how many */
export async function checkContainers(context: CheckContext): Promise<number> {
  const { driver } = context.parts;
  const { containers, options } = context;
  const records = containers.records();
  const known = new Set(records.map(({ containerId }) => containerId));
  for (const { containerId: subject } of records) {
    if (options.isContainer?.(subject) === false)
      await report(context, { kind: 'orphaned-container-layer', subject }, async () => {
        if (options.isContainer?.(subject) === false) await containers.remove(subject);
        return true;
      });
    else if (!driver.hasContainer(subject))
      // What a container wrote is nowhere else: there is nothing to repair it from.
      await report(context, { kind: 'missing-container-layer', subject }, () => false);
  }
  for (const subject of driver.containers().filter(id => !known.has(id)))
    await report(
      context,
      { kind: 'orphaned-container-layer', subject, detail: 'no record of it' },
      async () => {
        if (!containers.records().some(({ containerId }) => containerId === subject))
          await driver.removeContainer(subject);
        return true;
      },
    );
  return records.length;
}
