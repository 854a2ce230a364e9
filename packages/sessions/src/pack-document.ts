import { hash } from 'node:crypto'

import { sessionDocumentSchema, type SessionDocument } from '@signalbox/contracts'

/** Values whose JSON has more bytes than this lie beside the document. */
const LARGEST_INSIDE = 4 * 1024

/** A document on its way into a store. */
export interface PackedDocument {
  /** The document without its large values, which it names by their keys. */
  json: string
  /** Those of the large values that the store is not known to have: their JSON by their keys. */
  parts: ReadonlyMap<string, string>
  /** To be called when all of it was stored: the same values will not be packed again. */
  stored(): void
}

/** A document on its way out of a store. */
export interface UnpackedDocument {
  /** Keys of the large values that it needs. */
  keys: readonly string[]
  /** The whole document. @throws where a part is missing, or it is not a document any more. */
  complete(parts: ReadonlyMap<string, string>): SessionDocument
}

export interface DocumentPacker {
  /** `whole` packs every large value, known to be there or not: for a session that is new. */
  pack(document: SessionDocument, options?: { whole: boolean }): PackedDocument
  unpack(json: string): UnpackedDocument
}

/** Where a value stands in the document, and the object that stands for it as long as it does not change. */
interface Place {
  at: readonly string[]
  part: object
  value: unknown
}

interface Reference {
  at: string[]
  key: string
}

const INSIDE = 'inside'

/**
 * Keeps large values (outputs of nodes, items of their branches, shared values, the conversation and the
 * plan) beside the document, so that saving it costs by what has changed and not by all it ever made.
 *
 *  1. Documents are values: who changes an output makes a new object. One that was packed once is
 *     known by its identity, and neither turned into JSON nor written again.
 *  2. A value is known to be there only when a write that held it has gone well, and only for its session.
 *  3. A key is the hash of what it stands for, so that a part written twice is the same part, and parts
 *     are never changed or taken away while their session is there.
 */
export function createDocumentPacker(): DocumentPacker {
  const known = new WeakMap<object, { session: string; key: string } | typeof INSIDE>()

  function pack(document: SessionDocument, { whole } = { whole: false }): PackedDocument {
    const parts = new Map<string, string>()
    const beside: Reference[] = []
    const marks: { part: object; key: string }[] = []
    for (const { at, part, value } of placesOf(document)) {
      const mark = known.get(part)
      if (mark === INSIDE) continue
      if (mark?.session === document.id && !whole) {
        beside.push({ at: [...at], key: mark.key })
        continue
      }
      const json = JSON.stringify(value)
      if (Buffer.byteLength(json) <= LARGEST_INSIDE) {
        known.set(part, INSIDE)
        continue
      }
      const key = hash('sha256', json, 'base64url')
      parts.set(key, json)
      beside.push({ at: [...at], key })
      marks.push({ part, key })
    }
    return {
      json: JSON.stringify(beside.length === 0 ? document : { ...without(document, beside), beside }),
      parts,
      stored: () => marks.forEach(({ part, key }) => known.set(part, { session: document.id, key })),
    }
  }

  function unpack(json: string): UnpackedDocument {
    const { beside = [], ...document } = JSON.parse(json) as Record<string, unknown> & { beside?: Reference[] }
    return {
      keys: beside.map(({ key }) => key),
      complete(parts) {
        for (const { at, key } of beside) putBack(document, at, readPart(parts, key))
        const whole = sessionDocumentSchema.parse(document)
        const keys = new Map(beside.map(({ at, key }) => [at.join('/'), key]))
        for (const { at, part } of placesOf(whole)) {
          const key = keys.get(at.join('/'))
          known.set(part, key === undefined ? INSIDE : { session: whole.id, key })
        }
        return whole
      },
    }
  }

  return { pack, unpack }
}

/** Every value that may be large. */
function* placesOf(document: SessionDocument): Generator<Place> {
  yield { at: ['conversation'], part: document.conversation, value: document.conversation }
  if (document.plan) yield { at: ['plan'], part: document.plan, value: document.plan }
  for (const [name, shared] of Object.entries(document.context)) yield { at: ['context', name, 'value'], part: shared, value: shared.value }
  for (const [id, { output, branch }] of Object.entries(document.nodes)) {
    if (output) yield { at: ['nodes', id, 'output'], part: output, value: output }
    // An item may be a string, which has no identity: its branch has one, and does not change.
    if (branch?.item !== undefined) yield { at: ['nodes', id, 'branch', 'item'], part: branch, value: branch.item }
  }
}

type Tree = Record<string, unknown>

/** The document without the values at these places. Copies what stands on the way to them, and nothing else. */
function without(document: SessionDocument, places: readonly { at: readonly string[] }[]): Tree {
  const copy: Tree = { ...document }
  const copied = new Set<unknown>()
  for (const { at } of places) {
    let holder = copy
    for (const name of at.slice(0, -1)) {
      if (!copied.has(holder[name])) copied.add((holder[name] = { ...(holder[name] as Tree) }))
      holder = holder[name] as Tree
    }
    delete holder[at.at(-1) as string]
  }
  return copy
}

function putBack(document: Tree, at: readonly string[], value: unknown): void {
  const holder = at.slice(0, -1).reduce((tree, name) => tree[name] as Tree, document)
  holder[at.at(-1) as string] = value
}

function readPart(parts: ReadonlyMap<string, string>, key: string): unknown {
  const json = parts.get(key)
  if (json === undefined) throw new Error(`A part of the session document is missing: ${key}.`)
  return JSON.parse(json)
}
