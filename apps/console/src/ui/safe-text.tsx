import { Fragment } from 'react'

import { toPieces, toPlainText, type TextPiece } from './hostile.ts'

/** A text that somebody else wrote, in which nothing can hide: what is not seen is shown by its name, and a link that goes elsewhere says where. */
export function SafeText({ text, max }: { text: string; max?: number }) {
  return (
    <bdi title={max !== undefined && text.length > max ? toPlainText(text.slice(0, 2_000)) : undefined}>
      {toPieces(cut(text, max)).map((piece, index) => (
        <Fragment key={index}>
          <Piece {...piece} />
        </Fragment>
      ))}
    </bdi>
  )
}

function Piece({ text, hidden, goesTo }: TextPiece) {
  return (
    <>
      {goesTo !== undefined && (
        <span className="mx-px inline-block rounded-sm bg-bad-soft px-1 font-mono text-[0.85em] text-bad" title="This link does not go where it reads">
          ⚠ goes to {goesTo}:
        </span>
      )}
      {hidden === undefined ? (
        text
      ) : (
        <span className="mx-px inline-block rounded-sm bg-bad-soft px-1 font-mono text-[0.8em] whitespace-nowrap text-bad" title="A character that is not seen">
          ⟨{hidden}⟩
        </span>
      )}
    </>
  )
}

/** No half of a character is left at the end. */
function cut(text: string, max: number | undefined): string {
  if (max === undefined || text.length <= max) return text
  return `${text.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
}
