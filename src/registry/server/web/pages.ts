import { type Html, html } from './html.ts';

type PageLink = { href: string; text: string };
export type TagRow = {
  tag: string;
  digest: string;
  platforms: string;
  sizeBytes: number | undefined;
  pushedAt: string;
};
export type NamedRow = {
  digest: string;
  mediaType: string;
  sizeBytes: number;
  platform?: string;
  isManifest: boolean;
};
type ReferrerRow = { digest: string; artifactType: string; sizeBytes: number };

/** The frame of every page. */
function page(title: string, path: readonly PageLink[], content: Html): string {
  const links = path.map(({ href, text }) => html` / <a href="${href}">${text}</a>`);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="stylesheet" href="/ui/style.css">
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<nav aria-label="Path"><a href="/ui/">Registry</a>${links}</nav>
<main id="main" tabindex="-1">
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`.text;
}

export function repositoriesPage(names: readonly string[], next: string | undefined): string {
  const rows = names.map(name => html`<tr><td><a href="${repositoryPath(name)}">${name}</a></td></tr>`);
  const table = html`<table><thead><tr><th scope="col">Repository</th></tr></thead><tbody>${rows}</tbody></table>`;
  return page(
    'Repositories',
    [],
    html`${names.length === 0 ? html`<p>Nothing was pushed yet.</p>` : table}${more(next)}`,
  );
}

export function tagsPage(
  name: string,
  host: string,
  tags: readonly TagRow[],
  next: string | undefined,
): string {
  const rows = tags.map(
    ({ tag, digest, platforms, sizeBytes, pushedAt }) => html`<tr>
<td><a href="${manifestPath(name, tag)}">${tag}</a></td>
<td><code title="${digest}">${shortDigest(digest)}</code></td>
<td>${platforms}</td>
<td class="number">${size(sizeBytes)}</td>
<td class="quiet">${pushedAt}</td>
</tr>`,
  );
  return page(
    name,
    [],
    html`<pre tabindex="0"><code>docker pull ${host}/${name}${tags[0] === undefined ? '' : `:${tags[0].tag}`}</code></pre>
<div class="scroll"><table>
<thead><tr><th scope="col">Tag</th><th scope="col">Digest</th><th scope="col">Platforms</th><th scope="col" class="number">Size</th><th scope="col">Pushed</th></tr></thead>
<tbody>${rows}</tbody>
</table></div>${more(next)}`,
  );
}

export function manifestPage(options: {
  name: string;
  host: string;
  reference: string;
  digest: string;
  mediaType: string;
  named: readonly NamedRow[];
  referrers: readonly ReferrerRow[];
}): string {
  const { name, host, reference, digest, mediaType, named, referrers } = options;
  const separator = reference.includes(':') ? '@' : ':';
  return page(
    `${name}${separator}${reference.includes(':') ? shortDigest(reference) : reference}`,
    [{ href: repositoryPath(name), text: name }],
    html`<pre tabindex="0"><code>docker pull ${host}/${name}${separator}${reference}</code></pre>
<p><code>${digest}</code><br><span class="quiet">${mediaType}</span></p>
<h2>${named.some(({ isManifest }) => isManifest) ? 'Platforms' : 'Layers'}</h2>
<div class="scroll"><table>
<thead><tr><th scope="col">Digest</th><th scope="col">What it is</th><th scope="col" class="number">Size</th></tr></thead>
<tbody>${named.map(row => namedRow(name, row))}</tbody>
</table></div>
<h2>Signatures, SBOMs and what else refers to it</h2>
${referrers.length === 0 ? html`<p class="quiet">Nothing.</p>` : referrersTable(name, referrers)}`,
  );
}

function namedRow(name: string, { digest, mediaType, sizeBytes, platform, isManifest }: NamedRow): Html {
  const code = html`<code title="${digest}">${shortDigest(digest)}</code>`;
  return html`<tr><td>${isManifest ? html`<a href="${manifestPath(name, digest)}">${code}</a>` : code}</td>
<td>${platform ?? html`<span class="quiet">${mediaType}</span>`}</td><td class="number">${size(sizeBytes)}</td></tr>`;
}

function referrersTable(name: string, referrers: readonly ReferrerRow[]): Html {
  const rows = referrers.map(
    ({ digest, artifactType, sizeBytes }) => html`<tr>
<td><a href="${manifestPath(name, digest)}"><code title="${digest}">${shortDigest(digest)}</code></a></td>
<td>${artifactType}</td><td class="number">${size(sizeBytes)}</td></tr>`,
  );
  return html`<div class="scroll"><table><thead><tr><th scope="col">Digest</th><th scope="col">Type</th><th scope="col" class="number">Size</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function more(next: string | undefined): Html {
  return next === undefined ? html`` : html`<p><a href="${next}" rel="next">More</a></p>`;
}

export function repositoryPath(name: string): string {
  return `/ui/${encodeURIComponent(name)}`;
}

function manifestPath(name: string, reference: string): string {
  return `${repositoryPath(name)}/${encodeURIComponent(reference)}`;
}

function shortDigest(digest: string): string {
  const colon = digest.indexOf(':');
  return digest.slice(colon + 1, colon + 13);
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

function size(bytes: number | undefined): string {
  if (bytes === undefined) return '';
  const exponent = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS.length - 1);
  const value = bytes / 1000 ** exponent;
  return `${value.toFixed(exponent === 0 || value >= 100 ? 0 : 1)} ${UNITS[exponent]}`;
}
