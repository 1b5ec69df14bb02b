import type { SearchResult } from '../../api/types.ts';
import { ellipsis } from './ellipsis.ts';
import type { RowType } from './write-rows.ts';

const DESCRIPTION_LENGTH = 45;

/** What a search has found. */
export function searchRows(isTruncated: boolean): RowType<SearchResult> {
  return {
    typeName: 'searchContext',
    header: {
      Name: 'NAME',
      Description: 'DESCRIPTION',
      StarCount: 'STARS',
      IsOfficial: 'OFFICIAL',
      IsAutomated: 'AUTOMATED',
    },
    fields: ({ name, description, star_count: stars, is_official: isOfficial }) => ({
      Name: () => name,
      Description: () => shownDescription(description, isTruncated),
      StarCount: () => String(stars),
      IsOfficial: () => (isOfficial ? '[OK]' : ''),
      IsAutomated: () => '',
    }),
  };
}

function shownDescription(description: string, isTruncated: boolean): string {
  const line = description.replaceAll(/[\n\r]/g, ' ');
  return isTruncated ? ellipsis(line, DESCRIPTION_LENGTH) : line;
}
