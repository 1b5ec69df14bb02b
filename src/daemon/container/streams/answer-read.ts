import type { Duplex } from 'node:stream';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { unreadByPeer } from '../../../kernel/unread-by-peer.ts';

/** Most clients have read by then. */
const TURNS = 20;
const PAUSE_MS = 1;
/** A client that takes so long loses nothing else. */
const PATIENCE_MS = 1000;

/**
 * Settles when a client has read what was written to it so far, the head of the answer. docker-py goes on reading below
 * the buffer into which it has read that: of output that has come with it, it would see nothing.
 */
export async function answerRead(client: Duplex): Promise<void> {
  // Not of a connection by TLS.
  const { _handle: handle } = client as Duplex & { _handle?: { fd?: number } | null };
  const deadline = performance.now() + PATIENCE_MS;
  for (let turns = 0; isUnread(handle?.fd) && performance.now() < deadline; turns++)
    await (turns < TURNS ? turn() : delay(PAUSE_MS));
}

function isUnread(fd = -1): boolean {
  try {
    return fd >= 0 && unreadByPeer(fd) > 0;
  } catch {
    // It has gone.
    return false;
  }
}
