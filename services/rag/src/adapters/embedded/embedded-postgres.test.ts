import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'

import { eventually, temporaryFolder } from '@signalbox/testing'
import postgres, { type Sql } from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded-postgres.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let embedded: EmbeddedPostgres
const restarts: string[] = []

beforeAll(async () => {
  folder = await temporaryFolder()
  embedded = await startEmbeddedPostgres({ folder: folder.path, onRestart: (reason) => restarts.push(reason) })
})
afterAll(async () => {
  await embedded?.close()
  await folder?.[Symbol.asyncDispose]()
})

test('many clients share one backend, and each gets its own answers', async () => {
  const clients = Array.from({ length: 3 }, () => client(4))
  const [first] = clients as [Sql]
  await first`CREATE TABLE counters (id int PRIMARY KEY, n int NOT NULL)`
  await first`INSERT INTO counters VALUES (1, 0)`
  const jobs = clients.flatMap((sql, who) =>
    Array.from({ length: 60 }, async (_, index) => {
      const [row] = await sql<{ n: number }[]>`SELECT ${who * 1_000 + index}::int AS n`
      expect(row?.n).toBe(who * 1_000 + index)
      if (index % 6 === 0) {
        await sql.begin(async (transaction) => {
          const [before] = await transaction<{ n: number }[]>`SELECT n FROM counters WHERE id = 1`
          await transaction`UPDATE counters SET n = ${(before?.n ?? 0) + 1} WHERE id = 1`
        })
      }
      if (index % 10 === 0) await expect(sql`SELECT 1/0`).rejects.toThrow('division by zero')
    }),
  )
  await Promise.all(jobs)
  const [counter] = await first<{ n: number }[]>`SELECT n FROM counters WHERE id = 1`
  expect(counter?.n).toBe(30)
  await Promise.all(clients.map((sql) => sql.end()))
})

test('a client that goes away in a transaction is rolled back, and the next one gets in', async () => {
  const leaver = client(1)
  await leaver`CREATE TABLE left_behind (n int)`
  const begun = Promise.withResolvers<void>()
  const never = leaver
    .begin(async (transaction) => {
      await transaction`INSERT INTO left_behind VALUES (1)`
      begun.resolve()
      await new Promise(() => undefined)
    })
    .catch(() => undefined)
  await begun.promise
  await leaver.end({ timeout: 0 })
  const other = client(1)
  const [row] = await other<{ n: number }[]>`SELECT count(*)::int AS n FROM left_behind`
  expect(row?.n).toBe(0)
  await other.end()
  void never
})

test('nobody gets in without the password', async () => {
  const wrong = postgres(embedded.url.replace(/:[^:@]+@/, ':guess@'), { max: 1 })
  await expect(wrong`SELECT 1`).rejects.toThrow('password authentication failed')
  await wrong.end()
})

test('bytes that are no Postgres client do no harm', async () => {
  const { port } = new URL(embedded.url)
  const socket = connect(Number(port), '127.0.0.1')
    .on('error', () => undefined)
    .resume()
  socket.write('GET / HTTP/1.1\r\n\r\n')
  await once(socket, 'close')
  const sql = client(1)
  expect((await sql`SELECT 1 AS one`)[0]).toEqual({ one: 1 })
  await sql.end()
})

test('COPY from a client is refused instead of hanging everybody', async () => {
  const sql = client(1)
  await sql`CREATE TABLE copied (n int)`
  await expect(sql.unsafe('COPY copied FROM STDIN').simple()).rejects.toThrow('COPY from a client is not supported')
  const other = client(1)
  expect((await other<{ n: number }[]>`SELECT count(*)::int AS n FROM copied`)[0]?.n).toBe(0)
  await Promise.allSettled([sql.end({ timeout: 1 }), other.end()])
})

test('a killed database is back on the same address, with all that was committed', async () => {
  const sql = client(2)
  await sql`CREATE TABLE kept (n int)`
  for (let n = 0; n < 50; n += 1) await sql`INSERT INTO kept VALUES (${n})`
  const [child] = execFileSync('pgrep', ['-f', `pglite-process.ts ${folder.path}`])
    .toString()
    .trim()
    .split('\n')
  process.kill(Number(child), 'SIGKILL')
  await eventually('it is noticed', () => restarts.length > 0)
  const count = await eventually(
    'it answers again',
    async () => {
      const [row] = await sql<{ n: number }[]>`SELECT count(*)::int AS n FROM kept`.catch(() => [])
      return row?.n
    },
    12_000,
  )
  expect(count).toBe(50)
  await sql.end()
})

test('a second process is kept off the folder, and a lock that a crash left is taken over', async () => {
  await expect(startEmbeddedPostgres({ folder: folder.path, onRestart: () => undefined })).rejects.toThrow('Another process holds the knowledge')
})

function client(connections: number): Sql {
  return postgres(embedded.url, { max: connections, fetch_types: false, onnotice: () => undefined })
}
