import { Button } from './button.tsx'

/** One page after the other; the way back is the browser's. */
export function Pager({
  cursor,
  next,
  total,
  shown,
  onGo,
}: {
  cursor: string | undefined
  next: string | null
  total?: number
  shown: number
  onGo: (cursor: string | undefined) => void
}) {
  if (cursor === undefined && next === null)
    return total === undefined || total <= shown ? null : <p className="px-4 py-3 text-sm text-muted">{total} in all</p>
  return (
    <nav aria-label="More of the list" className="flex items-center gap-2 border-t px-4 py-3 text-sm text-muted">
      {total !== undefined && <span>{total} in all</span>}
      <span className="ml-auto flex gap-2">
        <Button size="small" disabled={cursor === undefined} onClick={() => onGo(undefined)}>
          To the first page
        </Button>
        <Button size="small" disabled={next === null} onClick={() => next !== null && onGo(next)}>
          Next page
        </Button>
      </span>
    </nav>
  )
}
