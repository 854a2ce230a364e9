import type { SessionView } from '@signalbox/contracts'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Ban, MailWarning, Pause, Play } from 'lucide-react'
import { useState } from 'react'

import { ask } from '../../api/client.ts'
import { queryClient, sessionQuery } from '../../api/queries.ts'
import { useMay } from '../../api/roles.ts'
import { Button, buttonClasses } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { SafeText } from '../../ui/safe-text.tsx'

const OVER: ReadonlySet<string> = new Set(['completed', 'failed', 'canceled', 'expired'])

/** Pause, resume and cancel, for whoever may: operators, and those whose own session it is. */
export function SessionActions({ view, owner, onChanged }: { view: SessionView; owner: string; onChanged: () => void }) {
  const isOperator = useMay('operator')
  const { data: session } = useQuery(sessionQuery)
  const [isBusy, setBusy] = useState(false)
  const [fault, setFault] = useState<string>()
  const [isSure, setSure] = useState<'cancel'>()
  const isOwn = session ? owner === session.user.id || owner === session.user.name : false
  if (!isOperator && !isOwn) return null

  const act = async (verb: 'pause' | 'resume' | 'cancel'): Promise<void> => {
    setBusy(true)
    setFault(undefined)
    try {
      await ask('POST', `/sessions/${encodeURIComponent(view.id)}/${verb}`)
      await queryClient.invalidateQueries({ queryKey: ['sessions'] })
      onChanged()
    } catch (error) {
      setFault(error instanceof Error ? error.message : `To ${verb} it did not work.`)
    } finally {
      setBusy(false)
      setSure(undefined)
    }
  }
  const isOver = OVER.has(view.status)
  return (
    <div className="flex flex-wrap items-center gap-2">
      {!isOver && view.status !== 'paused' && (
        <Button onClick={() => void act('pause')} disabled={isBusy}>
          <Pause aria-hidden size={15} /> Pause
        </Button>
      )}
      {view.status === 'paused' && (
        <Button look="primary" onClick={() => void act('resume')} disabled={isBusy}>
          <Play aria-hidden size={15} /> Resume
        </Button>
      )}
      {view.dead_letters.length > 0 && (
        <Link to="/dead-letters" search={{ id: view.id }} className={buttonClasses('primary')}>
          <MailWarning aria-hidden size={15} /> Redrive
        </Link>
      )}
      {!isOver && (
        <Button look="danger" onClick={() => setSure('cancel')} disabled={isBusy}>
          <Ban aria-hidden size={15} /> Cancel
        </Button>
      )}
      {fault !== undefined && (
        <p role="alert" className="basis-full text-sm text-bad">
          {fault}
        </p>
      )}
      <Dialog open={isSure === 'cancel'} onClose={() => setSure(undefined)} title="Cancel this session?">
        <p className="line-clamp-4 rounded-lg bg-sunken px-3 py-2 text-sm">
          <SafeText text={view.goal} max={400} />
        </p>
        <p className="mt-3 text-sm text-muted">
          Agents at work are told to stop. What is done stays done, and can still be read; the session cannot go on afterwards.
        </p>
        <div className="mt-5 flex justify-end gap-2">
          <Button onClick={() => setSure(undefined)}>Let it go on</Button>
          <Button look="danger" onClick={() => void act('cancel')} disabled={isBusy}>
            Cancel the session
          </Button>
        </div>
      </Dialog>
    </div>
  )
}
