import { describe, expect, it } from 'vitest'

import { hashOf, toCanonicalText, toReadableText, toSize } from './canonical.ts'
import { diffJson } from './diff-json.ts'
import { findJsonFault } from './find-fault.ts'
import { isMask } from './masks.ts'
import { toPath, toPointer } from './pointer.ts'
import { readEdit } from './read-edit.ts'

const MASK = '•••• (sha256 1a2b3c4d)'

describe('canonical JSON', () => {
  it('has its keys in order, at every depth, and the same text whatever the order was', () => {
    expect(toCanonicalText({ b: 1, a: { d: [2, { z: 1, y: 2 }], c: null } })).toBe('{"a":{"c":null,"d":[2,{"y":2,"z":1}]},"b":1}')
    expect(toCanonicalText({ '10': 1, '9': 2 })).toBe(toCanonicalText({ '9': 2, '10': 1 }))
  })

  it('is hashed to what the ledger bound the decision to', async () => {
    expect(await hashOf({ env: 'prod', count: 3 })).toBe(await hashOf({ count: 3, env: 'prod' }))
    expect(await hashOf({})).toBe('44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a')
  })

  it('keeps a key named __proto__ as a key', () => {
    const args: unknown = JSON.parse('{"__proto__":{"admin":true}}')
    expect(toReadableText(args)).toContain('"__proto__"')
  })

  it('says sizes as people do', () => {
    expect([12, 1_500, 2_400_000].map(toSize)).toEqual(['12 B', '1.5 kB', '2.4 MB'])
  })
})

describe('the difference of two values', () => {
  it('is nothing where only the order of keys differs', () => {
    expect(diffJson({ a: 1, b: [1, 2] }, { b: [1, 2], a: 1 })).toEqual([])
  })

  it('names each place that was added, removed or changed', () => {
    expect(diffJson({ env: 'prod', old: true, to: { region: 'eu' } }, { env: 'staging', to: { region: 'eu', zone: 1 } })).toEqual([
      { type: 'changed', path: ['env'], before: 'prod', after: 'staging' },
      { type: 'removed', path: ['old'], before: true },
      { type: 'added', path: ['to', 'zone'], after: 1 },
    ])
  })

  it('shows an item that came between others as one that was added', () => {
    expect(diffJson([1, 2, 3], [1, 9, 2, 3])).toEqual([{ type: 'added', path: [1], after: 9 }])
    expect(diffJson([1, 9, 2, 3], [1, 2, 3])).toEqual([{ type: 'removed', path: [1], before: 9 }])
  })

  it('goes into the item that changed', () => {
    expect(diffJson([{ id: 1, sum: 5 }, { id: 2 }], [{ id: 1, sum: 7 }, { id: 2 }])).toEqual([{ type: 'changed', path: [0, 'sum'], before: 5, after: 7 }])
  })

  it('tells null, nothing, an empty text and an empty list from each other', () => {
    expect(diffJson({ a: null }, {})).toHaveLength(1)
    expect(diffJson({ a: '' }, { a: null })).toHaveLength(1)
    expect(diffJson({ a: [] }, { a: {} })).toHaveLength(1)
  })

  it('is one change where the whole is another kind of value', () => {
    expect(diffJson({ a: 1 }, [1])).toEqual([{ type: 'changed', path: [], before: { a: 1 }, after: [1] }])
  })
})

describe('a path', () => {
  it('is written as a pointer and as people read it', () => {
    expect(toPointer(['a/b', 'c~d', 0])).toBe('/a~1b/c~0d/0')
    expect(toPath(['items', 2, 'unit price', 'net'])).toBe('items[2]["unit price"].net')
    expect(toPath([])).toBe('everything')
  })
})

describe('an edit', () => {
  const before = { env: 'prod', token: MASK, list: [{ key: MASK }] }

  it('is the changes that it makes', () => {
    const edit = readEdit(before, toReadableText({ ...before, env: 'staging' }))
    expect(edit).toMatchObject({ type: 'changed', changes: [{ path: ['env'], before: 'prod', after: 'staging' }] })
  })

  it('is none where only blanks and the order of keys differ', () => {
    expect(readEdit(before, JSON.stringify(before))).toEqual({ type: 'same' })
  })

  it('says where it is no JSON, and what should stand there', () => {
    const said = (text: string): string => {
      const edit = readEdit(before, text)
      return edit.type === 'fault' ? edit.message : edit.type
    }
    expect(said('{\n  "env": prod\n}')).toBe('Line 2, column 10: a value should stand here, not "p".')
    expect(said('{"env": 1')).toBe('Line 1, column 10: it ends where a comma or } should stand.')
    expect(said('{"env": "a\nb"}')).toBe('Line 1, column 9: a text that is closed on its line should stand here, not "\\"".')
    expect(said('{env: 1}')).toContain('a key in double quotes')
    expect(said('[1,]')).toContain('a value should stand here, not "]"')
    expect(said('{} {}')).toContain('nothing more')
    expect(said('01')).toContain('nothing more')
    expect(said('['.repeat(1_000))).toContain('too deep')
  })

  it('refuses a key that stands twice, of which only the last would be used', () => {
    expect(readEdit(before, '{"env": "staging", "\\u0065nv": "prod"}')).toMatchObject({ message: expect.stringContaining('"env" stands here twice') as string })
  })

  it('finds no fault in any JSON', () => {
    const good = [null, true, -0.5e-7, 1e21, 'é\u2028\ud83d\ude00 "\\/\b', [], {}, [[], {}], { '': { a: [1, { b: null }] } }]
    for (const value of good) {
      expect(findJsonFault(JSON.stringify(value))).toBeUndefined()
      expect(findJsonFault(JSON.stringify(value, undefined, 2))).toBeUndefined()
    }
  })

  it('leaves every secret where it is, and puts its mask nowhere else', () => {
    const { token: _token, ...without } = before
    for (const edited of [{ ...before, token: 'guess' }, without, { ...before, list: 'none' }])
      expect(readEdit(before, JSON.stringify(edited))).toMatchObject({ type: 'fault', message: expect.stringContaining('is a secret') as string })
    expect(readEdit(before, JSON.stringify({ ...before, other: MASK }))).toMatchObject({ type: 'fault', message: expect.stringContaining('/other') as string })
  })

  it('knows a mask from a text that looks a little like one', () => {
    expect([MASK, '•••• (keyed 1a2b3c4d)', '••••', '•••• (sha256 zzzzzzzz)', `${MASK} `].map(isMask)).toEqual([true, true, false, false, false])
  })
})
