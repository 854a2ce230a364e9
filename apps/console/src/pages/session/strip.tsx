import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'

import { classes } from '../../ui/classes.ts'

/** A strip that one cannot overlook, and that does not shout. */
export function Strip({ tone, icon: Icon, label, children }: { tone: 'warn' | 'bad' | 'info'; icon: LucideIcon; label: string; children: ReactNode }) {
  const look = {
    warn: ['border-warn/40 bg-warn-soft/60', 'text-warn'],
    bad: ['border-bad/40 bg-bad-soft/60', 'text-bad'],
    info: ['border-info/40 bg-info-soft/60', 'text-info'],
  } as const
  const [box, mark] = look[tone]
  return (
    <section aria-label={label} className={classes('flex flex-wrap items-center gap-x-4 gap-y-3 rounded-card border px-4 py-3 text-sm', box)}>
      <Icon aria-hidden size={18} className={classes('shrink-0', mark)} />
      {children}
    </section>
  )
}
