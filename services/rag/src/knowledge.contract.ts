import { openTelemetry } from '@signalbox/telemetry'
import { sayError, sayJson, startModelUpstream } from '@signalbox/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import type { KnowledgeConfig, OpenKnowledge } from './open-knowledge.ts'
import { openKnowledge } from './open-knowledge.ts'

/** What the knowledge does on any Postgres: the embedded one and a real one run this file. */
export function describeKnowledge(name: string, configure: () => Promise<KnowledgeConfig>): void {
  describe(name, () => {
    let opened: OpenKnowledge
    const signal = (): AbortSignal => AbortSignal.timeout(30_000)
    const search = (query: string, topK = 5) => opened.knowledge.search(query, { topK, perDocument: 3, signal: signal() })

    beforeAll(async () => {
      opened = await openKnowledge(await configure(), openTelemetry({ service: 'test', level: 'silent' }))
    }, 60_000)
    beforeEach(async () => {
      await opened.sql`TRUNCATE documents, spaces CASCADE`
    })
    afterAll(() => opened?.close())

    test('a document is added once, left alone while it is the same, and replaced when it changes', async () => {
      const first = await opened.knowledge.ingest({ source: 'a.md', text: '# Owls\n\nOwls hunt at night.' })
      expect(first).toEqual({ source: 'a.md', status: 'added', passages: 1 })
      expect((await opened.knowledge.ingest({ source: 'a.md', text: '# Owls\n\nOwls hunt at night.' })).status).toBe('unchanged')
      expect((await opened.knowledge.ingest({ source: 'a.md', text: '# Hawks\n\nHawks hunt by day.' })).status).toBe('updated')
      expect(await opened.documents.count()).toEqual({ documents: 1, passages: 1 })
      expect((await search('night owls')).length).toBe(0)
      expect((await search('hawks'))[0]).toMatchObject({ source: 'a.md', title: 'Hawks' })
    })

    test('a document without text fails with a reason, and the others do not', async () => {
      expect(await opened.knowledge.ingest({ source: 'empty.md', text: ' \n' })).toEqual({
        source: 'empty.md',
        status: 'failed',
        passages: 0,
        reason: 'there is no text in it',
      })
      expect((await opened.knowledge.ingest({ source: 'b.md', text: 'words' })).status).toBe('added')
    })

    test('a passage says exactly where it stands', async () => {
      const text = `# Signals\n\n${'A signal tells a driver whether the line ahead is clear. '.repeat(40)}\n\n## Levers\n\nLevers move the points. 😀 Each one is locked.`
      await opened.knowledge.ingest({ source: 'signals.md', text })
      const [found] = await search('levers points locked')
      expect(found?.text).toContain('Levers move the points')
      expect(text.slice(found?.start, found?.end)).toBe(found?.text)
    })

    test('rare words decide, common ones hardly do, and length is allowed for', async () => {
      for (let index = 0; index < 12; index += 1)
        await opened.knowledge.ingest({ source: `common-${index}.md`, text: `The worker takes a job. Worker number ${index} is a worker.` })
      await opened.knowledge.ingest({ source: 'rare.md', text: 'The worker meets a hippogriff.' })
      await opened.knowledge.ingest({ source: 'long.md', text: `The hippogriff. ${'Much else is said here about many other things. '.repeat(12)}` })
      expect((await search('worker hippogriff')).map(({ source }) => source).slice(0, 2)).toEqual(['rare.md', 'long.md'])
    })

    test('BM25 is computed as it is defined', async () => {
      await opened.knowledge.ingest({ source: 'one', text: 'apple apple pear' })
      await opened.knowledge.ingest({ source: 'two', text: 'pear plum' })
      const { words } = await opened.knowledge.rank('apple', { candidates: 10, signal: signal() })
      // Titles count as part of the text: `one apple apple pear` has 4 terms (tf 2), `two pear plum` 3; mean 3.5.
      const weight = Math.log(1 + (2 - 1 + 0.5) / (1 + 0.5))
      expect([...words.values()]).toEqual([expect.closeTo((weight * 2 * 2.2) / (2 + 1.2 * (1 - 0.75 + (0.75 * 4) / 3.5)), 5)])
    })

    test('how often a word stands in a passage is counted exactly', async () => {
      for (let times = 1; times <= 30; times += 1)
        await opened.knowledge.ingest({ source: `n${times}`, text: `${'owl '.repeat(times)}${'hawk '.repeat(40 - times)}` })
      const { words } = await opened.knowledge.rank('owl', { candidates: 100, signal: signal() })
      const passages = await opened.sql<
        { id: string; times: number }[]
      >`SELECT id::text AS id, cardinality(t.positions) AS times FROM passages, unnest(terms) AS t WHERE t.lexeme = 'owl'`
      // 40 words and a title in each: all are as long as the mean.
      const weight = Math.log(1 + 0.5 / 30.5)
      expect(passages).toHaveLength(30)
      for (const { id, times } of passages) expect(words.get(id)).toBeCloseTo((weight * times * 2.2) / (times + 1.2), 6)
    })

    test('nothing in a question is an operator', async () => {
      await opened.knowledge.ingest({ source: 'a.md', text: "It's a quote's life" })
      for (const query of ["quote's & | ! <-> ( ) :*", "'; DROP TABLE documents; --", '\\', '', '💥', 'the of and']) await search(query)
      expect(await opened.documents.count()).toEqual({ documents: 1, passages: 1 })
    })

    test('with enough passages vectors are computed, kept over new documents, and computed anew when the corpus has doubled', async () => {
      for (let index = 0; index < 45; index += 1)
        await opened.knowledge.ingest({
          source: `d${index}.md`,
          text: `${index % 2 ? 'Car engine wheel road' : 'Bread flour oven yeast'} number ${index} ${index % 2 ? 'drive motor' : 'bake dough'}.`,
        })
      expect(await opened.knowledge.index(signal())).toMatchObject({ model: 'lsa-256', embedded: 45, refitted: true })
      expect(await opened.knowledge.index(signal())).toMatchObject({ embedded: 0, refitted: false })
      await opened.knowledge.ingest({ source: 'new.md', text: 'A motor and a wheel.' })
      expect(await opened.knowledge.index(signal())).toMatchObject({ embedded: 1, refitted: false })
      for (let index = 0; index < 45; index += 1) await opened.knowledge.ingest({ source: `e${index}.md`, text: `Ship sail mast number ${index}.` })
      expect(await opened.knowledge.index(signal())).toMatchObject({ embedded: 91, refitted: true })
      const [row] = await opened.sql<
        { spaces: number; vectors: number }[]
      >`SELECT (SELECT count(*)::int FROM spaces) AS spaces, (SELECT count(*)::int FROM passage_embeddings) AS vectors`
      expect(row).toEqual({ spaces: 1, vectors: 91 })
      expect((await search('engine'))[0]?.text).toMatch(/Car|motor/)
    })

    test('vectors come from an endpoint where one is set: in a space of their own, and again words alone when it is away', async () => {
      for (let index = 0; index < 45; index += 1)
        await opened.knowledge.ingest({ source: `d${index}.md`, text: `Filler number ${index} about bread, flour and yeast.` })
      await opened.knowledge.ingest({ source: 'car.md', text: 'An automobile on the road.' })
      await opened.knowledge.index(signal())

      let away = false
      await using endpoint = await startModelUpstream((response, { body }) => {
        if (away) return sayError(response, 503)
        // Whatever is about driving points one way, everything else another.
        const data = (body['input'] as string[]).map((text, index) => ({ index, embedding: /automobile|vehicle/.test(text) ? [1, 0, 0] : [0, 1, 0] }))
        sayJson(response, 200, { object: 'list', model: 'tiny', data, usage: { prompt_tokens: 1, total_tokens: 1 } })
      })
      const config = { ...(await configure()), EMBEDDING_BASE_URL: endpoint.baseUrl, EMBEDDING_MODEL: 'tiny', DATABASE_URL: opened.url }
      const other = await openKnowledge(config, openTelemetry({ service: 'test', level: 'silent' }))
      try {
        // Vectors of another model are not compared with: until there are some of its own, words decide alone.
        expect(await other.knowledge.vectors()).toBeNull()
        expect(await other.knowledge.index(signal())).toMatchObject({ model: 'tiny', embedded: 46, refitted: true })
        expect(await other.knowledge.vectors()).toEqual({ model: 'tiny', dimensions: 3, passages: 46 })
        // No word of the question stands in any passage.
        expect((await other.knowledge.search('vehicle', { topK: 1, perDocument: 1, signal: signal() }))[0]?.source).toBe('car.md')
        away = true
        expect((await other.knowledge.search('automobile', { topK: 1, perDocument: 1, signal: signal() }))[0]?.source).toBe('car.md')
      } finally {
        await other.close()
      }
    })

    test('who stops asking is not kept waiting', async () => {
      const left = AbortSignal.abort(new DOMException('gone', 'AbortError'))
      await expect(opened.knowledge.search('owls', { topK: 1, perDocument: 1, signal: left })).rejects.toThrow('gone')
    })

    test('a database that is away is told of as that', async () => {
      const config = { ...(await configure()), DATABASE_URL: opened.url }
      const other = await openKnowledge(config, openTelemetry({ service: 'test', level: 'silent' }))
      await other.close()
      await expect(other.knowledge.search('owls', { topK: 1, perDocument: 1, signal: signal() })).rejects.toMatchObject({
        code: 'unavailable',
        retryable: true,
      })
      expect(await other.knowledge.ingest({ source: 'a.md', text: 'x' })).toMatchObject({ status: 'failed', reason: 'The knowledge database does not answer.' })
    })

    test('opening it again changes nothing: tables, documents and vectors are there, and nothing is computed anew', async () => {
      for (let index = 0; index < 45; index += 1)
        await opened.knowledge.ingest({ source: `d${index}.md`, text: `Filler number ${index} about bread, flour and yeast.` })
      await opened.knowledge.index(signal())
      const config = { ...(await configure()), DATABASE_URL: opened.url }
      const other = await openKnowledge(config, openTelemetry({ service: 'test', level: 'silent' }))
      try {
        expect(await other.knowledge.index(signal())).toEqual({ model: 'lsa-256', embedded: 0, refitted: false })
        const ask = { topK: 5, perDocument: 1, signal: signal() }
        expect(await other.knowledge.search('yeast 7', ask)).toEqual(await opened.knowledge.search('yeast 7', ask))
      } finally {
        await other.close()
      }
    })

    test('two that change one document at once leave one whole version of it', async () => {
      const versions = Array.from({ length: 8 }, (_, index) => `Version ${index}. ${`Sentence ${index} of many. `.repeat(80)}`)
      await Promise.all(versions.map((text) => opened.knowledge.ingest({ source: 'a.md', text })))
      const rows = await opened.sql<
        { text: string; start: number; end: number }[]
      >`SELECT text, start_offset AS start, end_offset AS end FROM passages ORDER BY ordinal`
      const version = versions.find((text) => text.startsWith(rows[0]?.text.slice(0, 10) ?? '-')) ?? ''
      expect(rows.length).toBeGreaterThan(1)
      for (const { text, start, end } of rows) expect(version.slice(start, end)).toBe(text)
    })

    test('removing a document removes its passages and vectors', async () => {
      await opened.knowledge.ingest({ source: 'a.md', text: 'A lone hippogriff.' })
      const [document] = await opened.documents.list({ limit: 10, after: '' })
      const id = document?.id as string
      expect(await opened.documents.remove(id)).toBe(true)
      expect(await opened.documents.remove(id)).toBe(false)
      expect(await search('hippogriff')).toEqual([])
    })
  })
}
