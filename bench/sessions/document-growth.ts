import { createId, UNDRIVEN, type NodeState, type SessionDocument } from '@signalbox/contracts'
import type { SessionStore } from '@signalbox/sessions'

import { mediansOf } from './measure.ts'

const NODES = 20
const ROUNDS = 200

/** What a save costs of a session with small outputs, and of one with large outputs, which lie beside the document; milliseconds, p50. */
export async function measureSaves(store: SessionStore): Promise<{ small: number; large: number }> {
  const saveSmall = await openSaves(store, 4_096)
  const saveLarge = await openSaves(store, 102_400)
  return mediansOf(ROUNDS, { small: saveSmall, large: saveLarge })
}

async function openSaves(store: SessionStore, outputBytes: number): Promise<() => Promise<void>> {
  const id = createId('ses')
  await store.create(withOutputs(id, outputBytes), [])
  const lease = await store.acquire(id, { holder: 'bench', leaseMs: 600_000 })
  const stored = await store.load(id)
  if (!lease || !stored) throw new Error('a session cannot be saved to')
  let { rev } = stored
  return async () => void ({ rev } = await store.save(lease, { document: { ...stored.document, takeovers: rev }, rev, events: [] }))
}

function withOutputs(id: string, bytes: number): SessionDocument {
  const at = new Date().toISOString()
  const state: NodeState = { state: 'completed', agent: 'instant', attempts: 1, epoch: 1, output: { text: 'x'.repeat(bytes), data: [] } }
  const nodes = Object.fromEntries(Array.from({ length: NODES }, (_, index) => [`n${index}`, state]))
  return {
    ...UNDRIVEN,
    schema: 1,
    id,
    owner: 'bench',
    goal: 'go',
    conversation: [{ role: 'user', text: 'go' }],
    request_id: 'req',
    created_at: at,
    updated_at: at,
    nodes,
  }
}
