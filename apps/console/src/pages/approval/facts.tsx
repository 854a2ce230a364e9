import type { Approval } from '@signalbox/contracts'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ExternalLink } from 'lucide-react'
import type { ReactNode } from 'react'

import { infoQuery } from '../../api/queries.ts'
import { Id } from '../../ui/copy.tsx'
import { SafeText } from '../../ui/safe-text.tsx'
import { toTraceUrl } from './trace-url.ts'

/** What one needs to find it again elsewhere. */
export function Facts({ approval }: { approval: Approval }) {
  const { data: info } = useQuery(infoQuery)
  const trace = toTraceUrl(info?.trace_url_template, approval.traceparent)
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)] items-center gap-x-5 gap-y-0.5 px-1 text-[0.8rem] text-muted">
      <Fact name="Approval">
        <Id id={approval.id} /> <span className="text-faint">version {approval.version}</span>
      </Fact>
      <Fact name="Session">
        <Id id={approval.session_id} />
      </Fact>
      <Fact name="Node">
        <SafeText text={approval.node} />
        {approval.epoch > 1 && <span className="text-faint">, try {approval.epoch}</span>}
      </Fact>
      {approval.skill !== null && (
        <Fact name="Skill">
          <SafeText text={approval.skill} />
        </Fact>
      )}
      <Fact name="Audit">
        <Link to="/audit" search={{ about: approval.id }} className="text-accent-text underline underline-offset-2">
          what happened with it
        </Link>
      </Fact>
      {trace && (
        <Fact name="Trace">
          <a href={trace} target="_blank" rel="noreferrer" className="inline-flex items-center gap-1 text-accent-text underline underline-offset-2">
            open the trace <ExternalLink aria-hidden size={12} />
          </a>
        </Fact>
      )}
    </dl>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-faint">{name}</dt>
      <dd className="min-h-6 min-w-0 content-center">{children}</dd>
    </>
  )
}
