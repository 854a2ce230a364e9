import type { Question, SessionInput } from '@signalbox/contracts'
import { CircleHelp, SendHorizontal } from 'lucide-react'
import { useId, useRef, useState, type FormEvent, type KeyboardEvent } from 'react'

import { ask } from '../../api/client.ts'
import { Button } from '../../ui/button.tsx'
import { Markdown } from '../../markdown/markdown.tsx'
import { SafeText } from '../../ui/safe-text.tsx'

/** What an agent asks, and the box in which it is answered. */
export function QuestionBox({ sessionId, question, onAnswered }: { sessionId: string; question: Question; onAnswered: () => void }) {
  const id = useId()
  const [text, setText] = useState('')
  const [isBusy, setBusy] = useState(false)
  const [fault, setFault] = useState<string>()
  // The same key for every try at sending one answer: what arrived twice is taken once.
  const key = useRef(crypto.randomUUID())

  const send = async (event?: FormEvent): Promise<void> => {
    event?.preventDefault()
    if (text.trim() === '' || isBusy) return
    setBusy(true)
    setFault(undefined)
    const body: SessionInput = { text: text.trim(), question: question.id, key: key.current }
    try {
      await ask('POST', `/sessions/${encodeURIComponent(sessionId)}/input`, { body })
      onAnswered()
    } catch (error) {
      setFault(error instanceof Error ? error.message : 'The answer did not get through.')
      setBusy(false)
    }
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) void send()
  }
  return (
    <form aria-labelledby={`${id}-who`} onSubmit={(event) => void send(event)} className="rounded-card border border-warn/40 bg-warn-soft/60 px-4 py-3 text-sm">
      <div className="flex gap-3">
        <CircleHelp aria-hidden size={18} className="mt-0.5 shrink-0 text-warn" />
        <div className="min-w-0 flex-1">
          <p id={`${id}-who`} className="text-[0.82rem] text-muted">
            <SafeText text={question.agent} max={40} /> asks, for <SafeText text={question.node} max={60} />
          </p>
          <Markdown text={question.text} className="mt-1 text-[0.95rem]" />
          <div className="mt-3 flex flex-wrap items-end gap-2">
            <div className="min-w-0 flex-1 basis-72">
              <label htmlFor={id} className="sr-only">
                Your answer
              </label>
              <textarea
                id={id}
                rows={2}
                value={text}
                maxLength={20_000}
                placeholder="Your answer"
                onChange={(event) => setText(event.currentTarget.value)}
                onKeyDown={onKeyDown}
                className="w-full rounded-lg border border-line-strong/60 bg-raised px-3 py-2 text-sm placeholder:text-faint"
              />
            </div>
            <Button type="submit" look="primary" disabled={isBusy || text.trim() === ''} title="Ctrl+Enter">
              <SendHorizontal aria-hidden size={15} /> {isBusy ? 'Sending' : 'Answer'}
            </Button>
          </div>
          {fault !== undefined && (
            <p role="alert" className="mt-2 text-bad">
              {fault}
            </p>
          )}
        </div>
      </div>
    </form>
  )
}
