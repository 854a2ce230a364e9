import type { AgentReport, DeadSession, SessionBrief, SessionEvent, SessionView } from '@signalbox/contracts'

import { createStories } from './stories/stories.ts'
import { written, type Story } from './stories/story.ts'

/** Requests for sessions, agents, dead letters, models and chat, answered from made-up stories that go on while one looks. Undefined for what is none of these. */
export function createSessionRoutes(): (request: Request) => Promise<Response | undefined> {
  const stories = createStories()
  const timers = new Set<NodeJS.Timeout>()
  const play = (story: Story): void => {
    const [next, ...rest] = story.pending
    if (!next) return
    story.pending = rest
    timers.add(
      setTimeout(() => {
        story.happen(next[1])
        play(story)
      }, next[0] * 1_000).unref(),
    )
  }
  for (const story of stories.values()) play(story)

  return async (request) => {
    const url = new URL(request.url)
    const path = url.pathname.replace(/^\/console\/api/, '')
    const [, room, id, verb] = path.split('/')
    if (room === 'models')
      return list(
        ['signalbox-auto', 'signalbox-simple', 'signalbox-orchestrated', 'gpt-4o-mini', 'llama-3.3-70b'].map((name) => ({
          id: name,
          object: 'model',
          created: 0,
          owned_by: name.startsWith('signalbox') ? 'signalbox' : 'upstream',
        })),
      )
    if (room === 'agents') return list(AGENTS)
    if (path === '/chat/completions') return answerChat(stories, (await request.json()) as { messages: { content: string }[] }, play)
    if (room === 'sessions' && id === undefined) return listSessions(stories, url)
    if (room === 'dead-letters' && id === undefined)
      return Response.json({ object: 'list', data: deadOf(stories), total: deadOf(stories).length, next_cursor: null })
    if (room !== 'sessions' && room !== 'dead-letters') return undefined
    const story = stories.get(id ?? '')
    if (!story)
      return Response.json({ error: { message: 'There is no such session.', type: 'not_found_error', param: null, code: 'not_found' } }, { status: 404 })
    if (room === 'dead-letters') return answerDeadLetter(story, verb, request, play)
    switch (verb) {
      case undefined:
        return Response.json(story.detail())
      case 'events':
        return streamEvents(story, request, url)
      case 'pause':
        story.happen({ type: 'session.paused' })
        return changed(story)
      case 'resume':
        story.happen({ type: 'session.unpaused' })
        return changed(story)
      case 'cancel':
        story.pending = []
        story.happen({ type: 'session.canceled', usage: story.detail().session.usage })
        return changed(story)
      case 'input': {
        const question = Object.values(story.detail().session.questions).find(({ answer }) => answer === null)
        if (!question) return Response.json({ error: { message: 'Nothing is asked.', type: 'conflict_error', param: null, code: 'conflict' } }, { status: 409 })
        story.happen({ type: 'input.received', node: question.node, agent: question.agent, question: question.id })
        story.pending = [
          [1.5, { type: 'answer.delta', node: question.node, agent: question.agent, offset: 0, text: 'Booked.' }],
          [0.2, { type: 'node.completed', node: question.node, agent: question.agent, summary: 'Booked.' }],
          [0.1, { type: 'session.completed', usage: story.detail().session.usage, citations: [] }],
        ]
        play(story)
        return changed(story)
      }
      default:
        return undefined
    }
  }
}

async function answerDeadLetter(story: Story, verb: string | undefined, request: Request, play: (story: Story) => void): Promise<Response> {
  const dead = toDead(story)
  if (verb === 'redrive') {
    await request.json().catch(() => ({}))
    story.happen({ type: 'session.redriven', nodes: dead.letters.flatMap(({ node }) => node ?? []) })
    story.pending = dead.letters.flatMap(({ node, agent }) =>
      node === null
        ? []
        : [
            [1, { type: 'node.started' as const, node, agent: agent ?? '', instruction: 'again', attempt: 4 }],
            [5, { type: 'node.completed' as const, node, agent: agent ?? '', summary: 'It worked.' }],
          ],
    )
    play(story)
    return changed(story)
  }
  if (request.method === 'DELETE' || verb === 'drop') return changed(story)
  const { session, conversation } = story.detail()
  return Response.json({ ...dead, session, conversation })
}

function listSessions(stories: ReadonlyMap<string, Story>, url: URL): Response {
  const query = url.searchParams
  const statuses = query.get('status')?.split(',')
  const q = (query.get('q') ?? '').toLowerCase()
  const found = [...stories.values()]
    .map(toBrief)
    .filter(({ status }) => !statuses || statuses.includes(status))
    .filter(({ owner }) => !query.get('owner') || owner === query.get('owner'))
    .filter(({ goal, id }) => goal.toLowerCase().includes(q) || id === q)
    .toSorted((a, b) => b.created_at.localeCompare(a.created_at))
  const from = Number(query.get('cursor') ?? 0)
  const limit = Number(query.get('limit') ?? 20)
  return Response.json({
    object: 'list',
    data: found.slice(from, from + limit),
    total: found.length,
    next_cursor: from + limit < found.length ? String(from + limit) : null,
  })
}

