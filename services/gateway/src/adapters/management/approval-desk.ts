import { approvalDetailSchema, approvalPageSchema, approvalSchema, bulkDecisionSchema, linkViewSchema, MANAGEMENT_PATHS } from '@signalbox/contracts'
import { z } from 'zod'

import type { ApprovalDesk, LinkDesk } from '../../core/approval-desk.ts'
import type { Management } from './connect-management.ts'
import { toPlace } from './to-place.ts'

const { approvals, links } = MANAGEMENT_PATHS

/** The approval after a change; also where it comes with what the caller may do about it. */
const changedSchema = z.union([approvalSchema, approvalDetailSchema.transform(({ approval }) => approval)])

export function createApprovalDesk({ ask }: Management): ApprovalDesk {
  const of = toPlace(approvals)
  return {
    list: (query, call) => ask({ method: 'GET', path: approvals, query, schema: approvalPageSchema }, call),
    get: (id, call) => ask({ method: 'GET', ...of(id), schema: approvalDetailSchema }, call),
    decide: (id, body, { ifMatch, ...call }) =>
      ask({ method: 'POST', ...of(id, '/decision'), headers: { 'if-match': ifMatch }, body, schema: changedSchema }, call),
    extend: (id, body, { ifMatch, ...call }) =>
      ask({ method: 'POST', ...of(id, '/extend'), headers: { 'if-match': ifMatch }, body, schema: changedSchema }, call),
    decideMany: (body, call) => ask({ method: 'POST', path: `${approvals}/decisions`, body, schema: bulkDecisionSchema }, call),
  }
}

export function createLinkDesk({ ask }: Management): LinkDesk {
  return {
    read: (token, call) => ask({ method: 'POST', path: `${links}/read`, body: { token }, schema: linkViewSchema }, call),
    decide: (body, call) => ask({ method: 'POST', path: `${links}/decide`, body, schema: linkViewSchema }, call),
  }
}
