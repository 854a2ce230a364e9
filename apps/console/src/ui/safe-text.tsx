import { Fragment } from 'react'

import { toPieces } from './hostile.ts'

/** A text that somebody else wrote, in which nothing can hide: what is not seen is shown by its name. */
export function SafeText({ text, max }: { text: string; max?: number }) {
  const shown = max !== undefined && text.length > max ? `${text.slice(0, max - 1)}…` : text
  return (
    <bdi>
      {toPieces(shown).map(({ text: piece, hidden }, index) =>
        hidden === undefined ? (
          <Fragment key={index}>{piece}</Fragment>
        ) : (
          <span key={index} className="mx-px rounded-sm bg-bad-soft px-1 font-mono text-[0.8em] text-bad" title="A character that is not seen">
            ⟨{hidden}⟩
          </span>
        ),
      )}
    </bdi>
  )
}
