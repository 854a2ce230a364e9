import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { eventually, temporaryFolder } from '@signalbox/testing'
import { Webhook } from 'standardwebhooks'
import { describe, expect, onTestFinished, test } from 'vitest'

import { anApproval } from './fixtures/approval.ts'
import { answering, startReceiver, type Receiver } from './fixtures/receiver.ts'
import { ADMIN, channelsOf, closing, openLedger, SECRET, startNotifier } from './fixtures/world.ts'

describe('a webhook', () => {
  test('tells of an approval, and of nothing that it would run or that an agent says for it', async () => {
    const receiver = closing(await startReceiver())
    const { tell, settled } = await startNotifier(channelsOf(webhookTo(receiver)))
    const approval = anApproval()
    await tell(approval)
    expect(await settled()).toMatchObject([{ state: 'delivered', status: 200, attempts: 1, error: null, next_at: null }])

    const [{ body } = { body: '' }] = receiver.received
    expect(JSON.parse(body)).toEqual({
      type: 'approval.requested',
      timestamp: expect.any(String),
      data: {
        approval_id: 'apr_1',
        session_id: 'ses_1',
        title: 'Deploy ‹prod› & more',
        action_type: 'deploy',
        agent: 'deployer',
        risk: 'high',
        expires_at: approval.expires_at,
        state: 'pending',
        url: expect.stringMatching(/^https:\/\/signalbox\.example\/d\/[\w-]+\.[\w-]+$/),
      },
    })
    expect(JSON.stringify(receiver.received)).not.toMatch(/the-args|the-statement|the-why|the-goal/)
  })

  test('is signed so that the guide’s own snippet takes it, and refuses what was changed, delayed or signed by others', async () => {
    const receiver = closing(await startReceiver())
    const { tell, settled } = await startNotifier(channelsOf(webhookTo(receiver)))
    await tell(anApproval())
    const [delivery] = await settled()
    const [{ headers, body } = { headers: {}, body: '' }] = receiver.received
    const said = headers as Record<string, string>
    expect(said).toMatchObject({ 'webhook-id': delivery?.id, 'content-type': 'application/json; charset=utf-8' })

    const verify = await snippetOfTheGuide()
    expect(verify(SECRET, said, body)).toMatchObject({ type: 'approval.requested' })
    expect(new Webhook(SECRET).verify(body, said)).toMatchObject({ type: 'approval.requested' })
    expect(() => verify(SECRET, said, body.replace('high', 'low'))).toThrow('the signature is wrong')
    expect(() => verify(SECRET, { ...said, 'webhook-id': 'dlv_other' }, body)).toThrow('the signature is wrong')
    expect(() => verify(SECRET.replace('CQ', 'AA'), said, body)).toThrow('the signature is wrong')
    expect(() => verify(SECRET, { ...said, 'webhook-timestamp': '1600000000' }, body)).toThrow('too old')
  })

  test('is tried again after a failure, under the same id and with the same link, until it is taken', async () => {
    const receiver = closing(await startReceiver(answering(500, 302, 404, 204)))
    const { tell, settled } = await startNotifier(channelsOf(webhookTo(receiver)))
    await tell(anApproval())
    expect(await settled()).toMatchObject([{ state: 'delivered', status: 204, attempts: 4, error: null }])
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1)
  })

  test('is given up after its last try, and the log says what it met with', async () => {
    const receiver = closing(await startReceiver(answering(503)))
    const { tell, settled } = await startNotifier(channelsOf(webhookTo(receiver)))
    await tell(anApproval())
    expect(await settled()).toMatchObject([{ state: 'failed', status: 503, attempts: 4, error: 'It answered 503.', finished_at: expect.any(String) }])
    expect(receiver.received).toHaveLength(4)
  })

  test('waits as long between tries as its table says, give or take a quarter, and longer where it is asked to', async () => {
    const receiver = closing(await startReceiver((response, count) => void response.writeHead(503, count === 1 ? {} : { 'retry-after': '120' }).end()))
    const { ledger, tell } = await startNotifier(channelsOf(webhookTo(receiver)), { settings: { pausesMs: [400, 60_000] } })
    const after = async (attempts: number): Promise<number> => {
      const delivery = await eventually('the next try is set', async () =>
        (await ledger.deliveries({ limit: 1 })).deliveries.find((delivery) => delivery.attempts === attempts && delivery.next_at !== null),
      )
      return Date.parse(delivery.next_at ?? '') - Date.now()
    }
    await tell(anApproval())
    expect(await after(1)).toBeLessThanOrEqual(500)
    const second = await after(2)
    expect(second).toBeGreaterThan(110_000)
    expect(second).toBeLessThanOrEqual(120_000)
  })

  test('that answers 410 is not asked again', async () => {
    const receiver = closing(await startReceiver(answering(410)))
    const { tell, settled } = await startNotifier(channelsOf(webhookTo(receiver)))
    await tell(anApproval())
    expect(await settled()).toMatchObject([{ state: 'failed', status: 410, attempts: 1 }])
  })

  test('that does not answer is left at the deadline', async () => {
    const receiver = closing(await startReceiver(() => undefined))
    const { tell, settled } = await startNotifier(channelsOf(webhookTo(receiver)), { settings: { deadlineMs: 50, pausesMs: [] } })
    await tell(anApproval())
    expect(await settled()).toMatchObject([{ state: 'failed', status: null, error: 'There was no answer in time.' }])
  })

  test('that answers without an end has taken the message all the same', async () => {
    const receiver = closing(
      await startReceiver((response) => {
        const more = (): void => void (response.write('x'.repeat(64_000)) ? setImmediate(more) : response.once('drain', more))
        response.on('error', () => undefined).writeHead(200)
        more()
      }),
    )
    const { tell, settled } = await startNotifier(channelsOf(webhookTo(receiver)), { settings: { deadlineMs: 60_000 } })
    await tell(anApproval())
    expect(await settled()).toMatchObject([{ state: 'delivered', status: 200 }])
  })

  test('gets the headers that its operator wants', async () => {
    const receiver = closing(await startReceiver())
    const { tell, settled } = await startNotifier(channelsOf({ ...webhookTo(receiver), headers: { Authorization: 'Bearer gate' } }))
    await tell(anApproval())
    await settled()
    expect(receiver.received[0]?.headers).toMatchObject({ authorization: 'Bearer gate' })
  })
})

