import { MANAGEMENT_PATHS, planPreviewSchema } from '@signalbox/contracts'

import type { PlanDesk } from '../../core/plan-desk.ts'
import type { Management } from './connect-management.ts'

const { plan } = MANAGEMENT_PATHS

export function createPlanDesk({ ask }: Management): PlanDesk {
  return {
    preview: (request, call) => ask({ method: 'POST', path: plan, body: request, schema: planPreviewSchema, waitS: request.deadline_s }, call),
  }
}
