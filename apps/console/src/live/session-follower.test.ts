import type { SessionDetail, SessionEvent } from '@signalbox/contracts'
import { describe, expect, it, vi } from 'vitest'

import { freshView, numbered, TWO_AND_ANSWER } from './fixtures.ts'
import { createLiveSession, withEvents } from './live-session.ts'
import { createSessionFollower, type SessionFollower } from './session-follower.ts'

const STORY = numbered([
  { type: 'plan.ready', plan: TWO_AND_ANSWER, revision: 1, source: 'planner' },
  { type: 'node.started', node: 'first', agent: 'rag', instruction: '', attempt: 1 },
  { type: 'node.completed', node: 'first', agent: 'rag', summary: '4 passages' },
  { type: 'session.completed', usage: freshView().usage, citations: [] },
])

describe('following a session for a page', () => {
  it('shows the snapshot, then what happens, then what only the next snapshot tells', async () => {
    const server = serverOf(STORY)
    const { follower, stop } = start(server)
    server.happen(2)
    await vi.waitFor(() => expect(follower.get().live?.view.nodes['first']?.state).toBe('running'), 5_000)
    server.happen(4)
    await vi.waitFor(() => expect(follower.get().live?.view.nodes['first']?.output?.text).toBe('Four passages.'), 5_000)
    expect(follower.get().live?.events).toHaveLength(4)
    expect(follower.get().line).toBe('over')
    stop()
  })

  it('goes on without a doubled or a lost event when the line breaks', async () => {
    const server = serverOf(STORY)
    const { follower, stop } = start(server)
    server.happen(2)
    await vi.waitFor(() => expect(follower.get().live?.lastSeq).toBe(2), 5_000)
    server.breakLine()
    server.happen(4)
    await vi.waitFor(() => expect(follower.get().live?.view.status).toBe('completed'), 5_000)
    expect(follower.get().live?.events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4])
    expect(server.asked).toEqual([0, 2])
    stop()
  })

  it('goes on after the end where somebody had the session go on', async () => {
    const server = serverOf([...STORY, ...numbered([{ type: 'session.redriven', nodes: ['first'] }], 5)])
    server.happen(4)
    const { follower, stop } = start(server)
    await vi.waitFor(() => expect(follower.get().line).toBe('over'), 5_000)
    server.happen(5)
    follower.refresh()
    await vi.waitFor(() => expect(follower.get().live?.view.status).toBe('active'), 5_000)
    await vi.waitFor(() => expect(follower.get().live?.lastSeq).toBe(5), 5_000)
    stop()
  })

  it('says what went wrong where there is no such session', async () => {
    const follower = createSessionFollower({
      readDetail: () => Promise.reject(new Error('There is no such session.')),
      openEvents: () => Promise.reject(new Error('not asked')),
    })
    const stop = follower.start()
    await vi.waitFor(() => expect(follower.get().error).toBeInstanceOf(Error), 5_000)
    stop()
  })
})

interface Server {
  asked: number[]
  detail(): SessionDetail
  open(after: number, signal: AbortSignal): Promise<Response>
  /** Everything up to this number has happened. */
  happen(to: number): void
  breakLine(): void
}

function serverOf(story: readonly SessionEvent[]): Server {
  const asked: number[] = []
  let happened = 0
  let sent = 0
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  const send = (): void => {
    for (const event of story.slice(sent, happened)) {
      controller?.enqueue(new TextEncoder().encode(`id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`))
      sent = event.seq
      if (event.type === 'session.completed' && happened === sent) {
        controller?.close()
        controller = undefined
      }
    }
  }
  return {
    asked,
    detail: () => {
      const { view } = withEvents(createLiveSession(freshView()), story.slice(0, happened))
      const first = view.nodes['first']
      const nodes = first?.state === 'completed' ? { ...view.nodes, first: { ...first, output: { text: 'Four passages.', data: [] } } } : view.nodes
      return { session: { ...view, nodes }, owner: 'demo', conversation: [{ role: 'user', text: 'q' }], traceparent: null }
    },
    open: (after) => {
      asked.push(after)
      sent = after
      const body = new ReadableStream<Uint8Array>({
        start(opened) {
          controller = opened
          send()
        },
      })
      return Promise.resolve(new Response(body))
    },
    happen: (to) => {
      happened = to
      if (controller) send()
    },
    breakLine: () => {
      controller?.error(new Error('gone'))
      controller = undefined
    },
  }
}

function start(server: Server): { follower: SessionFollower; stop: () => void } {
  const follower = createSessionFollower({ readDetail: () => Promise.resolve(server.detail()), openEvents: (after, signal) => server.open(after, signal) })
  return { follower, stop: follower.start() }
}
