import { hashOf, type Approval, type AuditEntry, type Channel, type ConsoleUser, type Delivery } from '@signalbox/contracts'

import { madeUp, madeUpApprovals, type MadeUp } from './made-up.ts'

/** The console's API for approvals, audit, channels and people, over made-up ones that can be changed. */
export interface ApprovalRoutes {
  /** Undefined for what is none of these. */
  answer(request: Request): Promise<Response | undefined>
  /** An agent asks, now. */
  ask(facts: MadeUp): Approval
  /** Somebody else decides, now. */
  decideAs(name: string, id: string, decision: 'approve' | 'reject', reason?: string): void
  /** Somebody else edits, now. */
  editAs(name: string, id: string, args: Approval['action']['args']): void
  find(id: string): Approval | undefined
  /** What was decided over the API: method, path and body of each. */
  readonly decided: { id: string; body: unknown }[]
  setRole(role: 'viewer' | 'approver' | 'operator' | 'admin'): void
}

const ME = { id: 'user:admin', name: 'admin' }

export function createApprovalRoutes({ empty = false } = {}): ApprovalRoutes {
  const approvals = new Map((empty ? [] : madeUpApprovals()).map((approval) => [approval.id, approval]))
  const audit: AuditEntry[] = []
  const listeners = new Set<(text: string) => void>()
  const users = createUsers()
  const channels = createChannels()
  const deliveries = createDeliveries()
  const decided: { id: string; body: unknown }[] = []
  let role: 'viewer' | 'approver' | 'operator' | 'admin' = 'admin'
  let isSignedIn = true

  const pending = (): Approval[] => [...approvals.values()].filter(({ state }) => state === 'pending')
  const note = (kind: AuditEntry['kind'], subject: string, by: AuditEntry['by'], facts: AuditEntry['facts'] = {}, at = new Date().toISOString()): void => {
    const before = audit.at(-1)
    const entry = {
      kind,
      at,
      by,
      subject,
      session_id: approvals.get(subject)?.session_id ?? null,
      facts,
      seq: audit.length + 1,
      prev: before?.hash ?? '0'.repeat(64),
    }
    audit.push({ ...entry, hash: hashOf(entry) })
    for (const listener of listeners) listener(eventOf(audit.at(-1)!))
  }
  const eventOf = ({ seq, kind, subject, session_id: session, at }: AuditEntry): string =>
    `id: ${seq}\nevent: ${kind}\ndata: ${JSON.stringify({ seq, kind, subject, session_id: session, at, pending: pending().length })}\n\n`
  const keep = (approval: Approval): Approval => {
    approvals.set(approval.id, approval)
    return approval
  }
  const decide = (
    before: Approval,
    by: { id: string; name: string },
    via: 'console' | 'slack',
    said: { decision: string; reason?: string; edited_args?: Approval['action']['args'] },
  ): Approval => {
    const at = new Date().toISOString()
    const isEdit = said.decision === 'edit' && said.edited_args !== undefined
    const edit = isEdit ? { args: said.edited_args!, args_sha256: hashOf(said.edited_args), by: by.id, at } : before.edit
    const hash = edit?.args_sha256 ?? before.args_sha256
    const decisions = [
      ...before.decisions.map((one) => (isEdit ? { ...one, superseded: true } : one)),
      { by, via, decision: said.decision as 'approve' | 'edit' | 'reject', reason: said.reason ?? null, args_sha256: hash, at, superseded: false },
    ]
    const given = new Set(decisions.flatMap((one) => (one.superseded || one.decision === 'reject' || one.args_sha256 !== hash ? [] : [one.by.id]))).size
    const state = said.decision === 'reject' ? 'rejected' : given >= before.quorum.required ? 'approved' : 'pending'
    const after = keep({ ...before, edit, decisions, state, version: before.version + 1, decided_at: state === 'pending' ? null : at })
    note('approval.decided', before.id, { ...by, via }, { decision: said.decision, args_sha256: hash })
    return after
  }

  for (const approval of [...approvals.values()].toReversed()) {
    note(
      'approval.requested',
      approval.id,
      { id: 'policy:house', name: 'policy', via: 'policy' },
      { type: approval.action.type, risk: approval.risk.level },
      approval.created_at,
    )
    const last = approval.decisions.at(-1)
    if (last)
      note('approval.decided', approval.id, { ...last.by, via: last.via, from: 'a81f' }, { decision: last.decision, args_sha256: last.args_sha256 }, last.at)
  }
  note('user.signed_in', ME.id, { ...ME, via: 'console', from: '4c0e' })
  note('channel.tested', 'ops-slack', { ...ME, via: 'console', from: '4c0e' }, { state: 'delivered' })
  note('user.refused', 'user:root', { id: 'user:root', name: 'root', via: 'console', from: '99b2' }, { reason: 'unknown user' })

  const answer = async (request: Request): Promise<Response | undefined> => {
    const url = new URL(request.url)
    const path = url.pathname.replace('/console/api', '')
    const [, room, id = '', verb] = path.split('/').map(decodeURIComponent)
    const body = async <Body>(): Promise<Body> => JSON.parse((await request.text()) || '{}') as Body
    if (path === '/session') {
      if (request.method === 'DELETE') {
        isSignedIn = false
        return new Response(null, { status: 204 })
      }
      if (request.method === 'POST') {
        const { password } = await body<{ password: string }>()
        if (password !== 'correct horse') return fault(401, 'authentication_failed', 'The user or the password is wrong.')
        isSignedIn = true
      }
      return isSignedIn ? Response.json({ user: { ...ME, role }, csrf: 'fixture' }) : fault(401, 'authentication_failed', 'Sign in at the console first.')
    }
    if (path === '/session/password') return Response.json({ user: { ...ME, role }, csrf: 'fixture' })
    if (!isSignedIn && path !== '/info') return fault(401, 'authentication_failed', 'Sign in at the console first.')
    if (path === '/events') return stream(Number(request.headers.get('last-event-id') ?? audit.length))
    if (room === 'approvals') return answerApprovals(request, url, id, verb, body)
    if (room === 'audit')
      return id === 'verify' ? Response.json({ ok: true, entries: audit.length, head: audit.at(-1)?.hash ?? '', broken: null }) : listAudit(url)
    if (room === 'channels') return id === '' ? list(channels) : testChannel(id)
    if (room === 'deliveries')
      return Response.json({
        object: 'list',
        data: deliveries.filter(({ channel }) => !url.searchParams.get('channel') || channel === url.searchParams.get('channel')),
        next_cursor: null,
      })
    if (room === 'users') return answerUsers(request, id, body)
    return undefined
  }

  const answerApprovals = async (request: Request, url: URL, id: string, verb: string | undefined, body: <Body>() => Promise<Body>): Promise<Response> => {
    if (id === '') return listApprovals(url)
    if (id === 'decisions') {
      const { decision, reason, items } = await body<{ decision: 'approve' | 'reject'; reason?: string; items: { id: string; version: number }[] }>()
      const data = items.map((item) => {
        decided.push({ id: item.id, body: { decision, reason } })
        const before = approvals.get(item.id)
        if (before?.state !== 'pending') return { id: item.id, approval: before ?? null, error: { code: 'conflict', message: 'It was decided already.' } }
        return { id: item.id, approval: decide(before, ME, 'console', { decision, ...(reason !== undefined && { reason }) }), error: null }
      })
      return Response.json({ object: 'list', data })
    }
    const approval = approvals.get(id)
    if (!approval) return fault(404, 'not_found', 'There is no such approval.')
    const headers = { etag: `"${approval.version}"` }
    if (verb === undefined) {
      const refusal =
        role === 'viewer'
          ? 'Deciding takes the role approver.'
          : approval.requested_by === ME.name
            ? 'Whoever a request is for does not decide on it.'
            : approval.decisions.some((said) => said.by.id === ME.id && !said.superseded)
              ? 'You have decided already. It waits for others.'
              : approval.state === 'pending'
                ? null
                : `It is ${approval.state} already.`
      return Response.json({ approval, you: { may_decide: refusal === null, why_not: refusal, decided: false } }, { headers })
    }
    if (request.headers.get('x-signalbox-csrf') !== 'fixture') return fault(403, 'permission_denied', 'The CSRF token is missing.')
    if (request.headers.get('if-match') !== headers.etag || approval.state !== 'pending')
      return Response.json(
        { error: { message: 'The approval has changed since you looked at it.', type: 'invalid_request_error', param: null, code: 'conflict' }, approval },
        { status: 409 },
      )
    if (verb === 'extend') {
      const { seconds } = await body<{ seconds: number }>()
      const extended = keep({
        ...approval,
        version: approval.version + 1,
        expires_at: new Date(Date.parse(approval.expires_at) + seconds * 1_000).toISOString(),
      })
      note('approval.extended', id, { ...ME, via: 'console' }, { seconds })
      return Response.json(extended)
    }
    const said = await body<{ decision: string; reason?: string; edited_args?: Approval['action']['args']; args_sha256?: string }>()
    decided.push({ id, body: said })
    if (said.args_sha256 !== (approval.edit?.args_sha256 ?? approval.args_sha256))
      return Response.json(
        { error: { message: 'Other bytes wait by now.', type: 'invalid_request_error', param: null, code: 'conflict' }, approval },
        { status: 409 },
      )
    return Response.json(decide(approval, ME, 'console', said))
  }

  const listApprovals = (url: URL): Response => {
    const search = url.searchParams
    const status = search.get('status') ?? 'pending'
    const words = (search.get('q') ?? '').toLowerCase()
    const fits = (approval: Approval): boolean =>
      (status === 'all' || (status === 'history' ? approval.state !== 'pending' : approval.state === status)) &&
      (!search.get('risk') || approval.risk.level === search.get('risk')) &&
      (!search.get('agent') || approval.agent === search.get('agent')) &&
      (!search.get('session_id') || approval.session_id === search.get('session_id')) &&
      [approval.action.title, approval.action.type, approval.goal, approval.agent, approval.statement ?? ''].some((text) => text.toLowerCase().includes(words))
    const found = [...approvals.values()]
      .filter(fits)
      .toSorted((a, b) => (status === 'pending' ? (a.expires_at < b.expires_at ? -1 : 1) : (a.decided_at ?? '') > (b.decided_at ?? '') ? -1 : 1))
    const from = Number(search.get('cursor') ?? 0)
    const limit = Number(search.get('limit') ?? 20)
    return Response.json({
      object: 'list',
      data: found.slice(from, from + limit),
      total: found.length,
      pending: pending().length,
      next_cursor: from + limit < found.length ? String(from + limit) : null,
    })
  }

  const listAudit = (url: URL): Response => {
    const { searchParams: search } = url
    const about = search.get('about')
    const found = audit
      .filter(({ kind }) => !search.get('kind') || kind === search.get('kind'))
      .filter(({ subject, session_id: session, by }) => !about || [subject, session, by.id].includes(about))
      .toReversed()
    const from = Number(search.get('cursor') ?? 0)
    const limit = Number(search.get('limit') ?? 50)
    return Response.json({
      object: 'list',
      data: found.slice(from, from + limit),
      total: found.length,
      next_cursor: from + limit < found.length ? String(from + limit) : null,
    })
  }

  const stream = (after: number): Response => {
    let off = (): void => undefined
    const lines = new ReadableStream<Uint8Array>({
      start: (controller) => {
        const send = (text: string): void => controller.enqueue(new TextEncoder().encode(text))
        send(`id: ${after}\n\n`)
        for (const entry of audit.slice(after)) send(eventOf(entry))
        listeners.add(send)
        off = () => void listeners.delete(send)
      },
      cancel: () => off(),
    })
    return new Response(lines, { headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' } })
  }

  const testChannel = (id: string): Response => {
    const channel = channels.find((one) => one.id === id)
    if (!channel) return fault(404, 'not_found', 'There is no such channel.')
    const isGood = channel.type !== 'email'
    const delivery: Delivery = {
      ...deliveries[0]!,
      id: `dlv_${deliveries.length}`,
      channel: id,
      event: 'test',
      approval_id: null,
      state: isGood ? 'delivered' : 'failed',
      status: isGood ? 200 : null,
      error: isGood ? null : 'connect ECONNREFUSED 10.0.0.4:587',
      created_at: new Date().toISOString(),
    }
    deliveries.unshift(delivery)
    channel.last = { state: isGood ? 'delivered' : 'failed', at: delivery.created_at, error: delivery.error }
    note('channel.tested', id, { ...ME, via: 'console' }, { state: delivery.state })
    return Response.json(delivery)
  }

  const answerUsers = async (request: Request, id: string, body: <Body>() => Promise<Body>): Promise<Response> => {
    if (role !== 'admin') return fault(403, 'permission_denied', 'This needs the role admin.')
    if (request.method === 'GET') return list(users)
    if (request.method === 'POST') {
      const { name, role: given } = await body<Pick<ConsoleUser, 'name' | 'role'>>()
      const user: ConsoleUser = {
        id: `user:${name}`,
        name,
        role: given,
        disabled: false,
        sign_in: 'password',
        created_at: new Date().toISOString(),
        signed_in_at: null,
      }
      users.push(user)
      return Response.json({ user, password: 'w7Kq-2mVx-9ttz-Lp4c' }, { status: 201 })
    }
    const at = users.findIndex((user) => user.id === id)
    const user = users[at]
    if (!user) return fault(404, 'not_found', 'There is no such user.')
    if (request.method === 'DELETE') {
      users.splice(at, 1)
      return new Response(null, { status: 204 })
    }
    const { reset_password: reset, ...change } = await body<Partial<ConsoleUser> & { reset_password?: true }>()
    users[at] = { ...user, ...change }
    return Response.json({ user: users[at], password: reset ? 'q2Ma-77dx-HHt1-0pLz' : null })
  }

  const other = (name: string): { id: string; name: string } => ({ id: `user:${name.toLowerCase()}`, name })
  return {
    answer,
    ask: (facts) => {
      const approval = keep(madeUp({ agoMs: 0, leftMs: 24 * 3_600_000, ...facts }))
      note('approval.requested', approval.id, { id: 'policy:house', name: 'policy', via: 'policy' })
      return approval
    },
    decideAs: (name, id, decision, reason) => {
      const before = approvals.get(id)
      if (before) decide(before, other(name), 'slack', { decision, ...(reason !== undefined && { reason }) })
    },
    editAs: (name, id, args) => {
      const before = approvals.get(id)
      if (before)
        decide({ ...before, quorum: { ...before.quorum, required: Math.max(2, before.quorum.required) } }, other(name), 'console', {
          decision: 'edit',
          edited_args: args,
        })
    },
    find: (id) => approvals.get(id),
    decided,
    setRole: (next) => (role = next),
  }
}

function list(data: unknown): Response {
  return Response.json({ object: 'list', data })
}

function fault(status: number, code: string, message: string): Response {
  return Response.json({ error: { message, type: 'invalid_request_error', param: null, code } }, { status, headers: { 'x-request-id': 'req_made_up' } })
}

function createUsers(): ConsoleUser[] {
  const at = new Date(Date.now() - 86_400_000 * 40).toISOString()
  const user = (name: string, role: ConsoleUser['role'], more: Partial<ConsoleUser> = {}): ConsoleUser => ({
    id: `user:${name}`,
    name,
    role,
    disabled: false,
    sign_in: 'password',
    created_at: at,
    signed_in_at: new Date(Date.now() - 3_600_000).toISOString(),
    ...more,
  })
  return [
    user('admin', 'admin'),
    user('mira', 'approver', { sign_in: 'oidc' }),
    user('jonas', 'operator'),
    user('eve', 'viewer', { disabled: true, signed_in_at: null }),
  ]
}

function createChannels(): Channel[] {
  const ago = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString()
  return [
    { id: 'ops-slack', type: 'slack', target: 'https://hooks.slack.com/…', recipient: null, last: { state: 'delivered', at: ago(4), error: null } },
    {
      id: 'finance-mail',
      type: 'email',
      target: 'finance-lead@example.com',
      recipient: 'user:finance-lead',
      last: { state: 'failed', at: ago(41), error: 'connect ECONNREFUSED 10.0.0.4:587' },
    },
    { id: 'pager', type: 'webhook', target: 'https://events.pager.example/…', recipient: null, last: null },
  ]
}

function createDeliveries(): Delivery[] {
  const ago = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString()
  const delivery = (id: number, channel: string, more: Partial<Delivery> = {}): Delivery => ({
    id: `dlv_0${id}`,
    channel,
    event: 'approval.requested',
    approval_id: 'apr_rollback',
    state: 'delivered',
    attempts: 1,
    status: 200,
    error: null,
    created_at: ago(id * 7),
    next_at: null,
    finished_at: ago(id * 7),
    ...more,
  })
  return [
    delivery(1, 'ops-slack'),
    delivery(2, 'pager', {
      state: 'waiting',
      attempts: 3,
      status: 503,
      error: 'The receiver answered 503.',
      next_at: new Date(Date.now() + 90_000).toISOString(),
      finished_at: null,
    }),
    delivery(6, 'finance-mail', { event: 'approval.escalated', state: 'failed', attempts: 8, status: null, error: 'connect ECONNREFUSED 10.0.0.4:587' }),
    delivery(9, 'ops-slack', { event: 'approval.decided' }),
  ]
}
