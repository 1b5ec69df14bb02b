import type { NodeState } from './node-state.ts';
import type { SimulatedSecond } from './simulate-burst.ts';

const WIDTH = 960;
const PLOT = { left: 50, right: 940, top: 40, bottom: 320 };
const STATES = { top: 340, height: 16 };
const THROTTLED = { top: 366, height: 40 };
const HEIGHT = 460;

/** Colours that stay apart for who does not see all of them (Okabe and Ito). */
const COLOURS = { demand: '#999999', used: '#0072b2', quota: '#d55e00', throttled: '#cc79a7' };
const STATE_COLOURS: Record<NodeState, string> = {
  idle: '#009e73',
  cooling: '#f0e442',
  overload: '#d55e00',
  unknown: '#cccccc',
};

/** An SVG of quota, usage and demand over time, with the machine's state and the throttled periods below. */
export function drawSimulation(seconds: readonly SimulatedSecond[], title: string): string {
  const scale = scaleOf(seconds);
  const series = (pick: (second: SimulatedSecond) => number, colour: string) =>
    stepLine(seconds.map(pick), scale, colour);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<text x="${PLOT.left}" y="20" font-size="14">${escapeXml(title)}</text>`,
    ...axes(scale, seconds.length),
    series(second => second.demandCores, COLOURS.demand),
    series(second => second.usedCores, COLOURS.used),
    series(second => second.quotaCores, COLOURS.quota),
    ...stateBand(seconds, scale),
    ...throttledBars(seconds, scale),
    ...legend(),
    '</svg>\n',
  ].join('\n');
}

type Scale = { x: (second: number) => number; y: (cores: number) => number; top: number };

function scaleOf(seconds: readonly SimulatedSecond[]): Scale {
  const most = seconds.reduce(
    (top, { demandCores, usedCores, quotaCores }) => Math.max(top, demandCores, usedCores, quotaCores),
    0,
  );
  const top = Math.max(Math.ceil(most * 1.1), 1);
  return {
    top,
    x: second => PLOT.left + ((PLOT.right - PLOT.left) * second) / seconds.length,
    y: cores => PLOT.bottom - ((PLOT.bottom - PLOT.top) * cores) / top,
  };
}

const round = (value: number): string => String(Math.round(value * 100) / 100);

function stepLine(values: readonly number[], { x, y }: Scale, colour: string): string {
  const points = values.flatMap((value, second) =>
    [second, second + 1].map(at => `${round(x(at))},${round(y(value))}`),
  );
  return `<polyline fill="none" stroke="${colour}" stroke-width="1.5" points="${points.join(' ')}"/>`;
}

function axes({ x, y, top }: Scale, length: number): string[] {
  const cores = [0, top / 4, top / 2, (3 * top) / 4, top];
  const times = [0, length / 4, length / 2, (3 * length) / 4, length].map(Math.round);
  return [
    ...cores.flatMap(value => [
      `<line x1="${PLOT.left}" x2="${PLOT.right}" y1="${round(y(value))}" y2="${round(y(value))}" stroke="#eeeeee"/>`,
      `<text x="${PLOT.left - 8}" y="${round(y(value) + 4)}" text-anchor="end">${round(value)}</text>`,
    ]),
    ...times.map(
      second => `<text x="${round(x(second))}" y="${HEIGHT - 8}" text-anchor="middle">${second} s</text>`,
    ),
    `<text x="12" y="${PLOT.top - 8}">cores</text>`,
  ];
}

/** A rectangle for each stretch of one state. */
function stateBand(seconds: readonly SimulatedSecond[], { x }: Scale): string[] {
  const starts = seconds.flatMap(({ node }, index) => (node === seconds[index - 1]?.node ? [] : [index]));
  return starts.map((start, index) => {
    const end = starts[index + 1] ?? seconds.length;
    const { node } = seconds[start]!;
    const width = round(x(end) - x(start));
    return `<rect x="${round(x(start))}" y="${STATES.top}" width="${width}" height="${STATES.height}" fill="${STATE_COLOURS[node]}"><title>${node}</title></rect>`;
  });
}

function throttledBars(seconds: readonly SimulatedSecond[], { x }: Scale): string[] {
  const most = seconds.reduce((top, { throttledPeriods }) => Math.max(top, throttledPeriods), 1);
  return seconds.flatMap(({ throttledPeriods }, second) => {
    if (throttledPeriods === 0) return [];
    const height = (THROTTLED.height * throttledPeriods) / most;
    const y = THROTTLED.top + THROTTLED.height - height;
    return [
      `<rect x="${round(x(second))}" y="${round(y)}" width="${round(x(second + 1) - x(second))}" height="${round(height)}" fill="${COLOURS.throttled}"/>`,
    ];
  });
}

function legend(): string[] {
  const entries = Object.entries({ ...COLOURS, ...STATE_COLOURS });
  return entries.flatMap(([name, colour], index) => {
    const x = PLOT.left + index * 108;
    return [
      `<rect x="${x}" y="418" width="12" height="12" fill="${colour}"/>`,
      `<text x="${x + 18}" y="428">${name}</text>`,
    ];
  });
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, character => `&#${character.charCodeAt(0)};`);
}
