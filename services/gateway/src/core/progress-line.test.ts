import type { Plan, SessionEvent } from '@signalbox/contracts'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { toOneLine } from './one-line.ts'
import { toProgressLine } from './progress-line.ts'

const stamp = { seq: 1, at: '2026-11-21T00:00:00.000Z' }
const node = { node: 'n1', agent: 'search' }
const error = { code: 'agent_failed', message: 'it broke' }
const plan = (...nodes: [id: string, ...needs: string[]][]): Plan => ({
  goal: 'g',
  nodes: nodes.map(([id, ...needs]) => ({ id, kind: 'agent', agent: 'rag', instruction: 'x', needs, on_failure: 'fail' })),
  answer: nodes[0]?.[0] ?? 'a',
})
const ready = (drawn: Plan, source: 'planner' | 'fallback' = 'planner'): SessionEvent => ({ type: 'plan.ready', ...stamp, plan: drawn, revision: 1, source })

test.each<[SessionEvent, string | undefined]>([
  [{ type: 'session.created', ...stamp }, undefined],
  [{ type: 'session.resumed', ...stamp }, 'Going on after an interruption'],
  [{ type: 'plan.started', ...stamp, agents: ['rag', 'reasoning'] }, 'Planning with rag, reasoning'],
  [{ type: 'plan.started', ...stamp, agents: [] }, 'Planning'],
  [{ type: 'plan.started', ...stamp, agents: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] }, 'Planning with a, b, c, d, e, f and 2 more'],
  [{ type: 'plan.rejected', ...stamp, faults: ['node b needs c, which is not there', 'x'] }, 'Planning again: node b needs c, which is not there'],
  [ready(plan(['a'])), 'Plan: 1 node'],
  [ready(plan(['a'], ['b', 'a'], ['c', 'b'])), 'Plan: 3 nodes'],
  [ready(plan(['a'], ['b'], ['c', 'a', 'b'])), 'Plan: 3 nodes, 2 in parallel'],
  [ready(plan(['a', 'b'], ['b', 'a'])), 'Plan: 2 nodes'],
  [ready(plan(['a']), 'fallback'), 'Plan (the safe one): 1 node'],
  [{ type: 'node.started', ...stamp, ...node, instruction: 'find\nit', attempt: 1 }, 'asking search: find it'],
  [{ type: 'node.started', ...stamp, ...node, instruction: 'find it', attempt: 2 }, 'asking search again (2): find it'],
  [{ type: 'node.progress', ...stamp, ...node, text: 'reading' }, 'search: reading'],
  [{ type: 'node.retrying', ...stamp, ...node, attempt: 2, of: 3, delay_ms: 2_000, error }, 'retrying search (2/3) in 2 s: it broke'],
  [{ type: 'node.retrying', ...stamp, ...node, attempt: 1, of: 3, delay_ms: 1_234, error }, 'retrying search (1/3) in 1.2 s: it broke'],
  [{ type: 'node.fallback', ...stamp, ...node, from: 'rag', error }, 'rag failed, asking search instead: it broke'],
  [{ type: 'node.completed', ...stamp, ...node, summary: '5 passages' }, 'search is done: 5 passages'],
  [{ type: 'node.completed', ...stamp, ...node, summary: '' }, 'search is done'],
  [{ type: 'node.failed', ...stamp, ...node, error }, 'search failed: it broke'],
  [{ type: 'node.skipped', ...stamp, ...node, reason: 'condition' }, 'skipped search (n1): its condition does not hold'],
  [{ type: 'answer.delta', ...stamp, ...node, offset: 0, text: 'x' }, undefined],
])('%o', (event, line) => {
  expect(toProgressLine(event)).toBe(line)
})

test('what agents say becomes one harmless line', () => {
  expect(toOneLine('a\r\n\u001b[31mred\u001b[0m\u202e \u200bhidden\u0000 ![x](http://evil) <img src=x> `code`')).toBe(
    "a red hidden ![x] (http://evil) ‹img src=x› 'code'",
  )
})

test('any text at all is one line of 200 well-formed characters at most', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary', maxLength: 2_000 }), fc.string({ unit: fc.constantFrom('😀', 'a', '\n', '\u202e', '<', '\ud800'), maxLength: 600 })),
      (text) => {
        const line = toOneLine(text)
        expect(line.length).toBeLessThanOrEqual(200)
        expect(line.isWellFormed()).toBe(true)
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}<>]/u)
      },
    ),
  )
})
