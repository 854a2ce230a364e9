import { useEffect } from 'react'

import { API } from './client.ts'
import { queryClient } from './queries.ts'

/** One thing that happened, of the feed. */
export interface FeedItem {
  seq: number
  kind: string
  subject: string
  session_id: string | null
  at: string
  pending?: number
}

type Listener = (item: FeedItem) => void
const listeners = new Set<Listener>()

/** Hears what happens while the component is there, each once. */
export function useFeedListener(listener: Listener): void {
  useEffect(() => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }, [listener])
}

/**
 * Follows the feed as long as somebody is signed in, and has what it makes old fetched anew. The browser comes
 * again by itself when the line breaks, with the number of the last event; one that gives up is begun anew.
 */
export function useFeed(enabled: boolean): void {
  useEffect(() => {
    if (!enabled) return undefined
    let source: EventSource
    let timer: number | undefined
    let seen = 0
    const hear = (message: MessageEvent<string>): void => {
      const item = JSON.parse(message.data) as FeedItem
      // What was heard before the line broke is not heard twice.
      if (item.seq <= seen) return
      seen = item.seq
      refresh(item)
      for (const listener of listeners) listener(item)
    }
    const open = (): void => {
      source = new EventSource(`${API}/events`)
      source.addEventListener('message', hear)
      for (const kind of KINDS) source.addEventListener(kind, hear as EventListener)
      source.addEventListener('error', () => {
        if (source.readyState !== EventSource.CLOSED) return
        timer = window.setTimeout(open, 3_000)
      })
    }
    open()
    return () => {
      window.clearTimeout(timer)
      source.close()
    }
  }, [enabled])
}

const KINDS = [
  ...['requested', 'viewed', 'decided', 'extended', 'escalated', 'expired', 'superseded', 'delivered'].map((what) => `approval.${what}`),
  ...['canceled', 'paused', 'resumed', 'redriven', 'dropped', 'answered'].map((what) => `session.${what}`),
  'channel.tested',
]

function refresh({ kind, subject }: FeedItem): void {
  if (kind === 'approval.viewed') return
  if (kind.startsWith('approval.')) {
    void queryClient.invalidateQueries({ queryKey: ['approvals'] })
    void queryClient.invalidateQueries({ queryKey: ['approval', subject] })
  }
  void queryClient.invalidateQueries({ queryKey: ['sessions'] })
  void queryClient.invalidateQueries({ queryKey: ['audit'] })
}
