import { useEffect, useRef } from 'react'

import { readLetterKeys } from './theme.ts'

/** Commands by their keys: `a`, `?`, `Enter`, and two in a row as `g s`. */
export type Keymap = Record<string, () => void>

const SECOND_MS = 1_200

/** Which command the keys that were pressed are, and what is still waited for. Pure, so that it can be tested by itself. */
export function readKey(map: Keymap, before: string | undefined, key: string): { run: (() => void) | undefined; waiting: string | undefined } {
  const both = before === undefined ? undefined : map[`${before} ${key}`]
  if (both) return { run: both, waiting: undefined }
  const opens = Object.keys(map).some((name) => name.startsWith(`${key} `))
  return { run: map[key], waiting: opens && !map[key] ? key : undefined }
}

/** Obeys keys while the component is there; not while somebody writes, nor with Ctrl, Alt or Meta. */
export function useKeys(map: Keymap): void {
  const current = useRef(map)
  current.current = map
  useEffect(() => {
    let waiting: string | undefined
    let timer: number | undefined
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isWriting(event.target)) return
      if (event.key.length === 1 && !readLetterKeys()) return
      if (document.querySelector('[role="dialog"]') && event.key !== 'Escape') return
      const read = readKey(current.current, waiting, event.key)
      window.clearTimeout(timer)
      waiting = read.waiting
      if (waiting !== undefined) timer = window.setTimeout(() => (waiting = undefined), SECOND_MS)
      if (!read.run) return
      event.preventDefault()
      read.run()
    }
    window.addEventListener('keydown', onKey)
    return () => {
      window.removeEventListener('keydown', onKey)
      window.clearTimeout(timer)
    }
  }, [])
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}