function toBrief(story: Story): SessionBrief {
  const { session, owner } = story.detail()
  const states = Object.values(session.nodes).map(({ state }) => state)
  const count = (state: string): number => states.filter((candidate) => candidate === state).length
  return {
    id: session.id,
    owner,
    status: session.status,
    goal: session.goal,
    request_id: session.request_id,
    nodes: {
      total: states.length,
      completed: count('completed') + count('skipped'),
      running: count('running'),
      waiting: count('waiting'),
      failed: count('failed'),
    },
    agents: [...new Set(Object.values(session.nodes).map(({ agent }) => agent))],
    usage: session.usage,
    approvals_open: Object.values(session.asks).filter(({ state }) => state === 'open').length,
    questions_open: Object.values(session.questions).filter(({ answer }) => answer === null).length,
    error: session.error,
    created_at: session.created_at,
    updated_at: session.updated_at,
    finished_at: session.finished_at,
  }
}

function toDead(story: Story): DeadSession {
  const { session }: { session: SessionView } = story.detail()
  return {
    session_id: session.id,
    status: session.status,
    goal: session.goal,
    letters: session.dead_letters,
    created_at: session.created_at,
    updated_at: session.updated_at,
  }
}

function deadOf(stories: ReadonlyMap<string, Story>): DeadSession[] {
  return [...stories.values()].map(toDead).filter(({ letters }) => letters.length > 0)
}

const ENDS = new Set(['session.completed', 'session.failed', 'session.canceled', 'session.expired'])

function streamEvents(story: Story, request: Request, url: URL): Response {
  const last = request.headers.get('last-event-id')
  const after = Number(last ?? url.searchParams.get('after') ?? 0)
  const known = story.events.filter(({ seq }) => seq > after)
  const isOver = ENDS.has(story.events.at(-1)?.type ?? '')
  if (last !== null && isOver && known.length === 0) return new Response(null, { status: 204 })
  let off = (): void => undefined
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const send = (event: SessionEvent): void => controller.enqueue(encoder.encode(`id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`))
      for (const event of known) send(event)
      if (isOver) return controller.close()
      off = story.onEvent((event) => {
        send(event)
        if (!ENDS.has(event.type)) return
        off()
        controller.close()
      })
    },
    cancel: () => off(),
  })
  return new Response(body, { headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache', 'x-session-id': story.id } })
}

/** A hard question is answered by the first story, a little one at once. `fail` and `approve` in a question do what they say. */
function answerChat(stories: ReadonlyMap<string, Story>, { messages }: { messages: { content: string }[] }, _play: (story: Story) => void): Response {
  const asked = messages.at(-1)?.content ?? ''
  if (asked.includes('broken'))
    return Response.json(
      { error: { message: "The model 'nope' does not exist.", type: 'invalid_request_error', param: 'model', code: 'model_not_found' } },
      { status: 404, headers: { 'x-request-id': 'req_fixture404' } },
    )
  const isHard = /compare|approve|fail/i.test(asked)
  const story = [...stories.values()][asked.includes('approve') ? 2 : 0]
  const lines = [
    'Planning with rag, reasoning',
    'Plan: 4 nodes, 2 in parallel',
    'asking rag: Find what the first inaugural address says of union and secession.',
    'rag is done: 4 passages',
    'asking reasoning: Weigh the two against each other',
  ]
  const answer = isHard ? (story?.detail().session.answer?.text ?? 'It waits.') : 'Paris is the capital of France.'
  const chunks: [number, object][] = [[0.05, chunk({ role: 'assistant', content: '' }, isHard ? { session_id: story?.id, status: 'active' } : undefined)]]
  if (isHard)
    for (const [index, line] of lines.entries())
      chunks.push([
        0.5,
        chunk(
          { reasoning_content: `${line}\n` },
          {
            type: 'node.started',
            session_id: story?.id,
            node_id: index < 2 ? undefined : `n${index}`,
            agent: index === 4 ? 'reasoning' : 'rag',
            state: index === 3 ? 'completed' : 'running',
          },
        ),
      ])
  if (asked.includes('approve')) {
    chunks.push([
      0.4,
      chunk(
        { reasoning_content: 'approval needed (risk: high): deployer wants to: Roll back checkout\n' },
        { type: 'approval.requested', session_id: story?.id, node_id: 'rollback', agent: 'deployer', state: 'waiting', approval_id: 'apr_rollback' },
      ),
    ])
    chunks.push([
      2,
      chunk({ content: '**Approval needed** (risk: high): deployer wants to: Roll back checkout\n\nDecide it there; then reply here to get the result.' }),
    ])
    chunks.push([0.1, chunk({}, { type: 'session.waiting', status: 'awaiting_approval', session_id: story?.id, approvals: [{ id: 'apr_rollback' }] }, 'stop')])
  } else if (asked.includes('fail'))
    chunks.push([0.5, { error: { message: 'bank: connect ECONNREFUSED (3 tries)', type: 'server_error', param: null, code: 'agent_unavailable' } }])
  else {
    for (const [, event] of written('n', 'a', answer, 0)) if (event.type === 'answer.delta') chunks.push([0.02, chunk({ content: event.text })])
    chunks.push([
      0.1,
      chunk(
        {},
        isHard
          ? {
              type: 'session.completed',
              status: 'completed',
              session_id: story?.id,
              cost_usd: 0.0118,
              citations: story?.detail().session.answer?.citations ?? [],
            }
          : undefined,
        'stop',
      ),
    ])
    chunks.push([0, { object: 'chat.completion.chunk', choices: [], usage: { prompt_tokens: 4_020, completion_tokens: 1_391, total_tokens: 5_411 } }])
  }
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      try {
        for (const [afterS, each] of chunks) {
          await new Promise((resolve) => setTimeout(resolve, afterS * 1_000))
          controller.enqueue(encoder.encode(`data: ${JSON.stringify(each)}\n\n`))
        }
        controller.enqueue(encoder.encode('data: [DONE]\n\n'))
        controller.close()
      } catch {
        // Whoever read it has left.
      }
    },
  })
  return new Response(body, {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'x-request-id': 'req_fixture',
      'x-signalbox-route': isHard ? 'complex' : 'simple',
      'x-signalbox-route-reason': isHard ? 'classifier: it compares two sources' : 'local: a short question of fact',
      ...(isHard && story && { 'x-session-id': story.id }),
    },
  })
}