describe('which channels are told', () => {
  test('those that the approval names and that want this event; all of them where it names none', async () => {
    const receiver = closing(await startReceiver())
    const channels = channelsOf(
      webhookTo(receiver, { id: 'all' }),
      webhookTo(receiver, { id: 'asks', events: ['requested', 'escalated'] }),
      webhookTo(receiver, { id: 'third' }),
    )
    const { notifier } = await startNotifier(channels)
    const told = (notify: string[] | null, event: Parameters<typeof notifier.deliveriesFor>[1]): string[] =>
      notifier.deliveriesFor(anApproval({ notify }), event).map(({ channel }) => channel)
    expect(told(null, 'approval.requested')).toEqual(['all', 'asks', 'third'])
    expect(told(['all', 'asks'], 'approval.requested')).toEqual(['all', 'asks'])
    expect(told(['all', 'asks'], 'approval.decided')).toEqual(['all'])
    expect(told([], 'approval.requested')).toEqual([])
  })

  test('a channel that is set up no more is given up, and said so', async () => {
    const { ledger, settled } = await startNotifier([])
    await ledger.send({ id: 'dlv_1', channel: 'gone', event: 'test', approval_id: null, created_at: new Date().toISOString() })
    expect(await settled()).toMatchObject([{ state: 'failed', error: 'There is no channel of this name any more.' }])
  })
})

