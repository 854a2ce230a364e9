import { describe, expect, test } from 'vitest'

import { anApproval } from './fixtures/approval.ts'
import { startReceiver } from './fixtures/receiver.ts'
import { channelsOf, closing, SECRET, startNotifier } from './fixtures/world.ts'
import type { Lookup } from './guarded-agent.ts'

describe('a message to a receiver that is not on the internet', () => {
  test.each([
    ['by address', '127.0.0.1'],
    ['by a name that leads there', 'localhost'],
    ['by a number', '2130706433'],
    ['by a number in hexadecimal', '0x7f000001'],
    ['by a number in octal', '0177.0.0.1'],
    ['by half an address', '127.1'],
    ['by an address of IPv6', '[::1]'],
    ['by an IPv4 address written as one of IPv6', '[::ffff:127.0.0.1]'],
    ['by the address that says here', '0.0.0.0'],
  ])('is refused %s, before anything is connected', async (_how, host) => {
    const receiver = closing(await startReceiver())
    const { tell, settled } = await startNotifier(channelsOf({ ...webhook, url: `http://${host}:${receiver.port}/` }), { allow: ['allowed.example:*'] })
    await tell(anApproval())
    expect(await settled()).toMatchObject([{ state: 'failed', attempts: 1, status: null, error: expect.stringMatching(/^Refused: /) }])
    expect(receiver.received).toHaveLength(0)
  })

  test.each(['http://10.0.0.1/', 'http://169.254.169.254/latest/meta-data/', 'https://[fd00::1]/', 'https://[64:ff9b::a9fe:a9fe]/', 'http://100.64.0.1/'])(
    'is refused at %s',
    async (url) => {
      const { tell, settled } = await startNotifier(channelsOf({ ...webhook, url }))
      await tell(anApproval())
      expect(await settled()).toMatchObject([
        { state: 'failed', attempts: 1, error: expect.stringMatching(/^Refused: .* leads to an address that is not public\.$/) },
      ])
    },
  )

  test('is refused to Slack’s channels too', async () => {
    const receiver = closing(await startReceiver())
    const { tell, settled } = await startNotifier(channelsOf({ id: 'team', type: 'slack', url: receiver.url }), { allow: [] })
    await tell(anApproval())
    expect(await settled()).toMatchObject([{ state: 'failed', attempts: 1, error: expect.stringMatching(/^Refused: /) }])
    expect(receiver.received).toHaveLength(0)
  })

  test('is refused where a name has first a public and then a private address: it is looked up once, and that is where it goes', async () => {
    const receiver = closing(await startReceiver())
    const asked: string[] = []
    const rebinding: Lookup = (hostname, _options, callback) => {
      asked.push(hostname)
      callback(null, [{ address: asked.length === 1 ? '203.0.113.7' : '127.0.0.1', family: 4 }])
    }
    // The first address is from a range for documentation, and stands for any public one.
    const { tell, settled } = await startNotifier(channelsOf({ ...webhook, url: `http://rebind.example:${receiver.port}/` }), {
      allow: [`203.0.113.7:${receiver.port}`],
      lookup: rebinding,
      settings: { deadlineMs: 100, pausesMs: [5] },
    })
    await tell(anApproval())
    expect(await settled()).toMatchObject([{ state: 'failed', attempts: 2, error: 'Refused: rebind.example leads to an address that is not public.' }])
    expect(asked).toEqual(['rebind.example', 'rebind.example'])
    expect(receiver.received).toHaveLength(0)
  })

  test('goes to those addresses of a name that are allowed, and to no other', async () => {
    const receiver = closing(await startReceiver())
    const both: Lookup = (_hostname, _options, callback) =>
      callback(null, [
        { address: '10.255.255.1', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ])
    const { tell, settled } = await startNotifier(channelsOf({ ...webhook, url: `http://both.example:${receiver.port}/` }), {
      allow: ['127.0.0.1:*'],
      lookup: both,
    })
    await tell(anApproval())
    expect(await settled()).toMatchObject([{ state: 'delivered' }])
  })

  test('goes where its operator allowed it by name', async () => {
    const receiver = closing(await startReceiver())
    const { tell, settled } = await startNotifier(channelsOf({ ...webhook, url: `http://localhost:${receiver.port}/` }), {
      allow: [`localhost:${receiver.port}`],
    })
    await tell(anApproval())
    expect(await settled()).toMatchObject([{ state: 'delivered' }])
  })
})

test('a redirect to a private address is not followed', async () => {
  const inner = closing(await startReceiver())
  const outer = closing(await startReceiver((response) => void response.writeHead(307, { location: inner.url }).end()))
  const { tell, settled } = await startNotifier(channelsOf({ ...webhook, url: outer.url }), { allow: [`127.0.0.1:${outer.port}`], settings: { pausesMs: [] } })
  await tell(anApproval())
  expect(await settled()).toMatchObject([{ state: 'failed', status: 307, error: 'It answered 307; redirects are not followed.' }])
  expect(inner.received).toHaveLength(0)
})

test('a receiver that is not there is said to be so, in words without its URL', async () => {
  const receiver = await startReceiver()
  await receiver.close()
  const { tell, settled } = await startNotifier(channelsOf({ ...webhook, url: receiver.url }), { settings: { pausesMs: [1] } })
  await tell(anApproval())
  expect(await settled()).toMatchObject([{ state: 'failed', attempts: 2, error: 'The connection was refused.' }])
})

test('a name that nobody knows is tried again: it may be known later', async () => {
  const unknown: Lookup = (_hostname, _options, callback) => callback(Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }), [])
  const { tell, settled } = await startNotifier(channelsOf({ ...webhook, url: 'https://nowhere.example/' }), { lookup: unknown, settings: { pausesMs: [1] } })
  await tell(anApproval())
  expect(await settled()).toMatchObject([{ state: 'failed', attempts: 2, error: 'Its host was not found.' }])
})

const webhook = { id: 'ops', type: 'webhook', secret: SECRET }
