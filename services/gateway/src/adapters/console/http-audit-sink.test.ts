import { Writable } from 'node:stream'

import type { UserAuditNote } from '@signalbox/contracts'
import { openTelemetry } from '@signalbox/telemetry'
import { eventually } from '@signalbox/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { SERVICE_TOKEN, startOrchestrator, type PuppetOrchestrator } from '../../fixtures/orchestrator.ts'
import { connectManagement, type Management } from '../management/connect-management.ts'
import { createHttpAuditSink } from './http-audit-sink.ts'

let orchestrator: PuppetOrchestrator
let management: Management
let log: string[]
let telemetry: ReturnType<typeof openTelemetry>
let told: unknown[]

beforeEach(async () => {
  orchestrator = await startOrchestrator()
  told = []
  orchestrator.answerInstead = ({ body }) => {
    told.push(body)
    return Response.json({ ...(body as UserAuditNote), seq: told.length, prev: '', hash: '' })
  }
  log = []
  telemetry = openTelemetry({ service: 'gateway', logTo: new Writable({ write: (line, _encoding, done) => (log.push(String(line)), done()) }) })
  management = connectManagement({ url: orchestrator.url, token: SERVICE_TOKEN, telemetry, timeoutMs: 1_000 })
})

afterEach(async () => {
  await management.close()
  await orchestrator[Symbol.asyncDispose]()
})

test('notes are told one after the other, in their order', async () => {
  const sink = createHttpAuditSink({ management, log: telemetry.log })
  const notes = Array.from({ length: 20 }, (_, index) => noteOf(`user:u${index}`))
  for (const note of notes) sink.note(note)
  await sink.close()
  expect(told).toEqual(notes)
})

test('an orchestrator that is away is waited for, and nothing is lost or told twice', async () => {
  await orchestrator.goAway()
  const sink = createHttpAuditSink({ management, log: telemetry.log, againMs: 20 })
  sink.note(noteOf('user:ann'))
  sink.note(noteOf('user:bob'))
  await orchestrator.comeBack()
  await eventually('both', () => told.length === 2)
  expect(told).toEqual([noteOf('user:ann'), noteOf('user:bob')])
  expect(log).toEqual([])
  await sink.close()
})

test('what could not be told stands in the log', async () => {
  await orchestrator.goAway()
  const sink = createHttpAuditSink({ management, log: telemetry.log, patienceMs: 40, againMs: 10 })
  sink.note(noteOf('user:ann'))
  const line = await eventually('the line', () => log.find((each) => each.includes('user:ann')))
  expect(JSON.parse(line)).toMatchObject({ level: 50, note: { kind: 'user.signed_in', subject: 'user:ann' } })
  await sink.close()
})

test('closing tries once more, and waits for nobody who does not answer', async () => {
  orchestrator.answerInstead = () => new Promise<Response>(() => undefined)
  const sink = createHttpAuditSink({ management, log: telemetry.log })
  for (const name of ['ann', 'bob', 'carl']) sink.note(noteOf(`user:${name}`))
  const began = performance.now()
  await sink.close()
  expect(performance.now() - began).toBeLessThan(4_000)
  for (const name of ['ann', 'bob', 'carl']) expect(log.join('')).toContain(`user:${name}`)
})

function noteOf(subject: string): UserAuditNote {
  return {
    kind: 'user.signed_in',
    at: '2026-11-21T00:00:00.000Z',
    by: { id: subject, name: subject, via: 'console' },
    subject,
    session_id: null,
    facts: { how: 'password' },
  }
}
