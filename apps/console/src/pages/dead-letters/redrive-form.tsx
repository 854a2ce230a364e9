import type { DeadSessionDetail } from '@signalbox/contracts'
import { useQuery } from '@tanstack/react-query'
import { RotateCcw } from 'lucide-react'
import { useState, type FormEvent } from 'react'

import { ask } from '../../api/client.ts'
import { agentsQuery } from '../../api/queries.ts'
import { toCount, toMoney } from '../../ui/amounts.ts'
import { Button } from '../../ui/button.tsx'
import { Select, TextArea, TextField } from '../../ui/field.tsx'
import { toRedrive, type RedriveWish } from './to-redrive.ts'

/** From where it is driven again, and with what changed. What had finished stays. */
export function RedriveForm({ data, onRedriven, onLeave }: { data: DeadSessionDetail; onRedriven: () => void; onLeave: () => void }) {
  const { session, letters } = data
  const nodes = session.plan?.nodes ?? []
  const dead = letters.find(({ node }) => node !== null)?.node?.split('.')[0] ?? ''
  const ofNode = (id: string) => {
    const node = nodes.find((candidate) => candidate.id === id)
    return { instruction: node?.instruction ?? '', agent: node && 'agent' in node ? node.agent : '' }
  }
  const [wish, setWish] = useState<RedriveWish>({ node: dead, ...ofNode(dead), tokens: '', usd: '', deadlineS: '' })
  const [fault, setFault] = useState<{ field?: string; text: string }>()
  const [isBusy, setBusy] = useState(false)
  const { data: agents = [] } = useQuery(agentsQuery)
  const before = ofNode(wish.node)
  const change = (changed: Partial<RedriveWish>): void => {
    setWish({ ...wish, ...changed })
    setFault(undefined)
  }

  const send = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    const read = toRedrive(wish, before)
    if ('fault' in read) return setFault({ field: read.field, text: read.fault })
    setBusy(true)
    try {
      await ask('POST', `/dead-letters/${encodeURIComponent(data.session_id)}/redrive`, { body: read.request })
      onRedriven()
    } catch (error) {
      setFault({ text: error instanceof Error ? error.message : 'To redrive it did not work.' })
      setBusy(false)
    }
  }
  const faultOf = (field: string): string | undefined => (fault?.field === field ? fault.text : undefined)
  return (
    <form onSubmit={(event) => void send(event)} className="grid gap-4 border-b bg-sunken/50 px-4 py-4 sm:px-5" aria-label="Redrive">
      <Select label="Drive again" value={wish.node} onChange={(event) => change({ node: event.currentTarget.value, ...ofNode(event.currentTarget.value) })}>
        <option value="">all that failed</option>
        {nodes.map(({ id }) => (
          <option key={id} value={id}>
            from {id}
            {letters.some(({ node }) => node === id) ? ' (failed)' : ''}
          </option>
        ))}
      </Select>
      {wish.node !== '' && (
        <>
          <TextArea
            label="Instruction"
            rows={4}
            maxLength={8_000}
            value={wish.instruction}
            onChange={(event) => change({ instruction: event.currentTarget.value })}
            hint="Runs anew with these words, and so does all that rests on it. What had finished stays."
          />
          {before.agent !== '' && (
            <Select label="Agent" value={wish.agent} onChange={(event) => change({ agent: event.currentTarget.value })}>
              {namesOf(agents, before.agent).map(({ id, isWell }) => (
                <option key={id} value={id}>
                  {id}
                  {isWell ? '' : ' (not reached)'}
                </option>
              ))}
            </Select>
          )}
        </>
      )}
      <fieldset>
        <legend className="mb-1 text-sm font-medium">Budget from now on, in all</legend>
        <p className="mb-2 text-xs text-muted">
          What is spent counts: {toCount(session.usage.total_tokens)} tokens, {toMoney(session.usage.cost_usd)}. What is left empty stays as it was.
        </p>
        <div className="grid gap-3 sm:grid-cols-3">
          <TextField
            label="Tokens"
            inputMode="numeric"
            placeholder={session.budget.tokens === undefined ? 'no limit' : String(session.budget.tokens)}
            value={wish.tokens}
            aria-invalid={faultOf('tokens') !== undefined}
            hint={faultOf('tokens')}
            onChange={(event) => change({ tokens: event.currentTarget.value })}
          />
          <TextField
            label="US dollars"
            inputMode="decimal"
            placeholder={session.budget.usd === undefined ? 'no limit' : String(session.budget.usd)}
            value={wish.usd}
            aria-invalid={faultOf('usd') !== undefined}
            hint={faultOf('usd')}
            onChange={(event) => change({ usd: event.currentTarget.value })}
          />
          <TextField
            label="Seconds"
            inputMode="decimal"
            placeholder={session.budget.deadline_s === undefined ? 'no limit' : String(session.budget.deadline_s)}
            value={wish.deadlineS}
            aria-invalid={faultOf('deadlineS') !== undefined}
            hint={faultOf('deadlineS')}
            onChange={(event) => change({ deadlineS: event.currentTarget.value })}
          />
        </div>
      </fieldset>
      {fault !== undefined && fault.field === undefined && (
        <p role="alert" className="text-sm text-bad">
          {fault.text}
        </p>
      )}
      <div className="flex justify-end gap-2">
        <Button onClick={onLeave}>Not now</Button>
        <Button type="submit" look="primary" disabled={isBusy}>
          <RotateCcw aria-hidden size={15} /> {isBusy ? 'Redriving' : 'Redrive'}
        </Button>
      </div>
    </form>
  )
}

function namesOf(agents: readonly { id: string | null; healthy: boolean }[], current: string): { id: string; isWell: boolean }[] {
  const known = agents.flatMap(({ id, healthy }) => (id === null ? [] : [{ id, isWell: healthy }]))
  return known.some(({ id }) => id === current) ? known : [{ id: current, isWell: false }, ...known]
}
