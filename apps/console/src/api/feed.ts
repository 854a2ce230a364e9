import { useEffect, useSyncExternalStore } from 'react'

import { followFeed, type FeedItem, type FeedLine } from '../live/follow-feed.ts'
import { API } from './client.ts'
import { queryClient, sessionQuery } from './queries.ts'

export type { FeedItem, FeedLine } from '../live/follow-feed.ts'

/*
 * One line for all tabs of a browser: a browser holds few connections to one host, and a handful of tabs would
 * take them all. Whichever tab has the lock follows the feed, and tells the others.
 *
 *  F1. A listener hears each thing once, in the order of its number, whichever tab it came over.
 *  F2. A tab that takes the line over goes on after the last thing that it heard itself.
 */
const CHANNEL = 'signalbox.feed'

type Told = { type: 'item'; item: FeedItem } | { type: 'line'; line: FeedLine } | { type: 'ask' }
type Listener = (item: FeedItem) => void

const listeners = new Set<Listener>()
const lineListeners = new Set<() => void>()
let line: FeedLine = 'connecting'

/** Hears what happens while the component is there, each once. Give it the same function each time. */
export function useFeedListener(listener: Listener): void {
  useEffect(() => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }, [listener])
}

/** How the line to the gateway stands. */
export function useFeedLine(): FeedLine {
  return useSyncExternalStore(subscribeToLine, () => line)
}

/** Follows the feed as long as somebody is signed in, and has what it makes old fetched anew. */
export function useFeed(enabled: boolean): void {
  useEffect(() => {
    if (!enabled) return undefined
    const end = new AbortController()
    void follow(end.signal)
    return () => end.abort()
  }, [enabled])
}

async function follow(signal: AbortSignal): Promise<void> {
  const channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel(CHANNEL)
  let seen: number | undefined
  let isLeading = false
  const hear = (item: FeedItem): void => {
    if (item.seq <= (seen ?? -1)) return
    seen = item.seq
    refresh(item)
    for (const listener of listeners) listener(item)
  }
  const tell = (told: Told): void => channel?.postMessage(told)
  if (channel) {
    channel.addEventListener('message', ({ data }: MessageEvent<Told>) => {
      if (data.type === 'item') hear(data.item)
      else if (data.type === 'line') setLine(data.line)
      else if (isLeading) tell({ type: 'line', line })
    })
    tell({ type: 'ask' })
  }
  const lead = async (): Promise<void> => {
    isLeading = true
    await followFeed({
      open: (after, aborted) =>
        fetch(`${API}/events`, {
          headers: { accept: 'text/event-stream', ...(after !== undefined && { 'last-event-id': String(after) }) },
          cache: 'no-store',
          signal: aborted,
        }),
      known: () => seen,
      onMark: (seq) => (seen ??= seq),
      onItem: (item) => {
        hear(item)
        tell({ type: 'item', item })
      },
      onLine: (next) => {
        setLine(next)
        tell({ type: 'line', line: next })
        // What the lists show may be older than the line's beginning.
        if (next === 'live' && seen === undefined) void queryClient.invalidateQueries({ queryKey: ['approvals'] })
        if (next === 'refused') void queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey })
      },
      signal,
    })
  }
  try {
    // Without a lock to take (plain http), each tab has its own line.
    if (channel && 'locks' in navigator) await navigator.locks.request(CHANNEL, { signal }, lead)
    else await lead()
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    channel?.close()
  }
}

function setLine(next: FeedLine): void {
  line = next
  for (const listener of lineListeners) listener()
}

function subscribeToLine(listener: () => void): () => void {
  lineListeners.add(listener)
  return () => void lineListeners.delete(listener)
}

/** Many things at once make a list old once. */
const TOGETHER_MS = 120
const stale = new Map<string, readonly unknown[]>()
let timer: number | undefined

function refresh({ kind, subject, session_id: session }: FeedItem): void {
  // Somebody looked: that changes nothing but the audit.
  if (kind === 'approval.viewed' || kind.startsWith('user.')) return
  if (kind.startsWith('approval.')) markStale(['approvals'], ['approval', subject])
  if (kind.startsWith('channel.') || kind === 'approval.delivered') markStale(['channels'], ['deliveries'])
  markStale(['sessions'])
  if (session !== null) markStale(['session-detail', session])
  if (kind.startsWith('session.')) markStale(['dead-letters'], ['dead-letter', subject])
}

function markStale(...keys: readonly unknown[][]): void {
  for (const key of keys) stale.set(JSON.stringify(key), key)
  timer ??= window.setTimeout(() => {
    timer = undefined
    const all = [...stale.values()]
    stale.clear()
    for (const queryKey of all) void queryClient.invalidateQueries({ queryKey })
  }, TOGETHER_MS)
}
