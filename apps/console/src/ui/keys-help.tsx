import { Link } from '@tanstack/react-router'

import { Dialog } from './dialog.tsx'
import { useLetterKeys } from './theme.ts'

const GROUPS = [
  {
    title: 'Approvals',
    keys: [
      [['j', 'k'], 'next and previous'],
      [['Enter'], 'open'],
      [['a'], 'approve; what is more than low risk is opened first'],
      [['r'], 'reject, with a reason'],
      [['e'], 'edit before approving'],
      [['x'], 'select, to decide several of low risk'],
      [['.'], 'show what is new'],
      [['Esc'], 'undo an approval, or close'],
    ],
  },
  {
    title: 'Everywhere',
    keys: [
      [['/'], 'search'],
      [['?'], 'this help'],
    ],
  },
] as const

/** What the keys do. */
export function KeysHelp({ open, onClose, places }: { open: boolean; onClose: () => void; places: readonly { key: string; word: string }[] }) {
  const lettersWork = useLetterKeys()
  return (
    <Dialog open={open} onClose={onClose} title="Keys">
      {!lettersWork && (
        <p className="mb-4 rounded-lg bg-warn-soft px-3 py-2 text-sm text-warn">
          Single letters are turned off in Settings. Tab, Enter and Escape work as always.
        </p>
      )}
      <div className="grid gap-5">
        {GROUPS.map(({ title, keys }) => (
          <Group key={title} title={title} keys={keys} />
        ))}
        <Group title="Go to" keys={places.map(({ key, word }) => [['g', key], word] as const)} />
      </div>
      <p className="mt-5 text-xs text-muted">
        Single letters can be turned off in{' '}
        <Link to="/settings" search={{ tab: 'preferences' }} onClick={onClose} className="text-accent-text underline underline-offset-2">
          Settings
        </Link>
        .
      </p>
    </Dialog>
  )
}

function Group({ title, keys }: { title: string; keys: readonly (readonly [readonly string[], string])[] }) {
  return (
    <section>
      <h3 className="mb-2 text-xs font-semibold tracking-wide text-faint uppercase">{title}</h3>
      <dl className="grid grid-cols-[4.5rem_1fr] gap-y-1.5 text-sm">
        {keys.map(([names, what]) => (
          <div key={what} className="contents">
            <dt className="flex gap-1">
              {names.map((name) => (
                <Key key={name} name={name} />
              ))}
            </dt>
            <dd className="text-muted">{what}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

/** A key as it is drawn on a keyboard. */
export function Key({ name }: { name: string }) {
  return (
    <kbd className="inline-grid h-5 min-w-5 place-items-center rounded border border-line-strong/50 bg-sunken px-1 text-[0.72rem] leading-none text-muted">
      {name}
    </kbd>
  )
}
