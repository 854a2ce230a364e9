import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'

import { eventually, temporaryFolder } from '@signalbox/testing'
import postgres, { type Sql } from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded-postgres.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let embedded: EmbeddedPostgres
const restarts: string[] = []

beforeAll(async () => {
  folder = await temporaryFolder()
  embedded = await startEmbeddedPostgres({ folder: folder.path, onRestart: (reason) => restarts.push(reason), stallMs: 3_000 })
}, 60_000)
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
  await using other = disposable(client(1))
  const [row] = await other.sql<{ n: number }[]>`SELECT count(*)::int AS n FROM left_behind`
  expect(row?.n).toBe(0)
  void never
})

test('a megabytes long text goes in and comes back whole', async () => {
  await using other = disposable(client(1))
  const text = 'wide £ '.repeat(1_000_000)
  const [row] = await other.sql<{ text: string }[]>`SELECT ${text}::text AS text`
  expect(row?.text === text).toBe(true)
})

test('nobody gets in without the password', async () => {
  const wrong = postgres(embedded.url.replace(/:[^:@]+@/, ':guess@'), { max: 1 })
  await expect(wrong`SELECT 1`).rejects.toThrow('password authentication failed')
  await wrong.end()
})

test.each([
  ['another protocol', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ['a packet of negative length', Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0])],
  ['a packet that would never end', Buffer.from([0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0])],
])('%s does no harm', async (_name, bytes) => {
  const socket = connect(Number(new URL(embedded.url).port), '127.0.0.1')
    .on('error', () => undefined)
    .resume()
  socket.write(bytes)
  await once(socket, 'close')
  await using other = disposable(client(1))
  expect((await other.sql`SELECT 1 AS one`)[0]).toEqual({ one: 1 })
})

test('COPY from a client is refused instead of hanging everybody', async () => {
  const sql = client(1)
  await sql`CREATE TABLE copied (n int)`
  await expect(sql.unsafe('COPY copied FROM STDIN').simple()).rejects.toThrow('COPY from a client is not supported')
  const other = client(1)
  expect((await other<{ n: number }[]>`SELECT count(*)::int AS n FROM copied`)[0]?.n).toBe(0)
  await Promise.allSettled([sql.end({ timeout: 1 }), other.end()])
})

test('a second process is kept off the folder, and told who holds it', async () => {
  const { pid } = await readLock()
  await expect(startEmbeddedPostgres({ folder: folder.path, onRestart: () => undefined })).rejects.toThrow(`held by another process (process ${pid})`)
})

test('a killed database is back on the same address, with all that was committed', async () => {
  const sql = client(2)
  await sql`CREATE TABLE kept (n int)`
  for (let n = 0; n < 50; n += 1) await sql`INSERT INTO kept VALUES (${n})`
  const before = restarts.length
  process.kill((await readLock()).pid, 'SIGKILL')
  await eventually('it is noticed', () => restarts.length > before)
  expect(await countOf(sql, 'kept')).toBe(50)
  await sql.end()
})

test('a query that never ends is ended, with the process it holds up', async () => {
  const stuck = client(1)
  const hanging = stuck`SELECT count(*) FROM generate_series(1, 100000000000)`.catch((error: Error) => error)
  const sql = client(1)
  expect(await hanging).toBeInstanceOf(Error)
  expect(await countOf(sql, 'kept')).toBe(50)
  await Promise.allSettled([stuck.end({ timeout: 1 }), sql.end()])
})

test('a database whose service was killed goes too, and leaves the folder to the next', async () => {
  await using other = await temporaryFolder()
  const service = spawn(process.execPath, ['--input-type=module', '-e', SERVICE], {
    env: { ...process.env, FOLDER: other.path },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(service.stdout, 'data')
  service.kill('SIGKILL')
  const next = await startEmbeddedPostgres({ folder: other.path, onRestart: () => undefined })
  await next.close()
}, 60_000)

const SERVICE = `
  const { startEmbeddedPostgres } = await import(${JSON.stringify(new URL('embedded-postgres.ts', import.meta.url).href)})
  await startEmbeddedPostgres({ folder: process.env.FOLDER, onRestart: () => undefined })
  console.log('up')`

function client(connections: number): Sql {
  return postgres(embedded.url, { max: connections, fetch_types: false, onnotice: () => undefined })
}

function disposable(sql: Sql): { sql: Sql } & AsyncDisposable {
  return { sql, [Symbol.asyncDispose]: () => sql.end({ timeout: 1 }) }
}

async function readLock(): Promise<{ pid: number }> {
  return JSON.parse(await readFile(join(folder.path, 'owner.lock'), 'utf8')) as { pid: number }
}

function countOf(sql: Sql, table: string): Promise<number> {
  return eventually(
    'it answers again',
    async () => {
      const [row] = await sql<{ n: number }[]>`SELECT count(*)::int AS n FROM ${sql(table)}`.catch(() => [])
      return row?.n
    },
    12_000,
  )
}