function chunk(delta: object, signalbox?: object, finish: string | null = null): object {
  return { object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }], ...(signalbox && { signalbox: { v: 1, ...signalbox } }) }
}

function list(data: readonly object[]): Response {
  return Response.json({ object: 'list', data })
}

function changed(story: Story): Response {
  return Response.json({ session_id: story.id, status: story.detail().session.status })
}

const skill = (id: string, name: string, description: string) => ({ id, name, description, tags: ['demo'], examples: [] })

const AGENTS: AgentReport[] = [
  {
    id: 'rag',
    url: 'http://127.0.0.1:7103',
    healthy: true,
    last_seen_at: new Date(Date.now() - 4_000).toISOString(),
    last_error: null,
    card: {
      name: 'Knowledge',
      description: 'Finds passages in the documents that were ingested, with source and span.',
      version: '0.1.0',
      skills: [
        skill('retrieve', 'Retrieve', 'Finds passages that fit a question.'),
        skill('answer-from-knowledge', 'Answer from knowledge', 'Answers with citations.'),
      ],
    },
    breaker: { state: 'closed', failures: 0, retry_at: null },
    calls: 2,
  },
  {
    id: 'reasoning',
    url: 'http://127.0.0.1:7102',
    healthy: true,
    last_seen_at: new Date(Date.now() - 2_000).toISOString(),
    last_error: null,
    card: {
      name: 'Reasoning',
      description: 'Reasons step by step, with tools where it has any, and writes answers.',
      version: '0.1.0',
      skills: [skill('reason', 'Reason', 'Works through a question.'), skill('answer', 'Answer', 'Writes the final answer.')],
    },
    breaker: { state: 'closed', failures: 1, retry_at: null },
    calls: 5,
  },
  {
    id: 'bank',
    url: 'https://bank.internal:9443',
    healthy: false,
    last_seen_at: new Date(Date.now() - 1_300_000).toISOString(),
    last_error: 'connect ECONNREFUSED 10.2.0.14:9443',
    card: {
      name: 'Bank export',
      description: 'Fetches account exports.',
      version: '2.3.1',
      skills: [skill('export', 'Export', 'Fetches an account’s export for a month.')],
    },
    breaker: { state: 'open', failures: 7, retry_at: new Date(Date.now() + 21_000).toISOString() },
    calls: 0,
  },
  {
    id: 'deployer',
    url: 'http://127.0.0.1:7110',
    healthy: true,
    last_seen_at: new Date(Date.now() - 9_000).toISOString(),
    last_error: 'No answer within 30 s.',
    card: {
      name: '<b>Deployer</b> \u202egnp',
      description: '<img src=x onerror="window.__hacked=1"> deploys\u200b services',
      version: '1.0.0',
      skills: [skill('deploy', 'Deploy', 'Rolls a service forward or back.')],
    },
    breaker: { state: 'half-open', failures: 3, retry_at: null },
    calls: 1,
  },
  {
    id: null,
    url: 'http://127.0.0.1:7999',
    healthy: false,
    last_seen_at: null,
    last_error: 'No agent card at /.well-known/agent-card.json (404).',
    card: null,
    breaker: { state: 'closed', failures: 0, retry_at: null },
    calls: 0,
  },
]
