import type { NodeState } from '@signalbox/contracts'

import { toElapsed } from '../ui/amounts.ts'
import { useNow } from '../ui/time.tsx'
import { tookMs } from './node-look.tsx'

/** How long a node took; it goes on by itself while the node does. */
export function Elapsed({ state }: { state: NodeState }) {
  if (state.started_at === undefined) return null
  if (state.finished_at !== undefined || state.state === 'pending') return <>{toElapsed(tookMs(state, 0) ?? 0)}</>
  return <Running state={state} />
}

function Running({ state }: { state: NodeState }) {
  const now = useNow(1_000)
  return <>{toElapsed(tookMs(state, now) ?? 0)}</>
}
