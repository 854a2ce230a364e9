import { Dialog } from './dialog.tsx'

const KEYS = [
  ['j / k', 'next, previous'],
  ['Enter', 'open'],
  ['a', 'approve'],
  ['r', 'reject, with a reason'],
  ['e', 'edit'],
  ['x', 'select'],
  ['/', 'search'],
  ['Esc', 'undo, close'],
  ['?', 'this help'],
] as const

/** What the keys do. */
export function KeysHelp({ open, onClose, places }: { open: boolean; onClose: () => void; places: readonly { letter: string; word: string }[] }) {
  return (
    <Dialog open={open} onClose={onClose} title="Keys">
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5 text-sm">
        {[...KEYS, ...places.map(({ letter, word }) => [`g ${letter}`, `go to ${word}`] as const)].map(([keys, what]) => (
          <div key={keys} className="contents">
            <dt>
              <kbd className="rounded border bg-sunken px-1.5 py-0.5">{keys}</kbd>
            </dt>
            <dd className="text-muted">{what}</dd>
          </div>
        ))}
      </dl>
      <p className="mt-4 text-xs text-muted">Single letters can be turned off in Settings.</p>
    </Dialog>
  )
}
