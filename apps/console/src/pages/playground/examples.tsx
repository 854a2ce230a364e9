import { FileSearch, MessageCircleQuestion, ShieldCheck, Zap } from 'lucide-react'
import type { LucideIcon } from 'lucide-react'

interface Example {
  icon: LucideIcon
  word: string
  text: string
}

const EXAMPLES: readonly Example[] = [
  { icon: Zap, word: 'A little question goes straight to the model', text: 'What is the capital of France?' },
  {
    icon: FileSearch,
    word: 'A hard one becomes a plan, with sources',
    text: 'Compare what the Gettysburg Address and the Second Inaugural Address say about the war, with sources.',
  },
  {
    icon: ShieldCheck,
    word: 'One for which a person is asked first',
    text: 'Compare what the Bill of Rights and the Declaration of Independence say about juries, with approval, with sources.',
  },
  {
    icon: MessageCircleQuestion,
    word: 'Always orchestrated: choose signalbox-orchestrated above',
    text: 'Which rights does the Bill of Rights name, and which of them did the Declaration of Independence complain about?',
  },
]

/** What there is to try, where nothing was asked yet. */
export function Examples({ isScripted, onPick }: { isScripted: boolean; onPick: (text: string) => void }) {
  return (
    <div className="my-auto grid gap-4 py-8">
      <div className="text-center">
        <p className="text-lg font-medium">Ask as any OpenAI client would</p>
        <p className="mx-auto mt-1 max-w-md text-sm text-muted">
          You see which way the gateway takes and why, the plan at work, what it cost, and the same request as code.
        </p>
      </div>
      <ul className="grid gap-2.5 sm:grid-cols-2">
        {EXAMPLES.map(({ icon: Icon, word, text }) => (
          <li key={text}>
            <button
              type="button"
              onClick={() => onPick(text)}
              className="flex h-full w-full gap-3 rounded-card border bg-surface px-4 py-3 text-left shadow-card hover:border-line-strong"
            >
              <Icon aria-hidden size={18} className="mt-0.5 shrink-0 text-accent-text" />
              <span>
                <span className="block text-[0.82rem] text-muted">{word}</span>
                <span className="text-sm">{text}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
      {isScripted && (
        <p className="mx-auto max-w-xl rounded-lg bg-info-soft px-4 py-2.5 text-center text-[0.85rem] text-info">
          No model is configured, so a scripted one stands in: it answers from the documents that were ingested, in their own words.
        </p>
      )}
    </div>
  )
}
