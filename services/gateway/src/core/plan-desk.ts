import type { PlanPreview, PlanPreviewRequest } from '@signalbox/contracts'

import type { SessionCall } from './session-call.ts'

/** The port to plans that are only looked at. Throws `AppError`. */
export interface PlanDesk {
  preview(request: PlanPreviewRequest, call: SessionCall): Promise<PlanPreview>
}
