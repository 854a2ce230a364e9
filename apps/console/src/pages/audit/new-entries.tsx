import { ArrowUp } from 'lucide-react'
import { useCallback, useState } from 'react'

import { useFeedListener } from '../../api/feed.ts'

/** What has happened since the list was fetched, shown when it is asked for: a list that is read does not move. */
export function NewEntries({ onShow }: { onShow: () => void }) {
  const [count, setCount] = useState(0)
  useFeedListener(useCallback(() => setCount((before) => before + 1), []))
  if (count === 0) return null
  return (
    <button
      type="button"
      onClick={() => {
        setCount(0)
        onShow()
      }}
      className="flex min-h-9 w-full items-center justify-center gap-2 border-b bg-accent-soft px-4 text-sm font-medium text-accent-text hover:brightness-97"
    >
      <ArrowUp aria-hidden size={14} />
      <span role="status">
        {count} new {count === 1 ? 'entry' : 'entries'}
      </span>
      <span className="font-normal">· show</span>
    </button>
  )
}
