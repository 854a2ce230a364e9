import { describe, expect, it, vi } from 'vitest'

import { isCommandKey, readKey } from './read-key.ts'

describe('keys', () => {
  it('go somewhere by two in a row, which are no commands of their own', () => {
    const approve = vi.fn()
    const goToAgents = vi.fn()
    const maps = [{ a: approve }, { 'g a': goToAgents }]
    expect(readKey(maps, undefined, 'g')).toEqual({ run: undefined, waiting: 'g' })
    expect(readKey(maps, 'g', 'a').run).toBe(goToAgents)
    expect(readKey(maps, undefined, 'a').run).toBe(approve)
  })

  it('do nothing where the second of two leads nowhere', () => {
    expect(readKey([{ 'x': () => undefined, 'g a': () => undefined }], 'g', 'x')).toEqual({ run: undefined, waiting: undefined })
  })

  it('mean what the innermost of what is shown says', () => {
    const inner = vi.fn()
    expect(readKey([{ Escape: inner }, { Escape: vi.fn() }], undefined, 'Escape').run).toBe(inner)
  })

  it('are not taken for what every object has', () => {
    expect(readKey([{}], undefined, 'constructor').run).toBeUndefined()
  })

  it('are no commands while somebody writes, composes, or holds a modifier', () => {
    expect(isCommandKey(press('a'), false)).toBe(true)
    expect(isCommandKey(press('?', { shiftKey: true }), false)).toBe(true)
    expect(isCommandKey(press('a'), true)).toBe(false)
    for (const modifier of ['ctrlKey', 'metaKey', 'altKey', 'isComposing']) expect(isCommandKey(press('a', { [modifier]: true }), false)).toBe(false)
  })

  it('that are held down move on, and decide only once', () => {
    expect(isCommandKey(press('j', { repeat: true }), false)).toBe(true)
    expect(isCommandKey(press('a', { repeat: true }), false)).toBe(false)
  })
})

function press(key: string, more: Record<string, boolean> = {}) {
  return { key, ctrlKey: false, metaKey: false, altKey: false, repeat: false, isComposing: false, ...more }
}
