import { useQuery } from '@tanstack/react-query'
import { Code2, MessageSquarePlus } from 'lucide-react'
import { useEffect, useRef, useState, useSyncExternalStore } from 'react'

import { ask } from '../../api/client.ts'
import { infoQuery } from '../../api/queries.ts'
import { conversation } from '../../playground/ask-gateway.ts'
import { toRequest } from '../../playground/conversation.ts'
import { Button } from '../../ui/button.tsx'
import { Select, TextArea } from '../../ui/field.tsx'
import { CodeDialog } from './code-dialog.tsx'
import { Composer } from './composer.tsx'
import { Examples } from './examples.tsx'
import { ExchangeView } from './exchange-view.tsx'

/** A conversation with the gateway as any OpenAI client has it, and what such a client does not show. */
export function PlaygroundPage() {
  const { exchanges, isBusy, model, system } = useSyncExternalStore(conversation.subscribe, conversation.get)
  const { data: info } = useQuery(infoQuery)
  const [isCodeOpen, setCodeOpen] = useState(false)
  const [draft, setDraft] = useState('')
  const end = useFollowing(exchanges)
  const last = exchanges.at(-1)
  const send = (question: string): void => {
    setDraft('')
    void conversation.send(question)
  }
  return (
    <div className="mx-auto flex min-h-[calc(100dvh-12rem)] w-full max-w-4xl flex-col md:min-h-[calc(100dvh-4.75rem)]">
      <header className="mb-4 flex flex-wrap items-center justify-between gap-3">
        <h1 className="text-[1.45rem] leading-tight font-semibold tracking-tight">Playground</h1>
        <div className="flex flex-wrap items-center gap-2">
          <ModelSelect model={model} />
          <Button onClick={() => setCodeOpen(true)}>
            <Code2 aria-hidden size={15} /> Code
          </Button>
          <Button onClick={() => conversation.clear()} disabled={exchanges.length === 0}>
            <MessageSquarePlus aria-hidden size={15} /> New
          </Button>
        </div>
      </header>
      {exchanges.length === 0 ? (
        <Examples isScripted={info?.scripted === true} onPick={setDraft} />
      ) : (
        <ol aria-label="Conversation" className="grid grid-cols-[minmax(0,1fr)] gap-7 pb-6">
          {exchanges.map((exchange) => (
            <li key={exchange.id}>
              <ExchangeView exchange={exchange} isLast={exchange.id === last?.id} />
            </li>
          ))}
        </ol>
      )}
      <div ref={end} className="h-px" />
      <div className="sticky bottom-[4.2rem] z-20 mt-auto -mx-1 bg-linear-to-t from-canvas from-80% to-transparent px-1 pt-4 pb-1 md:bottom-0 md:pb-4">
        <Composer
          draft={draft}
          onDraft={setDraft}
          isBusy={isBusy}
          placeholder={last?.answer.status === 'awaiting_input' && last.followed === undefined ? 'Your answer' : 'Ask something'}
          onSend={send}
          onStop={() => conversation.stop()}
        />
        <details className="mt-1 px-1 text-[0.82rem] text-muted">
          <summary className="inline-block min-h-6 rounded px-1 hover:text-ink">System message{system.trim() !== '' && ' (set)'}</summary>
          <TextArea label="System message" rows={2} value={system} onChange={(event) => conversation.setSystem(event.currentTarget.value)} className="mt-1" />
        </details>
      </div>
      <CodeDialog
        open={isCodeOpen}
        onClose={() => setCodeOpen(false)}
        baseUrl={info?.base_url ?? `${window.location.origin}/v1`}
        request={toRequest(
          { exchanges: isBusy || draft.trim() === '' ? exchanges.slice(0, -1) : exchanges, system, model },
          draft.trim() || last?.question || 'Hello!',
        )}
      />
    </div>
  )
}

function ModelSelect({ model }: { model: string }) {
  const { data = [] } = useQuery({
    queryKey: ['models'],
    staleTime: 60_000,
    queryFn: async ({ signal }) => (await ask<{ data: { id: string; owned_by: string }[] }>('GET', '/models', { signal })).data,
  })
  const aliases = data.filter(({ owned_by: owner }) => owner === 'signalbox')
  const others = data.filter(({ owned_by: owner }) => owner !== 'signalbox')
  return (
    <Select label="Model" hidden value={model} onChange={(event) => conversation.setModel(event.currentTarget.value)} className="max-w-56">
      {!data.some(({ id }) => id === model) && <option value={model}>{model}</option>}
      <optgroup label="Signalbox">
        {aliases.map(({ id }) => (
          <option key={id} value={id}>
            {id}
          </option>
        ))}
      </optgroup>
      {others.length > 0 && (
        <optgroup label="Upstream, as they are">
          {others.map(({ id }) => (
            <option key={id} value={id}>
              {id}
            </option>
          ))}
        </optgroup>
      )}
    </Select>
  )
}

const NEAR_PX = 160

/** Stays with the answer while it grows, unless one has scrolled back to read. */
function useFollowing(grows: unknown): React.RefObject<HTMLDivElement | null> {
  const end = useRef<HTMLDivElement>(null)
  const isNear = useRef(true)
  useEffect(() => {
    const look = (): void => {
      isNear.current = window.innerHeight + window.scrollY > document.documentElement.scrollHeight - NEAR_PX
    }
    window.addEventListener('scroll', look, { passive: true })
    return () => window.removeEventListener('scroll', look)
  }, [])
  useEffect(() => {
    if (isNear.current) window.scrollTo({ top: document.documentElement.scrollHeight })
  }, [grows])
  return end
}
