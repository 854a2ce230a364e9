import { useSyncExternalStore } from 'react'

/** What this browser's user prefers; kept in this browser. */
export type Theme = 'system' | 'light' | 'dark'

const THEME = 'signalbox.theme'
const KEYS = 'signalbox.single-letter-keys'
const listeners = new Set<() => void>()

function read(name: string): string | null {
  try {
    return localStorage.getItem(name)
  } catch {
    return null
  }
}

function write(name: string, value: string): void {
  try {
    localStorage.setItem(name, value)
  } catch {
    // A browser that keeps nothing goes by its own preference.
  }
  for (const listener of listeners) listener()
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

export function readTheme(): Theme {
  const kept = read(THEME)
  return kept === 'light' || kept === 'dark' ? kept : 'system'
}

export function applyTheme(theme: Theme = readTheme()): void {
  const isDark = theme === 'dark' || (theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset['theme'] = isDark ? 'dark' : 'light'
}

export function setTheme(theme: Theme): void {
  write(THEME, theme)
  applyTheme(theme)
}

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, readTheme)
}

/** Whether single letters are commands (WCAG 2.1.4). */
export function readLetterKeys(): boolean {
  return read(KEYS) !== 'off'
}

export function setLetterKeys(on: boolean): void {
  write(KEYS, on ? 'on' : 'off')
}

export function useLetterKeys(): boolean {
  return useSyncExternalStore(subscribe, readLetterKeys)
}
