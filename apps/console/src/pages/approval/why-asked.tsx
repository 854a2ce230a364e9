import type { Approval } from '@signalbox/contracts'
import { Link } from '@tanstack/react-router'

import { Card, Part } from '../../ui/page.tsx'
import { Risk } from '../../ui/risk.tsx'
import { SafeText } from '../../ui/safe-text.tsx'

const SOURCES = {
  plan: 'The plan asks for a person’s word here.',
  policy: 'A policy asks for a person’s word here.',
  agent: 'The agent asks before it does this.',
} as const

/** Why a person is asked, and what there is to think of. */
export function WhyAsked({ approval: { why, source, policy, risk, impact, goal, session_id: session } }: { approval: Approval }) {
  return (
    <Card label="Why">
      <Part title="Why you are asked">
        <p className="text-[0.95rem] break-words">{why ? <SafeText text={why} /> : SOURCES[source]}</p>
        {policy && (
          <p className="mt-1 text-sm text-muted">
            Policy <code>{policy.id}</code> <span className="text-faint">version {policy.version}</span>
          </p>
        )}
      </Part>
      <Part title="What it is for">
        <p className="break-words">
          <Link to="/sessions/$id" params={{ id: session }} className="underline decoration-line-strong/60 underline-offset-3 hover:decoration-current">
            <SafeText text={goal} max={400} />
          </Link>
        </p>
      </Part>
      {(risk.reasons.length > 0 || impact) && (
        <Part title="Risk" aside={<Risk level={risk.level} />}>
          {impact && (
            <p className="break-words">
              <SafeText text={impact} />
            </p>
          )}
          {risk.reasons.length > 0 && (
            <ul className="mt-1 grid list-disc gap-0.5 pl-5 text-sm text-muted marker:text-faint">
              {risk.reasons.map((reason) => (
                <li key={reason} className="break-words">
                  <SafeText text={reason} />
                </li>
              ))}
            </ul>
          )}
        </Part>
      )}
    </Card>
  )
}
