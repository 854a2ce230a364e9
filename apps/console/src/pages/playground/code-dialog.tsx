import { useState } from 'react'

import type { ChatRequest } from '../../playground/conversation.ts'
import { toCode, type CodeLanguage } from '../../playground/to-code.ts'
import { classes } from '../../ui/classes.ts'
import { CopyButton } from '../../ui/copy.tsx'
import { Dialog } from '../../ui/dialog.tsx'

const LANGUAGES: readonly { id: CodeLanguage; word: string }[] = [
  { id: 'curl', word: 'curl' },
  { id: 'node', word: 'openai (Node)' },
  { id: 'python', word: 'openai (Python)' },
]

/** The conversation's request as code that can be run as it is. */
export function CodeDialog({ open, onClose, baseUrl, request }: { open: boolean; onClose: () => void; baseUrl: string; request: ChatRequest }) {
  const { model, messages, sessionId } = request
  return (
    <Dialog open={open} onClose={onClose} title="The same request as code">
      <CodeTabs request={{ baseUrl, model, messages, stream: true, ...(sessionId !== undefined && { sessionId }) }} />
      <p className="mt-3 text-[0.82rem] text-muted">
        Put your key into <code>SIGNALBOX_API_KEY</code>. No key is ever in this code.
      </p>
    </Dialog>
  )
}

/** Code in the language of one's choice, to copy. */
export function CodeTabs({ request }: { request: Parameters<typeof toCode>[1] }) {
  const [language, setLanguage] = useState<CodeLanguage>('curl')
  const code = toCode(language, request)
  return (
    <div className="overflow-hidden rounded-card border">
      <div className="flex items-center gap-1 border-b bg-sunken/60 px-2 py-1">
        <div role="group" aria-label="Language" className="flex min-w-0 flex-1 flex-wrap gap-1">
          {LANGUAGES.map(({ id, word }) => (
            <button
              key={id}
              type="button"
              aria-pressed={id === language}
              onClick={() => setLanguage(id)}
              className={classes(
                'min-h-8 rounded-md px-2.5 text-[0.82rem] font-medium',
                id === language ? 'bg-accent-soft text-accent-text' : 'text-muted hover:text-ink',
              )}
            >
              {word}
            </button>
          ))}
        </div>
        <CopyButton text={code} label="Copy the code" />
      </div>
      <pre
        tabIndex={0}
        aria-label={`Code: ${language}`}
        className="max-h-[50dvh] overflow-auto bg-sunken px-4 py-3 text-[0.8rem] leading-relaxed [overflow-wrap:anywhere] whitespace-pre-wrap"
      >
        <code>{code}</code>
      </pre>
    </div>
  )
}
