import { once } from 'node:events'

import { textOf } from '@signalbox/a2a'
import { EXTENSIONS } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import { describe, expect, test } from 'vitest'

import { eventOf, node, planOf, startAgent, startOrchestrator, type World } from './fixtures/world.ts'

/** A session whose middle node fails until `mend` is called. */
async function failed(): Promise<{ world: World; id: string; runs: Record<string, string[]>; mend: () => void }> {
  let isBroken = true
  const runs: Record<string, string[]> = {}
  const noted = (text: string, key: string): void => void (runs[text.split('\n')[0] as string] ??= []).push(key)
  const good = await startAgent('good', (turn, writer) => {
    noted(textOf(turn.message.parts), turn.message.messageId)
    writer.text(`good: ${textOf(turn.message.parts)}`)
  })
  const shaky = await startAgent('shaky', (turn, writer) => {
    noted(textOf(turn.message.parts), turn.message.messageId)
    if (isBroken) throw new AppError('upstream_timeout', 'The model is slow.')
    writer.text('mended')
  })
  const world = await startOrchestrator(
    [good, shaky],
    planOf(node('first', 'good'), { ...node('middle', 'shaky', ['first']), retries: 1 }, node('answer', 'good', ['middle'])),
  )
  const { view } = await world.ask('go')
  expect(view.status).toBe('failed')
  return { world, id: view.id, runs, mend: () => (isBroken = false) }
}

describe('dead letters', () => {
  test('what used up its tries is kept with all that is known of it', async () => {
    const { world, id } = await failed()
    const list = await world.manage('GET', '/v1/dead-letters')
    expect(list.body).toMatchObject({
      object: 'list',
      total: 1,
      next_cursor: null,
      data: [{ session_id: id, status: 'failed', goal: 'go', letters: [{ node: 'middle', agent: 'shaky', attempts: 2 }] }],
    })
    const detail = await world.manage('GET', `/v1/dead-letters/${id}`)
    expect(detail.body).toMatchObject({
      conversation: [{ text: 'go' }],
      session: { nodes: { first: { output: { text: expect.stringContaining('good') } }, middle: { error: { code: 'upstream_timeout' } } } },
    })
    expect((await world.manage('GET', '/v1/dead-letters', undefined, 'mallory')).body).toMatchObject({ total: 0 })
    for (const owner of ['mallory', '']) expect((await world.manage('GET', `/v1/dead-letters/${id}`, undefined, owner)).status).toBe(404)
  })

  test('redriven, the failed node runs anew under a new key, what had finished does not, and the session completes', async () => {
    const { world, id, runs, mend } = await failed()
    mend()
    expect(await world.manage('POST', `/v1/dead-letters/${id}/redrive`)).toMatchObject({ status: 200, body: { session_id: id, status: 'active' } })
    for await (const _event of world.connection.subscribe(id, { signal: AbortSignal.timeout(10_000), owner: 'alice', after: 0 }));
    const view = await world.view(id)
    expect(view).toMatchObject({ status: 'completed', error: null, dead_letters: [], nodes: { middle: { state: 'completed', output: { text: 'mended' } } } })
    expect(runs['do first']).toHaveLength(1)
    expect(runs['do middle']).toHaveLength(3)
    expect(new Set(runs['do middle']).size).toBe(3)
    expect((await world.manage('GET', '/v1/dead-letters')).body).toMatchObject({ total: 0 })
  })

  test('redriven with edits, it runs what it was told', async () => {
    const { world, id, runs } = await failed()
    const redriven = await world.manage('POST', `/v1/dead-letters/${id}/redrive`, { node: 'middle', agent: 'good', instruction: 'do it otherwise' })
    expect(redriven.status).toBe(200)
    const seen: string[] = []
    for await (const event of world.connection.subscribe(id, { signal: AbortSignal.timeout(10_000), owner: 'alice', after: 0 }))
      seen.push(eventOf(event)?.type ?? '')
    expect(seen).toContain('session.redriven')
    expect(seen).not.toContain('session.failed')
    expect(runs['do it otherwise']).toHaveLength(1)
    expect((await world.view(id)).status).toBe('completed')
  })

  test('what cannot be redriven is refused with the reason', async () => {
    const { world, id } = await failed()
    const redrive = (body: unknown) => world.manage('POST', `/v1/dead-letters/${id}/redrive`, body)
    expect(await redrive({ node: 'nowhere' })).toMatchObject({ status: 400, body: { error: { message: expect.stringContaining("no node 'nowhere'") } } })
    expect(await redrive({ node: 'first' })).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining("'first' is not among the dead letters") } },
    })
    expect(await redrive({ instruction: 'x' })).toMatchObject({ status: 400 })
    expect(await redrive({ surprise: 1 })).toMatchObject({ status: 400 })
    expect(await redrive('{')).toMatchObject({ status: 400 })
    const both = await Promise.all([redrive({}), redrive({})])
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 409])
  })

  test('a session whose budget is spent is redriven with a larger one, and not without', async () => {
    const greedy = await startAgent('greedy', async (turn, writer) => {
      if (turn.message.messageId.endsWith('/1')) {
        writer.working('thinking', { [EXTENSIONS.usage]: { prompt_tokens: 90, completion_tokens: 0, total_tokens: 90, cost_usd: 0 } })
        await once(turn.signal, 'abort')
      }
      writer.text('done')
    })
    const world = await startOrchestrator([greedy], planOf(node('answer', 'greedy')))
    const conversation = { kind: 'conversation', conversation: [{ role: 'user', text: 'go' }], budget: { tokens: 50 } }
    const { view } = await world.ask('go', { parts: [{ kind: 'data', data: conversation }] })
    expect(view.error?.code).toBe('budget_exceeded')
    const redrive = (body: object) => world.manage('POST', `/v1/dead-letters/${view.id}/redrive`, body)
    expect(await redrive({})).toMatchObject({
      status: 400,
      body: { error: { message: "The session's budget of 50 tokens is spent (90). Give it a larger one." } },
    })
    expect((await redrive({ budget: { tokens: 500 } })).status).toBe(200)
    for await (const _event of world.connection.subscribe(view.id, { signal: AbortSignal.timeout(10_000), owner: 'alice', after: view.last_seq }));
    expect(await world.view(view.id)).toMatchObject({ status: 'completed', budget: { tokens: 500 }, answer: { text: 'done' } })
  })

  test('dropped, it is a dead letter no more', async () => {
    const { world, id } = await failed()
    expect(await world.manage('DELETE', `/v1/dead-letters/${id}`)).toMatchObject({ status: 200, body: { status: 'failed' } })
    expect((await world.manage('GET', '/v1/dead-letters')).body).toMatchObject({ total: 0 })
    expect((await world.manage('DELETE', `/v1/dead-letters/${id}`)).status).toBe(404)
    expect((await world.manage('POST', `/v1/dead-letters/${id}/redrive`)).status).toBe(404)
  })
})
