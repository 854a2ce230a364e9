import { planSchema, readSection, type Plan } from '@signalbox/contracts'

/** One line of a prompt's section `progress`. */
export interface Progress {
  id: string
  state: string
}

export interface Revision {
  plan: Plan
  progress: Progress[]
  reason: string
}

/** The plan that runs, where a prompt is about one: sections `current_plan`, `progress` and `reason`. */
export function readRevision(prompt: string, goal: string): Revision | undefined {
  const plan = readCurrentPlan(readSection(prompt, 'current_plan'), goal)
  if (!plan) return undefined
  const progress = [...(readSection(prompt, 'progress') ?? '').matchAll(/^(?<id>[\w.-]+): (?<state>\w+)/gm)].map(({ groups }) => ({
    id: groups?.['id'] ?? '',
    state: groups?.['state'] ?? '',
  }))
  return { plan, progress, reason: readSection(prompt, 'reason') ?? '' }
}

function readCurrentPlan(section: string | undefined, goal: string): Plan | undefined {
  try {
    return planSchema.parse({ goal, ...(JSON.parse(section ?? 'null') as object) })
  } catch {
    return undefined
  }
}
