import { JsonTree } from '../../json/json-tree.tsx'
import { CopyButton } from '../../ui/copy.tsx'
import { SafeText } from '../../ui/safe-text.tsx'

/** A data part as a tree in which nothing can hide. */
export function DataView({ value }: { value: unknown }) {
  const json = JSON.stringify(value, null, 2) ?? 'nothing'
  const kind = kindOf(value) ?? 'data'
  return (
    <figure className="overflow-hidden rounded-lg bg-sunken">
      <figcaption className="flex items-center justify-between gap-2 border-b border-line/70 px-3 py-0.5 text-[0.78rem] text-muted">
        <span>
          {kind} <span className="text-faint">· {toBytes(json)}</span>
        </span>
        <CopyButton text={json} label="Copy this data" />
      </figcaption>
      <div tabIndex={0} role="region" aria-label={kind} className="max-h-80 overflow-auto px-3 py-2">
        {typeof value === 'object' && value !== null ? (
          <JsonTree value={withoutKind(value)} label={kind} />
        ) : (
          <pre className="text-[0.82rem] [overflow-wrap:anywhere] whitespace-pre-wrap">
            <SafeText text={typeof value === 'string' ? value : json} />
          </pre>
        )}
      </div>
    </figure>
  )
}

/** Its kind stands above it already. */
function withoutKind(value: object): unknown {
  if (kindOf(value) === undefined) return value
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== 'kind'))
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
