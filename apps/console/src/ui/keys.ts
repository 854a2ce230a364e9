import { useEffect, useRef } from 'react'

import { isCommandKey, readKey, type Keymap } from './read-key.ts'
import { readLetterKeys } from './theme.ts'

export type { Keymap } from './read-key.ts'

/** How long the second key of two may take, milliseconds. */
const SECOND_MS = 1_200

/** The maps of all that is shown, the last to come first: one listener reads the keys for all, so that `g a` is never `a`. */
const maps: { current: Keymap }[] = []
let waiting: string | undefined
let timer: number | undefined

/** Obeys keys while the component is there; not while somebody writes, nor with Ctrl, Alt or Meta. */
export function useKeys(map: Keymap): void {
  const current = useRef(map)
  useEffect(() => {
    current.current = map
  })
  useEffect(() => {
    if (maps.length === 0) window.addEventListener('keydown', onKey)
    maps.push(current)
    return () => {
      maps.splice(maps.indexOf(current), 1)
      if (maps.length === 0) window.removeEventListener('keydown', onKey)
    }
  }, [])
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || !isCommandKey(event, isWriting(event.target))) return
  if (event.key.length === 1 && (!readLetterKeys() || document.querySelector('dialog[open], [role="dialog"], [role="menu"]'))) return
  const read = readKey(
    maps.toReversed().map(({ current }) => current),
    waiting,
    event.key,
  )
  window.clearTimeout(timer)
  waiting = read.waiting
  if (waiting !== undefined) timer = window.setTimeout(() => (waiting = undefined), SECOND_MS)
  if (!read.run) return
  event.preventDefault()
  read.run()
}

function isWriting(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || (/^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && target.getAttribute('type') !== 'checkbox'))
  )
}
