import type { SessionEvent } from '@signalbox/contracts'
import { describe, expect, it } from 'vitest'

import { followEvents, LineRefused, type LineState } from './follow-events.ts'

describe('following a session', () => {
  it('asks for what comes after the last known event when the line broke', async () => {
    const { asked, states, events } = await follow([
      () => streamOf([1, 2], 'node.progress'),
      () => new Response('', { status: 503 }),
      () => streamOf([3, 4], 'session.completed'),
    ])
    expect(asked).toEqual([0, 2, 2])
    expect(events).toEqual([1, 2, 3, 4])
    expect(states).toEqual(['connecting', 'live', 'broken', 'broken', 'live', 'over'])
  })

  it('ends where the gateway says that there is no more', async () => {
    const { states } = await follow([() => new Response(null, { status: 204 })])
    expect(states).toEqual(['connecting', 'over'])
  })

  it('gives up at once on a session that is not there', async () => {
    await expect(follow([() => new Response('{}', { status: 404 })])).rejects.toThrow(LineRefused)
  })

  it('takes an error on the line for a break, not for an event', async () => {
    const { asked, events } = await follow([() => new Response('data: {"error":{"message":"gone"}}\n\n'), () => streamOf([1], 'session.failed')])
    expect(asked).toEqual([0, 0])
    expect(events).toEqual([1])
  })

  it('stops without a word when nobody looks any more', async () => {
    const gone = new AbortController()
    const states: LineState[] = []
    await followEvents({
      open: () => {
        gone.abort()
        return Promise.reject(new Error('aborted'))
      },
      known: () => 0,
      onEvents: () => undefined,
      onLine: (state) => states.push(state),
      signal: gone.signal,
    })
    expect(states).toEqual(['connecting'])
  })
})

async function follow(answers: (() => Response)[]): Promise<{ asked: number[]; states: LineState[]; events: number[] }> {
  const asked: number[] = []
  const states: LineState[] = []
  const events: number[] = []
  await followEvents({
    open: (after) => {
      asked.push(after)
      const answer = answers[asked.length - 1]
      return answer ? Promise.resolve(answer()) : Promise.reject(new Error('asked more often than expected'))
    },
    known: () => events.at(-1) ?? 0,
    onEvents: (arrived) => events.push(...arrived.map(({ seq }) => seq)),
    onLine: (state) => states.push(state),
    signal: AbortSignal.timeout(5_000),
    firstPauseMs: 1,
    longestPauseMs: 2,
  })
  return { asked, states, events }
}

function streamOf(numbers: number[], type: SessionEvent['type']): Response {
  return new Response(numbers.map((seq) => `id: ${seq}\ndata: ${JSON.stringify({ seq, type: seq === numbers.at(-1) ? type : 'node.progress' })}\n\n`).join(''))
}
