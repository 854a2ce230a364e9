import { useState } from 'react'

import { CopyButton } from '../../ui/copy.tsx'
import { SafeText } from '../../ui/safe-text.tsx'

const LONG = 1_500

/** A data part as text, cut where it is long until somebody wants all of it. */
export function DataView({ value }: { value: unknown }) {
  const [isWhole, setWhole] = useState(false)
  const json = JSON.stringify(value, null, 2) ?? 'nothing'
  const kind = kindOf(value)
  return (
    <figure className="overflow-hidden rounded-lg bg-sunken">
      <figcaption className="flex items-center justify-between gap-2 border-b border-line/70 px-3 py-0.5 text-[0.78rem] text-muted">
        <span>
          {kind ?? 'data'} <span className="text-faint">· {toBytes(json)}</span>
        </span>
        <CopyButton text={json} label="Copy this data" />
      </figcaption>
      <pre
        tabIndex={0}
        aria-label={kind ?? 'data'}
        className="max-h-80 overflow-auto px-3 py-2 text-[0.78rem] leading-normal [overflow-wrap:anywhere] whitespace-pre-wrap"
      >
        <SafeText text={isWhole ? json : json.slice(0, LONG)} />
        {!isWhole && json.length > LONG && '…'}
      </pre>
      {json.length > LONG && (
        <button
          type="button"
          onClick={() => setWhole(!isWhole)}
          className="w-full border-t border-line/70 px-3 py-1 text-left text-[0.8rem] font-medium text-accent-text hover:underline"
        >
          {isWhole ? 'Show less' : 'Show all'}
        </button>
      )}
    </figure>
  )
}

function kindOf(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string' && /^[a-z-]{1,40}$/.test(value.kind)
    ? value.kind
    : undefined
}

function toBytes(text: string): string {
  const bytes = new TextEncoder().encode(text).length
  return bytes < 1_024 ? `${bytes} bytes` : `${(bytes / 1_024).toFixed(1)} KB`
}
