import { useState, type ReactNode } from 'react'

import { cutLong } from './cut-long.ts'
import { SafeText } from './safe-text.tsx'

/** Others' words with their lines: much of it is shown when somebody wants to read it. */
export function LongWords({ text, className = '' }: { text: string; className?: string }) {
  return (
    <LongText text={text} most={1_500}>
      {(shown) => (
        <p className={`[overflow-wrap:anywhere] whitespace-pre-wrap ${className}`}>
          <SafeText text={shown} max={20_000} />
        </p>
      )}
    </LongText>
  )
}

/** The beginning of a long text, and a button for the rest of it. `most` is in characters. */
export function LongText({ text, most, children }: { text: string; most: number; children: (shown: string) => ReactNode }) {
  const [isWhole, setWhole] = useState(false)
  const beginning = cutLong(text, most)
  if (beginning === text) return children(text)
  return (
    <>
      {children(isWhole ? text : beginning)}
      <button
        type="button"
        aria-expanded={isWhole}
        onClick={() => setWhole(!isWhole)}
        className="mt-2 min-h-8 text-sm font-medium text-accent-text hover:underline"
      >
        {isWhole ? 'Show less' : `Show all of ${text.length.toLocaleString('en')} characters`}
      </button>
    </>
  )
}
