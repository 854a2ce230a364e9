import type { Actor, Approval, ApprovalDetail, linkDecideRequestSchema, LinkView } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import type { z } from 'zod'

import type { ApprovalDesk, Viewer } from '../../core/approvals/ports.ts'
import type { Link, Links } from './links.ts'

const ANYBODY = 'Anybody with this link'
const ONLY_SHOWS = 'This link only shows. Sign in to the console to decide.'
const USED = 'This link has been used.'

/** What a person does with a link: looks, and decides once. Throws what `Links.read` and the desk throw. */
export interface LinkDesk {
  /** Changes nothing, not even the audit: whoever scans mail follows links too. */
  read(token: string): Promise<LinkView>
  /** @throws AppError `permission_denied` for a link that only shows, `conflict` with `details.approval` for one that was used. A refused try does not use it up. */
  decide(request: z.infer<typeof linkDecideRequestSchema>): Promise<LinkView>
}

/**
 * A link is used up by the decision itself, which the approval keeps: a crash cannot come in between. The desk
 * takes a decision only on the version that was looked at here, so of two uses at once one is too late.
 */
export function createLinkDesk(options: {
  links: Links
  desk: Pick<ApprovalDesk, 'decide'>
  /** As the desk's `get`, and notes nothing. */
  peek: (id: string, viewer: Viewer) => Promise<ApprovalDetail>
}): LinkDesk {
  const { links, desk, peek } = options

  async function look(token: string): Promise<{ link: Link; viewer: Viewer; view: LinkView }> {
    const link = links.read(token)
    const actor = toActor(link)
    const viewer = { owner: actor.id, actor }
    const { approval, you } = await peek(link.approvalId, viewer)
    const whyNot = whyNotUsable(link, approval) ?? (you.may_decide ? null : (you.why_not ?? 'This cannot be decided by you.'))
    return { link, viewer, view: { approval, recipient: link.recipient?.name ?? ANYBODY, usable: whyNot === null, why_not: whyNot } }
  }

  return {
    read: async (token) => (await look(token)).view,
    async decide({ token, version, decision, reason }) {
      const { link, viewer, view } = await look(token)
      const { approval } = view
      if (link.recipient === null) throw new AppError('permission_denied', ONLY_SHOWS)
      if (whyNotUsable(link, approval) !== undefined) throw new AppError('conflict', USED, { details: { approval } })
      await desk.decide(approval.id, version, { decision, ...(reason !== undefined && reason !== '' && { reason }) }, viewer)
      return (await look(token)).view
    },
  }
}

function whyNotUsable({ recipient, issuedAt }: Link, approval: Approval): string | undefined {
  if (recipient === null) return ONLY_SHOWS
  const isUsed = approval.decisions.some(
    ({ by, via, at }) => by.id === recipient.id && (via === 'link' || via === 'slack') && Date.parse(at) >= Date.parse(issuedAt),
  )
  return isUsed ? USED : undefined
}

/** Whoever has a link that speaks for nobody sees what a viewer sees of it. */
function toActor({ recipient, via }: Link): Actor {
  return recipient ? { ...recipient, via } : { id: 'link', name: ANYBODY, role: 'viewer', via, groups: [] }
}
