import type { Instruction } from '../../dockerfile/instruction.ts';
import type { Statement } from '../../dockerfile/read-lines.ts';
import { splitBlanks } from '../../dockerfile/split-arguments.ts';
import type { RuleName, Warning } from './rules.ts';

export type Tell = (rule: RuleName, detail: string, range: Warning['range']) => void;
export type CheckedStatement = { statement: Statement; instruction: Instruction };

const RESERVED = ['context', 'scratch'];
const MAX_SHOWN = 200;
/** Of names that tell of secrets, and of those that tell otherwise. */
const SECRET = /(?:_|^)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)/i;
const PUBLIC = /(?:_|^)public(?:_|$)/i;

/** What is told of each instruction by itself. */
export function checkStatements(statements: readonly CheckedStatement[], tell: Tell): void {
  checkCasing(statements, tell);
  let isInStage = false;
  for (const { statement, instruction } of statements) {
    const { range, keyword, rest } = statement;
    if (statement.hasEmptyLine)
      tell('NoEmptyContinuation', 'Empty continuation line', { start: range.end, end: range.end });
    checkDescription(statement, instruction, tell);
    switch (instruction.kind) {
      case 'from':
        isInStage = true;
        checkFrom(statement, tell);
        break;
      case 'maintainer':
        tell('MaintainerDeprecated', 'Maintainer instruction is deprecated in favor of using label', range);
        break;
      case 'env':
      case 'label':
        if (isLegacy(rest)) {
          const name = keyword.toUpperCase();
          const detail = `"${name} key=value" should be used instead of legacy "${name} key value" format`;
          tell('LegacyKeyValueFormat', detail, range);
        }
        if (instruction.kind === 'env') checkSecrets('ENV', instruction.pairs, { range, tell });
        break;
      case 'arg':
        if (isInStage) checkSecrets('ARG', instruction.args, { range, tell });
        break;
      case 'expose':
        for (const port of instruction.ports.toSorted()) checkPort(port, { range, tell });
        break;
      default:
    }
  }
}

/** The first word has no `=`: `ENV name value`. */
function isLegacy(rest: string): boolean {
  return !(splitBlanks(rest)[0] ?? '').includes('=');
}

function checkCasing(statements: readonly CheckedStatement[], tell: Tell): void {
  const isLower = ({ keyword }: Statement) => keyword === keyword.toLowerCase();
  const isUpper = ({ keyword }: Statement) => keyword === keyword.toUpperCase();
  const all = statements.map(({ statement }) => statement);
  const [lower, upper] = [all.filter(isLower).length, all.filter(isUpper).length];
  const isLowerMajority = lower > upper;
  const majority = isLowerMajority ? 'lowercase' : 'uppercase';
  for (const statement of all) {
    if (isLowerMajority ? isLower(statement) : isUpper(statement)) continue;
    const detail = `Command '${statement.keyword}' should match the case of the command majority (${majority})`;
    tell('ConsistentInstructionCasing', detail, statement.range);
  }
}

function checkFrom({ keyword, rest, range }: Statement, tell: Tell): void {
  const [, as, name = ''] = splitBlanks(rest);
  if (as === undefined) return;
  const isUpper = (text: string) => text === text.toUpperCase();
  const isLower = (text: string) => text === text.toLowerCase();
  const fits = (isUpper(keyword) && isUpper(as)) || (isLower(keyword) && isLower(as));
  if (!fits && (isUpper(keyword) || isLower(keyword)))
    tell('FromAsCasing', `'${as}' and '${keyword}' keywords' casing do not match`, range);
  if (name !== name.toLowerCase()) tell('StageNameCasing', `Stage name '${name}' should be lowercase`, range);
  if (RESERVED.includes(name.toLowerCase()))
    tell(
      'ReservedStageName',
      `Stage name should not use the same name as reserved stage "${name.toLowerCase()}"`,
      range,
    );
}

type Place = { range: Warning['range']; tell: Tell };

function checkSecrets(keyword: string, named: readonly { name: string }[], { range, tell }: Place): void {
  for (const { name } of named) {
    if (name.length > MAX_SHOWN || !SECRET.test(name) || PUBLIC.test(name)) continue;
    const detail = `Do not use ARG or ENV instructions for sensitive data (${keyword} "${name}")`;
    tell('SecretsUsedInArgOrEnv', detail, range);
  }
}

function checkPort(port: string, { range, tell }: Place): void {
  const [ports = '', protocol = ''] = port.split('/');
  if (port.includes('$')) return;
  if (protocol !== protocol.toLowerCase())
    tell('ExposeProtoCasing', `Defined protocol '${port}' in EXPOSE instruction should be lowercase`, range);
  if (ports.includes(':'))
    tell(
      'ExposeInvalidFormat',
      `EXPOSE instruction should not define an IP address or host-port mapping, found '${port}'`,
      range,
    );
}

/** Comments right above, which are taken for a description. */
function checkDescription({ comments, range }: Statement, instruction: Instruction, tell: Tell): void {
  if (comments.length === 0) return;
  const names =
    instruction.kind === 'from'
      ? [instruction.name].filter(Boolean)
      : instruction.kind === 'arg'
        ? instruction.args.map(({ name }) => name)
        : [];
  const isDescribed = names.some(name => comments.some(comment => comment.startsWith(`${name} `)));
  if (names.length === 0 || isDescribed) return;
  const keyword = instruction.kind.toUpperCase();
  const detail = `Comment for ${keyword} should follow the format: \`# ${names[0] ?? ''} <description>\``;
  tell('InvalidDefinitionDescription', detail, range);
}
