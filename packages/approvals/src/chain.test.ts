import { AUDIT_GENESIS, type AuditEntry, type AuditNote } from '@signalbox/contracts'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { sampleNote } from './contract/sample-approval.ts'
import { EMPTY_CHAIN, toEntries, toEntry, verifyChain } from './chain.ts'

test('an entry is the same whatever order its facts were written in, and another where they differ', () => {
  const note = sampleNote({ at: '2026-01-01T00:00:00.000Z', facts: { a: 1, b: [2] } })
  const entry = toEntry(note, AUDIT_GENESIS, 1)
  expect(entry.hash).toBe(toEntry({ ...note, facts: { b: [2], a: 1 } }, AUDIT_GENESIS, 1).hash)
  // As a few lines of any other language compute it: chains that were kept must go on fitting.
  expect(entry.hash).toBe('5371c0d75f31bc1f5562421d9d8738aa860d608cbe71948891f51dd1df37a130')
  for (const other of [toEntry({ ...note, facts: { a: 1, b: [3] } }, AUDIT_GENESIS, 1), toEntry(note, AUDIT_GENESIS, 2), toEntry(note, entry.hash, 1)]) {
    expect(other.hash).not.toBe(entry.hash)
  }
})

test('whatever is noted makes a chain that is whole, also as it is read again', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyNote, { maxLength: 8 }), async (notes) => {
      const { entries, head } = toEntries(notes, EMPTY_CHAIN)
      const read = JSON.parse(JSON.stringify(entries)) as AuditEntry[]
      expect(await verifyChain(read, head.hash)).toEqual({ ok: true, entries: notes.length, head: head.hash, broken: null })
    }),
  )
})

test('whatever one does to a chain is found out by the hash that was kept elsewhere', async () => {
  const meddle = fc.constantFrom('remove', 'repeat', 'swap', 'rename', 'cut', 'reseal')
  await fc.assert(
    fc.asyncProperty(fc.array(anyNote, { minLength: 3, maxLength: 8 }), meddle, fc.nat(), async (notes, how, where) => {
      const { entries, head } = toEntries(notes, EMPTY_CHAIN)
      const at = where % (entries.length - 1)
      const forged = meddled(entries, how, at)
      expect(await verifyChain(forged, head.hash)).toMatchObject({ ok: false, broken: { seq: expect.any(Number), why: expect.any(String) } })
    }),
  )
})

/** The chain with the entry at `at` tampered with. */
function meddled(entries: readonly AuditEntry[], how: string, at: number): AuditEntry[] {
  const [entry, next] = [entries[at] as AuditEntry, entries[at + 1] as AuditEntry]
  switch (how) {
    case 'remove':
      return entries.toSpliced(at, 1)
    case 'repeat':
      return entries.toSpliced(at, 0, entry)
    case 'swap':
      return entries.toSpliced(at, 2, next, entry)
    case 'rename':
      return entries.with(at, { ...entry, by: { ...entry.by, name: `${entry.by.name}!` } })
    case 'cut':
      return entries.slice(0, at + 1)
    default: {
      // Somebody who can hash makes all anew from there on.
      const again = toEntries([{ ...entry, subject: `${entry.subject}!` }, ...entries.slice(at + 1)], { seq: at, hash: entry.prev })
      return [...entries.slice(0, at), ...again.entries]
    }
  }
}

const anyNote: fc.Arbitrary<AuditNote> = fc
  .record({
    subject: fc.string({ unit: 'binary' }),
    facts: fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ stringUnit: 'binary' }), { noNullPrototype: true }),
  })
  .map((parts) => sampleNote({ subject: parts.subject, facts: parts.facts as AuditNote['facts'] }))
