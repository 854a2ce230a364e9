/** Commands by their keys: `a`, `?`, `Escape`, and two in a row as `g s`. */
export type Keymap = Record<string, () => void>

export interface KeyRead {
  run: (() => void) | undefined
  /** The first key of two, of which the second is waited for. */
  waiting: string | undefined
}

/** Which command the keys that were pressed are; of several maps the first that knows it. The second key of two is never a command of its own. */
export function readKey(mapsInOrder: readonly Keymap[], before: string | undefined, key: string): KeyRead {
  const find = (name: string): (() => void) | undefined => mapsInOrder.find((map) => Object.hasOwn(map, name))?.[name]
  if (before !== undefined) {
    const both = find(`${before} ${key}`)
    if (both) return { run: both, waiting: undefined }
  }
  const opens = mapsInOrder.some((map) => Object.keys(map).some((name) => name.startsWith(`${key} `)))
  if (opens) return { run: undefined, waiting: key }
  // `g` and then something that is nowhere to go to: the second was not meant as a command.
  return { run: before === undefined ? find(key) : undefined, waiting: undefined }
}

/** Keys that may go on while they are held down. All others do their work once: holding `a` does not approve a list. */
const REPEATABLE: ReadonlySet<string> = new Set(['j', 'k'])

/** Whether a key may be a command at all. */
export function isCommandKey(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'repeat' | 'isComposing'>, isWriting: boolean): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isWriting) return false
  return !event.repeat || REPEATABLE.has(event.key)
}
