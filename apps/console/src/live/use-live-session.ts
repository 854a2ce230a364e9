import type { SessionDetail } from '@signalbox/contracts'
import { useCallback, useEffect, useMemo, useSyncExternalStore } from 'react'

import { API, ask } from '../api/client.ts'
import { useFeedListener, type FeedItem } from '../api/feed.ts'
import { createSessionFollower, type Followed } from './session-follower.ts'

/** A session, live while the component is there. `refresh` is for after something was done to it. */
export function useLiveSession(id: string): Followed & { refresh: () => void } {
  const follower = useMemo(() => createSessionFollower(portsOf(id)), [id])
  useEffect(() => follower.start(), [follower])
  const hear = useCallback(({ session_id: about }: FeedItem) => about === id && follower.refresh(), [follower, id])
  useFeedListener(hear)
  const followed = useSyncExternalStore(follower.subscribe, follower.get)
  return { ...followed, refresh: follower.refresh }
}

function portsOf(id: string) {
  const path = `/sessions/${encodeURIComponent(id)}`
  return {
    readDetail: (signal: AbortSignal) => ask<SessionDetail>('GET', path, { signal }),
    openEvents: (after: number, signal: AbortSignal) =>
      fetch(`${API}${path}/events`, {
        credentials: 'same-origin',
        headers: { accept: 'text/event-stream', ...(after > 0 && { 'last-event-id': String(after) }) },
        signal,
      }),
  }
}
