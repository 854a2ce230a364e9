import { Quote } from 'lucide-react'

import { SafeText } from '../../ui/safe-text.tsx'

/** What the agent says for itself: plain text, and plainly the agent's. */
export function AgentStatement({ agent, statement }: { agent: string; statement: string }) {
  return (
    <section aria-labelledby="statement-title" className="rounded-card border border-dashed border-line-strong/60 px-4 py-3.5 sm:px-5">
      <h2 id="statement-title" className="flex items-center gap-2 text-[0.82rem] font-semibold text-muted">
        <Quote aria-hidden size={15} />
        <span>
          In the words of <SafeText text={agent} />
        </span>
        <span className="ml-auto text-xs font-normal text-faint">not checked by anybody</span>
      </h2>
      <blockquote className="mt-2 text-[0.95rem] leading-relaxed break-words whitespace-pre-wrap">
        <SafeText text={statement} />
      </blockquote>
    </section>
  )
}
