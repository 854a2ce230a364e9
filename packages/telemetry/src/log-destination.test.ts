import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

import { pino } from 'pino'
import { expect, test } from 'vitest'

import { holdLines } from './log-destination.ts'

test('lines that can wait are written together, a moment later', async () => {
  const written: string[] = []
  const firstWrite = Promise.withResolvers<void>()
  const log = pino({}, holdLines(sinkOf(written, firstWrite.resolve)))

  log.info('one')
  log.info('two')
  expect(written).toEqual([])
  await firstWrite.promise
  expect(written).toHaveLength(1)
  expect(written[0]).toMatch(/"one".*\n.*"two".*\n$/)
})

test('a warning is written at once, behind the lines before it', () => {
  const written: string[] = []
  const log = pino({}, holdLines(sinkOf(written)))

  log.info('one')
  log.warn('two')
  expect(written.join('')).toMatch(/"one".*\n.*"two".*\n$/)
})

test('no more than some kilobytes wait', () => {
  const written: string[] = []
  const log = pino({}, holdLines(sinkOf(written)))

  log.info('x'.repeat(66_000))
  expect(written).toHaveLength(1)
})

test('whoever flushes the log finds everything written', async () => {
  const written: string[] = []
  const log = pino({}, holdLines(sinkOf(written)))

  log.info('one')
  await new Promise<void>((resolve) => log.flush(() => resolve()))
  expect(written.join('')).toContain('"one"')
})

test.each([
  ['exits', 'process.exit(0)'],
  ['has nothing left to do', ''],
  ['fails with an error that nobody caught', 'setImmediate(() => { throw new Error("nobody caught it") })'],
])('no line is lost, or torn, where the process %s', async (_how, ending) => {
  const module = fileURLToPath(new URL('logger.ts', import.meta.url))
  const script = `const { createLogger } = await import(${JSON.stringify(module)})
    const log = createLogger({ service: 'x', level: 'info' })
    const said = 'as long as a request usually says '.repeat(10)
    for (let turn = 0; turn < 5; turn++) {
      for (let line = 0; line < 200; line++) log.info({ line, said }, 'a line')
      await new Promise(setImmediate)
    }
    ${ending}`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['ignore', 'ignore', 'pipe'] })

  const lines = (await text(child.stderr)).split('\n').filter((line) => line.includes('"level"') || line.includes('as long as'))
  expect(lines.map((line) => (JSON.parse(line) as { line: number }).line)).toEqual(Array.from({ length: 1_000 }, (_, index) => index % 200))
})

function sinkOf(written: string[], onWrite?: () => void) {
  const write = (lines: string): void => {
    written.push(lines)
    onWrite?.()
  }
  return { write, flush: (done?: () => void) => done?.() }
}
