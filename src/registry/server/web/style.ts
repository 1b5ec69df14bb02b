/** Of all pages. The scheme, light or dark, is the one that the reader prefers. */
export const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d0d7de, #3d444d); --quiet: light-dark(#57606a, #9198a1);
  --accent: light-dark(#0550ae, #6cb6ff); --box: light-dark(#f6f8fa, #151b23); }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 0 auto; padding: 1rem; }
a { color: var(--accent); }
a:focus-visible, summary:focus-visible, code:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.skip { position: absolute; left: -100rem; } .skip:focus { left: 1rem; }
nav { margin-bottom: 1rem; } h1 { overflow-wrap: anywhere; font-size: 1.5rem; } h2 { font-size: 1.15rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .4rem .8rem .4rem 0; vertical-align: top; }
th, td { border-bottom: 1px solid var(--line); } td.number, th.number { text-align: right; white-space: nowrap; }
code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; }
pre { background: var(--box); border: 1px solid var(--line); border-radius: .4rem; padding: .6rem; overflow-x: auto; user-select: all; }
.quiet { color: var(--quiet); }
`;
