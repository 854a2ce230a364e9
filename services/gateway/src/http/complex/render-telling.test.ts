import type { SessionEvent } from '@signalbox/contracts'
import { expect, test } from 'vitest'

import type { Telling } from '../../core/tell-answer.ts'
import { renderTelling, type Rendering } from './render-telling.ts'
import { readWishes } from './wishes.ts'

const RENDERING: Rendering = {
  identity: { id: 'chatcmpl-1', created: 1, model: 'signalbox-auto' },
  sessionId: 'ses_1',
  consoleUrl: 'http://x/console',
  progress: 'reasoning',
  reasoningField: 'reasoning_content',
  withStatusEvents: false,
  withUsageKey: false,
}
const EVENT: SessionEvent = { type: 'plan.started', seq: 1, at: '2026-11-21T00:00:00.000Z', agents: [] }
const PROGRESS: Telling & { type: 'progress' } = { type: 'progress', event: EVENT, line: 'Planning' }
const ENDING: Telling & { type: 'completed' } = {
  type: 'completed',
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2, cost_usd: null },
  citations: [],
}

test.each([
  ['reasoning_content', { reasoning_content: 'Planning\n' }],
  ['reasoning', { reasoning: 'Planning\n' }],
  ['both', { reasoning_content: 'Planning\n', reasoning: 'Planning\n' }],
] as const)('progress is told as %s where that is what clients read', (reasoningField, delta) => {
  expect(renderTelling(PROGRESS, { ...RENDERING, reasoningField })?.choices[0]?.delta).toEqual(delta)
})

test('Open WebUI, which says who it is, shows each line in its status, and sees it done at the end', () => {
  const { isOpenWebUI } = readWishes({ 'x-openwebui-chat-id': 'c' }, undefined)
  const rendering = { ...RENDERING, withStatusEvents: isOpenWebUI }
  expect(renderTelling(PROGRESS, rendering)?.event).toEqual({ type: 'status', data: { description: 'Planning', done: false } })
  expect(renderTelling(ENDING, rendering)?.event).toMatchObject({ data: { done: true } })
})

test('nobody else gets events, nor does Open WebUI where no progress is wanted', () => {
  expect(renderTelling(PROGRESS, RENDERING)).not.toHaveProperty('event')
  expect(readWishes({ 'user-agent': 'x' }, undefined).isOpenWebUI).toBe(false)
  expect(renderTelling(PROGRESS, { ...RENDERING, withStatusEvents: true, progress: 'events' })).not.toHaveProperty('event')
})
