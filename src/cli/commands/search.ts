import type { SearchResult } from '../../api/types.ts';
import { defineCommand } from '../command.ts';
import { filterFlag, filtersQuery } from '../flags/filter-flag.ts';
import { bool, integer, string } from '../flags/flag.ts';
import { searchRows } from '../format/search-rows.ts';
import { rowPrinter } from '../format/write-rows.ts';
import { readCredentials } from '../registry/credentials.ts';

const TABLE = 'table {{.Name}}\\t{{.Description}}\\t{{.StarCount}}\\t{{.IsOfficial}}';

export const command = defineCommand({
  usage: '[OPTIONS] TERM',
  summary: 'Search Docker Hub for images',
  flags: {
    filter: filterFlag('f', 'Filter output based on conditions provided'),
    format: string('', 'Pretty-print search using a Go template'),
    limit: integer('', 'Max number of search results'),
    'no-trunc': bool('', "Don't truncate output"),
  },
  arguments: { min: 1, max: 1 },
  async run(context, { values, args: [term = ''] }) {
    const print = rowPrinter(searchRows(!values['no-trunc']), values.format || TABLE);
    const client = await context.client();
    const query = { term, limit: values.limit || undefined, filters: filtersQuery(values.filter) };
    const auth = await readCredentials(context.env, domainOf(term));
    const headers = { 'X-Registry-Auth': Buffer.from(JSON.stringify(auth)).toString('base64url') };
    context.stdout.write(print(await client.get<SearchResult[]>('/images/search', { query, headers })));
  },
});

function domainOf(term: string): string {
  const [first = '', ...rest] = term.split('/');
  return rest.length > 0 && (/[.:]/.test(first) || first === 'localhost') ? first : 'docker.io';
}