describe('several workers', () => {
  test('send every message once', async () => {
    const receiver = closing(await startReceiver())
    const ledger = await openLedger()
    const channels = channelsOf(...Array.from({ length: 20 }, (_, index) => webhookTo(receiver, { id: `c${index}` })))
    const one = await startNotifier(channels, { ledger })
    await startNotifier(channels, { ledger })
    await startNotifier(channels, { ledger })
    await one.tell(anApproval())
    const deliveries = await one.settled()
    expect(deliveries).toHaveLength(20)
    expect(deliveries.every(({ state, attempts }) => state === 'delivered' && attempts === 1)).toBe(true)
    expect(receiver.received).toHaveLength(20)
  })

  test('take over what one of them did not finish, and what a close cut short counts as no try', async () => {
    const hanging = Promise.withResolvers<void>()
    const receiver = closing(await startReceiver((response, count) => (count === 1 ? hanging.resolve() : void response.end())))
    const ledger = await openLedger()
    const channels = channelsOf(webhookTo(receiver))
    const first = await startNotifier(channels, { ledger })
    await first.tell(anApproval())
    await hanging.promise
    await first.notifier.close(AbortSignal.abort())
    const second = await startNotifier(channels, { ledger })
    expect(await second.settled()).toMatchObject([{ state: 'delivered', attempts: 1 }])
    expect(receiver.received).toHaveLength(2)
  })

  test('that close wait for what is under way', async () => {
    const hanging = Promise.withResolvers<() => void>()
    const receiver = closing(await startReceiver((response) => hanging.resolve(() => void response.end())))
    const { tell, notifier, ledger } = await startNotifier(channelsOf(webhookTo(receiver)))
    await tell(anApproval())
    const answer = await hanging.promise
    const closed = notifier.close()
    answer()
    await closed
    expect((await ledger.deliveries({ limit: 1 })).deliveries).toMatchObject([{ state: 'delivered' }])
  })

  test('go on when the ledger was away', async () => {
    const receiver = closing(await startReceiver())
    const ledger = await openLedger()
    let away = 3
    const flaky = {
      ...ledger,
      claim: (...claim: Parameters<typeof ledger.claim>) => ((away -= 1) > 0 ? Promise.reject(new Error('away')) : ledger.claim(...claim)),
    }
    const { tell, settled } = await startNotifier(channelsOf(webhookTo(receiver)), { ledger: flaky })
    await tell(anApproval())
    expect(await settled()).toMatchObject([{ state: 'delivered' }])
  })
})

describe('a test of a channel', () => {
  test('is sent at once and once, and its answer says how it went; who asked is in the audit', async () => {
    const receiver = closing(await startReceiver(answering(200, 500)))
    const { notifier, ledger } = await startNotifier(channelsOf(webhookTo(receiver)), { settings: { pollMs: 60_000 } })
    const sent = await notifier.test('ops', ADMIN)
    expect(sent).toMatchObject({ channel: 'ops', event: 'test', approval_id: null, state: 'delivered', status: 200 })
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({ type: 'test', data: { channel: 'ops', url: 'https://signalbox.example/console' } })
    expect(await notifier.test('ops', ADMIN)).toMatchObject({ state: 'failed', status: 500, attempts: 1 })
    const { data } = await ledger.audit({ limit: 10 })
    expect(data[1]).toMatchObject({
      kind: 'channel.tested',
      subject: 'ops',
      by: { id: 'user:root', name: 'Root', via: 'console' },
      facts: { type: 'webhook', delivery: sent.id },
    })
  })

  test('of a channel that there is not is refused', async () => {
    const { notifier } = await startNotifier([])
    await expect(notifier.test('nowhere', ADMIN)).rejects.toMatchObject({ code: 'not_found' })
  })
})

test('channels are listed without their secrets, with how the latest message went', async () => {
  const receiver = closing(await startReceiver(answering(500)))
  const email = { id: 'mail', type: 'email', to: ['a@example.com', 'b@example.com'], from: 'sbx@example.com', smtp: 'smtp://u:the-password@mail.example.com' }
  const { notifier } = await startNotifier(channelsOf({ ...webhookTo(receiver), headers: { 'x-key': 'the-header' }, recipient: 'user:alice' }, email))
  await notifier.test('ops', ADMIN)
  const channels = await notifier.channels()
  expect(channels).toEqual([
    {
      id: 'ops',
      type: 'webhook',
      target: `http://127.0.0.1:${receiver.port}/…`,
      recipient: 'user:alice',
      last: { state: 'failed', at: expect.any(String), error: 'It answered 500.' },
    },
    { id: 'mail', type: 'email', target: 'a@example.com, b@example.com', recipient: null, last: null },
  ])
  expect(JSON.stringify(channels)).not.toMatch(/the-path-secret|the-password|the-header|whsec_/)
})

function webhookTo(receiver: Receiver, more: object = {}): object {
  return { id: 'ops', type: 'webhook', url: receiver.url, secret: SECRET, ...more }
}

type Verify = (secret: string, headers: Record<string, string>, body: string) => unknown

async function snippetOfTheGuide(): Promise<Verify> {
  const guide = await readFile(new URL('../../../../../docs/guides/notifications.md', import.meta.url), 'utf8')
  const [, snippet = ''] = /```js\n(\/\/ verify-webhook\.mjs\n[^]*?)```/.exec(guide) ?? []
  const folder = await temporaryFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  const path = join(folder.path, 'verify-webhook.mjs')
  await writeFile(path, snippet)
  const { verifyWebhook } = (await import(pathToFileURL(path).href)) as { verifyWebhook: Verify }
  return verifyWebhook
}
