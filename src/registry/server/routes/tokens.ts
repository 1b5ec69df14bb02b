import type { AccessGuard } from '../auth/access-guard.ts';
import type { Grant, TokenIssuer } from '../auth/token-issuer.ts';
import { DistributionError } from '../distribution-error.ts';
import { readBody } from '../read-body.ts';
import { post, read, type RegistryExchange, type RegistryRoute } from '../registry-exchange.ts';
import { sendDocument } from '../respond.ts';

const MAXIMUM_FORM_BYTES = 64 * 1024;
const MAXIMUM_SCOPES = 100;
const CATALOG = 'registry:catalog:*';
const SCOPE = /^repository(?:\([a-z]+\))?:([^:]{1,255}(?::\d+\/[^:]{1,255})?):([a-z*]+(?:,[a-z*]+)*)$/;

/** The token service (distribution's spec/auth/token.md, and oauth.md for POST). */
export function tokenRoutes(guard: AccessGuard, tokens: TokenIssuer): RegistryRoute[] {
  return [
    ...read('/token', exchange => answerGet(guard, tokens, exchange)),
    post('/token', exchange => answerPost(guard, tokens, exchange)),
  ];
}

async function answerGet(guard: AccessGuard, tokens: TokenIssuer, exchange: RegistryExchange): Promise<void> {
  const { query, request } = exchange;
  const [, proof] = /^basic +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  const user = proof === undefined ? '' : await guard.logIn(proof, basicChallenge);
  const wantsRefresh = query.get('offline_token') === 'true' && user !== '';
  await answer(exchange, { guard, tokens, user, scopes: query.getAll('scope'), wantsRefresh });
}

async function answerPost(
  guard: AccessGuard,
  tokens: TokenIssuer,
  exchange: RegistryExchange,
): Promise<void> {
  const form = new URLSearchParams((await readBody(exchange.request, MAXIMUM_FORM_BYTES)).toString());
  const user = await userOf(guard, tokens, form);
  const wantsRefresh = form.get('access_type') === 'offline' || form.get('grant_type') === 'refresh_token';
  await answer(exchange, { guard, tokens, user, scopes: form.getAll('scope'), wantsRefresh });
}

async function userOf(guard: AccessGuard, tokens: TokenIssuer, form: URLSearchParams): Promise<string> {
  if (form.get('grant_type') === 'password') {
    const proof = Buffer.from(`${form.get('username') ?? ''}:${form.get('password') ?? ''}`).toString(
      'base64',
    );
    const user = await guard.logIn(proof, basicChallenge);
    if (user !== '') return user;
  }
  const refresh = await tokens.readRefresh(form.get('refresh_token') ?? '');
  const isGood = refresh !== undefined && refresh.mark !== '' && refresh.mark === guard.markOf(refresh.user);
  if (form.get('grant_type') === 'refresh_token' && isGood) return refresh.user;
  throw new DistributionError('UNAUTHORIZED', 'authentication required', {
    headers: { 'WWW-Authenticate': basicChallenge() },
  });
}

const basicChallenge = () => 'Basic realm="Registry", charset="UTF-8"';

async function answer(
  { response }: RegistryExchange,
  options: {
    guard: AccessGuard;
    tokens: TokenIssuer;
    user: string;
    scopes: readonly string[];
    wantsRefresh: boolean;
  },
): Promise<void> {
  const { guard, tokens, user, scopes, wantsRefresh } = options;
  const granted = guard.grant(user, wantedOf(scopes)).filter(({ actions }) => actions.length > 0);
  const listsAll = scopesIn(scopes).includes(CATALOG) && guard.allows({ name: user }, 'list');
  const token = await tokens.access({ user, granted, listsAll });
  sendDocument(
    response,
    {
      token,
      access_token: token,
      expires_in: tokens.expiresInSeconds,
      issued_at: new Date().toISOString(),
      scope: [
        ...granted.map(({ repository, actions }) => `repository:${repository}:${actions.join(',')}`),
        ...(listsAll ? [CATALOG] : []),
      ].join(' '),
      ...(wantsRefresh ? { refresh_token: await tokens.refresh(user, guard.markOf(user)) } : {}),
    },
    { 'Cache-Control': 'no-store' },
  );
}

/** Several in one parameter are separated by spaces. */
function scopesIn(scopes: readonly string[]): string[] {
  return scopes.flatMap(text => text.split(' ')).slice(0, MAXIMUM_SCOPES);
}

/** What is no scope of a repository is for nothing. */
function wantedOf(scopes: readonly string[]): Grant[] {
  return scopesIn(scopes).flatMap(text => {
    const [, repository, actions] = SCOPE.exec(text) ?? [];
    return repository === undefined || actions === undefined
      ? []
      : [{ repository, actions: actions.split(',') }];
  });
}
