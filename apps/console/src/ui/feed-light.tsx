import { CircleAlert, Radio, RefreshCw } from 'lucide-react'

import { useFeedLine, type FeedLine } from '../api/feed.ts'
import { classes } from './classes.ts'

const LOOKS = {
  connecting: { icon: RefreshCw, word: 'Connecting', tone: 'text-faint' },
  live: { icon: Radio, word: 'Live', tone: 'text-good' },
  broken: { icon: RefreshCw, word: 'Reconnecting', tone: 'text-warn' },
  refused: { icon: CircleAlert, word: 'Not connected', tone: 'text-bad' },
} as const satisfies Record<FeedLine, object>

/** Whether what is shown is kept up to date by itself. */
export function FeedLight() {
  const line = useFeedLine()
  const { icon: Icon, word, tone } = LOOKS[line]
  return (
    <p role="status" className={classes('inline-flex items-center gap-1.5 text-xs font-medium', tone)}>
      <Icon aria-hidden size={13} className={line === 'broken' ? 'motion-safe:animate-spin' : undefined} />
      {word}
    </p>
  )
}
