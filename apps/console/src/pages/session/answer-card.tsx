import type { Citation } from '@signalbox/contracts'
import { useId } from 'react'

import { Markdown } from '../../markdown/markdown.tsx'
import { withoutSourceList } from '../../markdown/without-source-list.ts'
import type { LiveSession } from '../../live/live-session.ts'
import { CopyButton } from '../../ui/copy.tsx'
import { LongText, LongWords } from '../../ui/long-words.tsx'
import { Card, Part } from '../../ui/page.tsx'
import { SafeText } from '../../ui/safe-text.tsx'

/** Of a longer one the beginning is shown first. In characters. */
const LONGEST_ANSWER = 12_000

/** What was asked and what is answered, while it is written and when it stands. */
export function AnswerCard({ live, conversation }: { live: LiveSession; conversation: readonly { role: string; text: string }[] }) {
  const { view } = live
  const text = view.answer?.text ?? live.answer
  return (
    <Card label="Conversation and answer" className="min-w-0 overflow-hidden">
      <Part
        title={view.answer || view.finished_at !== null ? 'Answer' : 'Answer, so far'}
        aside={text !== '' && <CopyButton text={text} label="Copy the answer" />}
      >
        {text === '' ? (
          <p className="text-sm text-muted">{view.finished_at === null ? 'Nothing is written yet.' : 'There is none.'}</p>
        ) : (
          <CitedAnswer text={text} citations={view.answer?.citations ?? []} />
        )}
      </Part>
      <Part title="Conversation">
        <ol className="grid gap-2.5 text-sm">
          {conversation.map(({ role, text: said }, index) => (
            <li key={index} className="grid gap-0.5 sm:grid-cols-[6rem_minmax(0,1fr)] sm:gap-3">
              <span className="text-faint">{role}</span>
              <div className="min-w-0">
                <LongWords text={said} />
              </div>
            </li>
          ))}
        </ol>
      </Part>
    </Card>
  )
}

/** An answer whose `[n]` lead to the places that they stand for, and these to where they are cited. */
export function CitedAnswer({ text, citations }: { text: string; citations: readonly Citation[] }) {
  const id = useId()
  const known = new Map(citations.map((citation) => [citation.n, citation]))
  const cite = (n: number) => {
    const citation = known.get(n)
    if (!citation) return undefined
    return (
      <sup>
        <a
          href={`#${id}-${n}`}
          aria-label={`Source ${n}: ${citation.source}`}
          className="mx-px rounded bg-accent-soft px-1 py-px text-[0.85em] font-medium text-accent-text no-underline hover:underline"
        >
          {n}
        </a>
      </sup>
    )
  }
  return (
    <>
      <LongText text={withoutSourceList(text, citations)} most={LONGEST_ANSWER}>
        {(shown) => <Markdown text={shown} cite={cite} className="max-w-3xl" />}
      </LongText>
      {citations.length > 0 && (
        <ol aria-label="Sources" className="mt-4 grid gap-1 border-t pt-3 text-[0.82rem]">
          {citations.map((citation) => (
            <li key={citation.n} id={`${id}-${citation.n}`} className="flex gap-2 rounded target:bg-accent-soft">
              <span className="w-6 shrink-0 text-right font-medium text-accent-text tabular-nums">{citation.n}</span>
              <span className="min-w-0 [overflow-wrap:anywhere]">
                {citation.title !== '' && (
                  <>
                    <SafeText text={citation.title} max={160} />{' '}
                  </>
                )}
                <span className="font-mono text-muted">
                  <SafeText text={citation.source} max={300} />
                </span>{' '}
                <span className="text-faint tabular-nums">
                  characters {citation.start}–{citation.end}
                </span>
              </span>
            </li>
          ))}
        </ol>
      )}
    </>
  )
}
