import { expect, it } from 'vitest'

import { followFeed, type FeedItem, type FeedLine } from './follow-feed.ts'

it('goes on after the last thing it heard when the line broke', async () => {
  const { asked, items, lines } = await follow([() => feedOf([3, 4]), () => new Response('', { status: 503 }), () => feedOf([5]), refused])
  expect(asked).toEqual([undefined, 4, 4, 5])
  expect(items).toEqual([3, 4, 5])
  expect(lines).toEqual(['connecting', 'live', 'broken', 'broken', 'live', 'broken', 'refused'])
})

it('tells nothing twice that the gateway sends again', async () => {
  const { items } = await follow([() => feedOf([1, 2]), () => feedOf([2, 2, 1, 3]), refused])
  expect(items).toEqual([1, 2, 3])
})

it('goes on from the gateway’s place in the count where nothing had happened before the break', async () => {
  const { asked } = await follow([() => new Response('id: 41\n\n: quiet\n\n'), refused])
  expect(asked).toEqual([undefined, 41])
})

it('takes an error on the line, and what is no JSON, for a break', async () => {
  const { items, asked } = await follow([
    () => new Response('data: {"error":{"message":"gone"}}\n\n'),
    () => new Response('data: {\n\n'),
    () => feedOf([1]),
    refused,
  ])
  expect(items).toEqual([1])
  expect(asked).toEqual([undefined, undefined, undefined, 1])
})

it('stops asking where it is refused: nobody is signed in any more', async () => {
  const { asked, lines } = await follow([refused])
  expect(asked).toHaveLength(1)
  expect(lines.at(-1)).toBe('refused')
})

async function follow(answers: (() => Response)[]): Promise<{ asked: (number | undefined)[]; items: number[]; lines: FeedLine[] }> {
  const asked: (number | undefined)[] = []
  const items: FeedItem[] = []
  const lines: FeedLine[] = []
  let known: number | undefined
  await followFeed({
    open: (after) => {
      asked.push(after)
      return Promise.resolve((answers.shift() ?? refused)())
    },
    known: () => known,
    onMark: (seq) => (known = seq),
    onItem: (item) => {
      known = item.seq
      items.push(item)
    },
    onLine: (line) => lines.push(line),
    signal: AbortSignal.timeout(5_000),
    firstPauseMs: 1,
    longestPauseMs: 2,
  })
  return { asked, items: items.map(({ seq }) => seq), lines }
}

function feedOf(numbers: readonly number[]): Response {
  const events = numbers.map(
    (seq) =>
      `id: ${seq}\nevent: approval.requested\ndata: ${JSON.stringify({ seq, kind: 'approval.requested', subject: 'apr_1', session_id: null, at: '' })}\n\n`,
  )
  return new Response(events.join(''))
}

function refused(): Response {
  return new Response('{}', { status: 401 })
}
